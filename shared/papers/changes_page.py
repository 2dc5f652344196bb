"""What a signed schedule says beside what is known now, as texts for the PDF (pure)."""

from __future__ import annotations

from typing import Any, Final

from shared.papers.figures import amount, count, instant
from shared.papers.phrases import SUMS, changed_figures, document, fault_reason, touched
from shared.papers.words import Language, words
from shared.schedules.changes import Amounts, KnownNow

LARGEST: Final = 200
"""Items that are listed, by the amount of their change; the others are one row."""


def changes_page(now: KnownNow, language: Language) -> dict[str, Any]:
    """Return figures, items and documents that differ, with amounts as they are read in the language."""
    said = words(language)
    by_size = sorted(now.changes.items, key=lambda item: -abs(item.change_ore))
    listed, others = set(map(id, by_size[:LARGEST])), by_size[LARGEST:]
    items = [
        {
            "number": document(item.document_number, language),
            "party": f"{item.counterparty_number} {item.counterparty_name}".strip(),
            "touched": touched(item, language),
            "amounts": _amounts(item, language),
        }
        for item in now.changes.items
        if id(item) in listed
    ]
    if others:
        rest = Amounts(sum(item.before_ore for item in others), sum(item.after_ore for item in others))
        number = f"{count(len(others), language)} {said['items_counted']}"
        items.append({"number": "", "party": said["others"], "touched": number, "amounts": _amounts(rest, language)})
    return {
        "known": f"{said['known_now_at']} {now.version}, {instant(now.known_at)}",
        "figures": [
            {"name": name, "amounts": _amounts(figure, language), "is_sum": place < SUMS}
            for place, (name, figure) in enumerate(changed_figures(now.changes, language))
        ],
        "items": items,
        "faults": [
            {"document": document(fault.document, language), "reason": fault_reason(fault, language)}
            for fault in now.changes.faults
        ],
    }


def _amounts(figure: Amounts, language: Language) -> list[str]:
    return [amount(ore, language) for ore in (figure.before_ore, figure.after_ore, figure.change_ore)]
