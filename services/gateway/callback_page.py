"""The page that ends the accountant's trip to Fortnox, in Swedish or English."""

from __future__ import annotations

from html import escape
from string import Template

from fastapi.responses import HTMLResponse

from services.gateway.callback_words import CONNECTED, FAILED, Words
from services.gateway.language import Language
from services.gateway.trip_page import POLICY, Look, page
from shared.errors import PipelineError

CONTENT = Template("""<p>$happened</p>
<section>
<h2>$next_title</h2>
<p>$do_next</p>
</section>
<footer>$code_title<code>$code</code></footer>""")

_GOOD = Look("#1a6b45", "#e2f2e9", "#6fd3a2", "#1d3a2c", icon="M5 12.5l4.5 4.5L19 7.5")
_BAD = Look("#a93226", "#fbe8e5", "#f29b8f", "#43231f", icon="M12 4.5v9.5M12 19v.01")
_NEXT = {"sv": "Gör så här", "en": "What to do next"}
_CODE = {"sv": "Kod", "en": "Code"}


def connected(language: Language) -> HTMLResponse:
    return _page(CONNECTED, language, "connected", _GOOD)


def failed(failure: PipelineError, language: Language) -> HTMLResponse:
    """Say what went wrong and what helps; the reason itself is not shown, it can hold what anybody wrote."""
    return _page(FAILED[failure.code], language, failure.code, _BAD)


def _page(words: Words, language: Language, code: str, look: Look) -> HTMLResponse:
    said = words.sv if language == "sv" else words.en
    content = CONTENT.substitute(
        happened=escape(said.happened),
        next_title=_NEXT[language],
        do_next=escape(said.do_next),
        code_title=_CODE[language],
        code=escape(code),
    )
    policy = f"{POLICY}; form-action 'none'"
    return page(said.title, content, status=words.status, language=language, look=look, policy=policy)
