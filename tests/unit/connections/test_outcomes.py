"""docs/connection.md has one table of outcomes, and no code is missing there."""

from __future__ import annotations

import re
from pathlib import Path

from services.gateway.callback_words import FAILED
from services.gateway.trip import CANCELLED, CONNECTED, UNFINISHED
from shared.connections import states

DOCUMENT = Path(__file__).parents[3] / "docs" / "connection.md"
ENDS = (
    states.EXPIRED,
    states.DISCONNECTED,
    states.CONSENT_REVOKED,
    states.WRONG_COMPANY,
    states.REFRESH_TOKEN_REFUSED,
    states.REFRESH_TOKEN_MISSING,
    states.RENEWAL_ANSWER_LOST,
)
IN_USE = (states.CONSENT_IN_DOUBT, states.TOKEN_UNREADABLE, states.RENEWAL_REFUSED)


def table() -> list[list[str]]:
    section = DOCUMENT.read_text().split("\n## Outcomes\n")[1].split("\n## ")[0]
    return [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| `")]


def test_every_outcome_of_an_approval_and_of_a_connection_is_in_the_table() -> None:
    documented = {code for row in table() for code in re.findall(r"`([a-z-]+)`", row[0])}
    assert {*FAILED, CONNECTED, UNFINISHED, CANCELLED, *ENDS, *IN_USE} - documented == set()


def test_every_end_is_in_the_table_with_the_state_that_it_leads_to() -> None:
    said = {code: row[1].strip() for row in table() for code in re.findall(r"`([a-z-]+)`", row[0]) if "end:" in row[1]}
    assert {code: f"end: {states.end_state(code)}" for code in ENDS}.items() <= said.items()
