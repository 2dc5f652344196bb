"""Names of files that say what is in them and are safe everywhere (pure)."""

from __future__ import annotations

import re
from typing import Final

from shared.papers.words import Language
from shared.schedules.content import Schedule

_STEMS: Final = {
    "sv": {"receivables": "kundfordringar", "payables": "leverantorsskulder", "incomplete": "ofullstandig"},
    "en": {"receivables": "receivables", "payables": "payables", "incomplete": "incomplete"},
}


def file_stem(schedule: Schedule, language: Language) -> str:
    """Return "kundfordringar-556677-8899-2025-12-31": letters a to z, digits and hyphens only.

    A schedule that is not complete says so here too, because a CSV file has no other place for it.
    """
    stems = _STEMS[language]
    number = re.sub(r"[^0-9-]", "", schedule.organisation_number)
    parts = [stems[schedule.kind], number, schedule.balance_date.isoformat()]
    if not schedule.complete:
        parts.append(stems["incomplete"])
    return "-".join(part for part in parts if part)
