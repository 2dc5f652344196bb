"""The page on which a Fortnox administrator chooses the company and approves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

PAGE = """<!doctype html>
<html lang="sv">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; color: #222 }}
label {{ display: block; margin: .3rem 0 }}
button {{ font: inherit; padding: .5rem 1.2rem; margin: 1rem .5rem 0 0; cursor: pointer }}
button[value=approve] {{ background: #1f6f43; color: #fff; border: 1px solid #1f6f43 }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""


def approval_page(client_id: str, scopes: Iterable[str], companies: Mapping[int, str]) -> str:
    """`companies` are the names by tenant id; the form posts `tenant` and `decision` to the same address."""
    choices = "\n".join(
        f'<label><input type="radio" name="tenant" value="{number}"{" checked" if index == 0 else ""}> '
        f"{escape(name)} ({number})</label>"
        for index, (number, name) in enumerate(companies.items())
    )
    rights = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    content = f"""<p><strong>{escape(client_id)}</strong> vill ansluta till Fortnox och få behörighet till:</p>
<ul>{rights}</ul>
<form method="post">
<fieldset><legend>Företag</legend>
{choices}
</fieldset>
<button name="decision" value="approve">Godkänn</button>
<button name="decision" value="deny">Neka</button>
</form>
<p><small>Fortnox sandbox: detta är inte Fortnox.</small></p>"""
    return PAGE.format(title="Godkänn anslutning", content=content)


def error_page(message: str) -> str:
    return PAGE.format(title="Fel", content=f"<p>{escape(message)}</p>")
