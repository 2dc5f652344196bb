"""The page before the accountant's trip to Fortnox: whose books, what is approved, and the button that begins it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape
from string import Template

from fastapi.responses import HTMLResponse

from services.gateway.language import Language
from services.gateway.start_words import MONTHS, SCOPE_WORDS, WORDS
from services.gateway.trip import Proposal
from services.gateway.trip_page import Look, page
from shared.connections.states import SERVICE_ACCOUNT
from shared.fortnox import SCOPES

CONTENT = Template("""<p>$lead</p>
<dl class="facts">
$facts
</dl>
<section>
<h2>$allowed</h2>
<dl class="scopes">
$scopes
</dl>
<p class="quiet">$both_ways</p>
</section>
<form method="post"><button>$proceed</button></form>
<footer>$harmless</footer>""")

STYLE = """dl { margin: 0 }
dt, dd { margin: 0; min-width: 0 }
.facts { margin-top: 1.25rem; border: 1px solid var(--line); border-radius: 10px; font-size: .9375rem }
.facts div {
  display: grid; grid-template-columns: minmax(max-content, 10.5rem) 1fr; gap: 0 1.5rem; padding: .5rem 1rem;
}
.facts div + div { border-top: 1px solid var(--line) }
.facts dt { color: var(--quiet) }
.facts dd { font-weight: 500; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
section { border: 0; padding-top: 0 }
.scopes { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem 1.5rem; margin-top: .625rem; line-height: 1.4 }
.scopes dt { font-size: .9375rem; font-weight: 500 }
.scopes dd, .quiet { color: var(--quiet); font-size: .8125rem }
.quiet { margin-top: 1rem; line-height: 1.5 }
button {
  width: 100%; margin-top: 1.5rem; padding: .875rem 1.25rem; border: 0; border-radius: 10px; cursor: pointer;
  background: var(--tone); color: var(--card); font: inherit; font-weight: 600;
}
button:hover { filter: brightness(1.12) }
button:focus-visible { outline: 3px solid var(--tone); outline-offset: 3px }
footer { margin-top: .875rem; text-align: center; text-wrap: balance }
@media (max-width: 34rem) {
  .facts div { grid-template-columns: 1fr }
  .facts dt { font-size: .8125rem; line-height: 1.4 }
  .scopes { grid-template-columns: 1fr }
}
"""
LOOK = Look(
    "#20598c",
    "#e3eef8",
    "#8ec3f0",
    "#1c3347",
    icon="M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1 1M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1-1",
    stroke="2",
    width="38rem",
    style=STYLE,
)


def offered(proposal: Proposal, language: Language) -> HTMLResponse:
    """Return the page; the button sends its form to the page's own address.

    Its policy names no form-action: browsers hold all redirects after a form to it, and where Fortnox sends the browser
    on is Fortnox' affair.
    """
    words = WORDS[language]
    is_service = proposal.grant_type == SERVICE_ACCOUNT
    facts = (
        (words.firm, proposal.firm),
        (words.client, proposal.client),
        (words.organisation_number, proposal.organisation_number),
        (words.year, words.year_ends.format(day=_day(proposal.year_end, language))),
        (words.access, words.service_account if is_service else words.own_login),
    )
    scopes = (said for scope, said in SCOPE_WORDS[language].items() if scope in SCOPES)
    content = CONTENT.substitute(
        lead=escape(words.lead_as_administrator if is_service else words.lead),
        facts=_rows(facts),
        allowed=escape(words.allowed),
        scopes=_rows(scopes),
        both_ways=escape(words.both_ways),
        proceed=escape(words.proceed),
        harmless=escape(words.harmless),
    )
    return page(words.title.format(client=proposal.client), content, language=language, look=LOOK)


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)


def _day(day: date, language: Language) -> str:
    return f"{day.day} {MONTHS[language].split()[day.month - 1]} {day.year}"
