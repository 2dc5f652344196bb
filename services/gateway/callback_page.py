"""The page that ends the accountant's trip to Fortnox, in Swedish or English; without scripts and outside files."""

from __future__ import annotations

from html import escape
from string import Template

from fastapi.responses import HTMLResponse

from services.gateway.callback_words import CONNECTED, FAILED, Words
from services.gateway.language import Language
from shared.errors import PipelineError

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "form-action 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}

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
  width: 100%; max-width: 33rem; padding: 2.5rem; border: 1px solid var(--line); border-radius: 14px;
  background: var(--card); box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 12px 32px rgb(0 0 0 / 6%);
}
.mark { display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: 50%; background: var(--tint) }
.mark svg {
  width: 1.5rem; height: 1.5rem; fill: none; stroke: var(--tone); stroke-width: 2.5;
  stroke-linecap: round; stroke-linejoin: round;
}
h1 { margin: 1.25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
p { margin: 0; text-wrap: pretty }
section { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
h2 { margin: 0 0 .25rem; font-size: .9375rem; font-weight: 600 }
footer { margin-top: 1.75rem; color: var(--quiet); font-size: .8125rem }
code { margin-left: .25rem; font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; overflow-wrap: anywhere }
@media (max-width: 30rem) { main { padding: 1.75rem 1.5rem } }
</style>
</head>
<body>
<main>
<div class="mark" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="$icon"/></svg></div>
<h1>$title</h1>
<p>$happened</p>
<section>
<h2>$next_title</h2>
<p>$do_next</p>
</section>
<footer>$code_title<code>$code</code></footer>
</main>
</body>
</html>
""")

_GOOD = {
    "tone": "#1a6b45",
    "tint": "#e2f2e9",
    "tone_dark": "#6fd3a2",
    "tint_dark": "#1d3a2c",
    "icon": "M5 12.5l4.5 4.5L19 7.5",
}
_BAD = {
    "tone": "#a93226",
    "tint": "#fbe8e5",
    "tone_dark": "#f29b8f",
    "tint_dark": "#43231f",
    "icon": "M12 4.5v9.5M12 19v.01",
}
_NEXT = {"sv": "Gör så här", "en": "What to do next"}
_CODE = {"sv": "Kod", "en": "Code"}


def connected(language: Language) -> HTMLResponse:
    return _page(CONNECTED, language, "connected", _GOOD)


def failed(failure: PipelineError, language: Language) -> HTMLResponse:
    """Say what went wrong and what helps; the reason itself is not shown, it can hold what anybody wrote."""
    return _page(FAILED[failure.code], language, failure.code, _BAD)


def _page(words: Words, language: Language, code: str, look: dict[str, str]) -> HTMLResponse:
    said = words.sv if language == "sv" else words.en
    content = PAGE.substitute(
        look,
        language=language,
        title=escape(said.title),
        happened=escape(said.happened),
        next_title=_NEXT[language],
        do_next=escape(said.do_next),
        code_title=_CODE[language],
        code=escape(code),
    )
    return HTMLResponse(content, words.status, {**HEADERS, "Content-Language": language})
