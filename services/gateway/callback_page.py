"""The page that ends the accountant's trip to Fortnox, in Swedish or English; without scripts and outside files."""

from __future__ import annotations

from html import escape
from string import Template
from typing import NamedTuple

from fastapi.responses import HTMLResponse

from services.gateway.language import Language
from shared.errors import PipelineError

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the code
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}

PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto 0; padding: 0 1.25rem }
h1 { font-size: 1.5rem; border-left: .3rem solid $colour; padding-left: .75rem }
small { opacity: .7 }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p>$text</p>
<p><small>$footnote</small></p>
</main>
</body>
</html>
""")


class Words(NamedTuple):
    title_sv: str
    text_sv: str
    title_en: str
    text_en: str


CONNECTED = Words(
    "Anslutet till Fortnox",
    "Bokföringen hämtas nu. Du kan stänga sidan och gå tillbaka till uppdraget.",
    "Connected to Fortnox",
    "The books are now being read. You can close this page and go back to the engagement.",
)

_AGAIN_SV, _AGAIN_EN = "Börja om från uppdraget.", "Begin again from the engagement."

FAILED = {
    "approval-denied": Words(
        "Anslutningen godkändes inte",
        f"Åtkomsten nekades i Fortnox, så ingenting anslöts. {_AGAIN_SV}",
        "The connection was not approved",
        f"Access was denied in Fortnox, so nothing was connected. {_AGAIN_EN}",
    ),
    "approval-failed": Words(
        "Fortnox kunde inte ge åtkomst",
        "Kontrollera att företaget har de licenser som integrationen behöver, och att du är systemadministratör om "
        f"ett tjänstekonto ska användas. {_AGAIN_SV}",
        "Fortnox could not give access",
        "Check that the company has the licences that the integration needs, and that you are a system administrator "
        f"if a service account is to be used. {_AGAIN_EN}",
    ),
    "state-missing": Words(
        "Svaret från Fortnox var tomt",
        "Fortnox skickade tillbaka dig utan svar. Det händer när kontot i Fortnox är spärrat, till exempel för "
        f"obetalda fakturor. {_AGAIN_SV}",
        "Fortnox sent no answer",
        "Fortnox sent you back without an answer. That happens when the Fortnox account is locked, for example for "
        f"unpaid invoices. {_AGAIN_EN}",
    ),
    "state-unknown": Words(
        "Länken känns inte igen",
        f"Anslutningen har inte påbörjats härifrån. {_AGAIN_SV}",
        "The link is not known",
        f"This connection was not begun here. {_AGAIN_EN}",
    ),
    "state-used": Words(
        "Länken är redan använd",
        f"Varje länk gäller en gång. Titta i uppdraget om anslutningen redan är klar. {_AGAIN_SV}",
        "The link has been used",
        f"Each link works once. See in the engagement whether the connection is made already. {_AGAIN_EN}",
    ),
    "state-expired": Words(
        "Länken har gått ut",
        f"Den gäller i tio minuter. {_AGAIN_SV}",
        "The link has expired",
        f"It holds for ten minutes. {_AGAIN_EN}",
    ),
    "code-missing": Words(
        "Svaret från Fortnox var ofullständigt",
        f"Koden som ger åtkomst saknades. {_AGAIN_SV}",
        "The answer from Fortnox was incomplete",
        f"The code that gives access was missing. {_AGAIN_EN}",
    ),
    "code-refused": Words(
        "Fortnox tog inte emot koden",
        f"Koden är använd eller för gammal. {_AGAIN_SV}",
        "Fortnox did not take the code",
        f"The code is used or too old. {_AGAIN_EN}",
    ),
}

NO_VERDICT = Words(
    "Anslutningen blev inte klar",
    f"Fortnox svarade inte som det skulle, så ingenting anslöts. Vänta en stund. {_AGAIN_SV}",
    "The connection was not completed",
    f"Fortnox did not answer as it should, so nothing was connected. Wait a little. {_AGAIN_EN}",
)


def connected(language: Language) -> HTMLResponse:
    return _page(CONNECTED, language, 200, "#1f6f43", "Fortnox")


def failed(failure: PipelineError, language: Language) -> HTMLResponse:
    """Say what went wrong; 400 when the link or the answer was at fault, 502 when Fortnox gave no usable answer."""
    words = FAILED.get(failure.code)
    return _page(words or NO_VERDICT, language, 400 if words else 502, "#b3261e", failure.code)


def _page(words: Words, language: Language, status: int, colour: str, footnote: str) -> HTMLResponse:
    title, text = words[:2] if language == "sv" else words[2:]
    content = PAGE.substitute(
        language=language, title=escape(title), text=escape(text), colour=colour, footnote=escape(footnote)
    )
    return HTMLResponse(content, status, {**HEADERS, "Content-Language": language})
