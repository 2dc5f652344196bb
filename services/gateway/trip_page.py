"""What the pages of a trip to Fortnox have in common: one card, in light and dark, without scripts and outside files."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from string import Template

from fastapi.responses import HTMLResponse

from services.gateway.language import Language

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the addresses hold the link's token, and the code
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #f3f4f1; --card: #fff; --ink: #1c211e; --quiet: #5c665f; --line: #e2e5df; --tone: $tone; --tint: $tint;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #141715; --card: #1d211f; --ink: #eef1ee; --quiet: #a3ada6; --line: #303632;
    --tone: $tone_dark; --tint: $tint_dark }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, "Segoe UI", Roboto, sans-serif;
}
main {
  width: 100%; max-width: $width; min-width: 0; padding: 2.5rem; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 14px;
  background: var(--card); box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 12px 32px rgb(0 0 0 / 6%);
}
.mark { display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: 50%; background: var(--tint) }
.mark svg {
  width: 1.5rem; height: 1.5rem; fill: none; stroke: var(--tone); stroke-width: $stroke;
  stroke-linecap: round; stroke-linejoin: round;
}
h1 { margin: 1.25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; hyphens: auto }
p { margin: 0; text-wrap: pretty }
section { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
h2 { margin: 0 0 .25rem; font-size: .9375rem; font-weight: 600 }
footer { margin-top: 1.75rem; color: var(--quiet); font-size: .8125rem }
code { margin-left: .25rem; font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; overflow-wrap: anywhere }
$style@media (max-width: 30rem) { body { padding: 1rem } main { padding: 1.75rem 1.5rem } }
</style>
</head>
<body>
<main>
<div class="mark" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="$icon"/></svg></div>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")


@dataclass(frozen=True)
class Look:
    """Colours in light and dark, the path of the icon, and what a page adds to the style."""

    tone: str
    tint: str
    tone_dark: str
    tint_dark: str
    icon: str
    stroke: str = "2.5"
    width: str = "33rem"
    style: str = ""


def page(
    title: str, content: str, *, language: Language, look: Look, status: int = 200, policy: str = POLICY
) -> HTMLResponse:
    """Return the page; `content` is HTML, in which what others wrote has been escaped."""
    text = PAGE.substitute(vars(look), language=language, title=escape(title), content=content)
    headers = {**HEADERS, "Content-Security-Policy": policy, "Content-Language": language}
    return HTMLResponse(text, status, headers)
