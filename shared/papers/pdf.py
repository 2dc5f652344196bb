"""A schedule as a PDF: A4, tagged, PDF/A-2a and PDF/UA-1, because it is to be kept and read for seven years (BFL 7:2).

The page is laid out by the template `schedule.typ`. What it shows goes in as JSON and is never taken for markup.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from shared.papers import figures
from shared.papers.changes_page import changes_page
from shared.papers.characters import PLACEHOLDER, typesettable
from shared.papers.phrases import DATA_SOURCES, call, cause, document, fault_reason, flags, note, said_as
from shared.papers.typesetting import typeset
from shared.papers.words import Language, words
from shared.schedules.changes import KnownNow
from shared.schedules.content import BUCKETS, UNEXPLAINED, BridgeLine, Item, Reclassification, Revaluation, Schedule

Page = dict[str, Any]

LISTED_AT_MOST: Final = 2_000
"""Rows of a list. More items than that, some fifty pages, are summed by counterparty, and the paper says so."""


def pdf_of(schedule: Schedule, language: Language, now: KnownNow | None = None) -> bytes:
    """Return the document, the same bytes for the same schedule and language.

    `now` is what is known otherwise since it was signed; it has a section of its own.
    """
    return typeset(page_of(schedule, language, now), made_at=schedule.known_at)


def page_of(schedule: Schedule, language: Language, now: KnownNow | None = None) -> Page:
    """Return all that the template shows: texts that the font has, figures as they are read in the language."""
    texts = _Texts(schedule, language)
    page: Page = _typesettable(
        {
            "head": texts.head(),
            "reconciliation": texts.reconciliation(),
            "ageing": texts.ageing(),
            "changes": changes_page(now, language) if now is not None else None,
            "sign_offs": [texts.sign_off(role) for role in ("preparer", "reviewer")],
            "faults": [
                {"document": document(fault.document, language), "reason": fault_reason(fault, language)}
                for fault in schedule.faults
            ],
            "items": texts.items(),
            "is_summed": len(schedule.items) > LISTED_AT_MOST,
            "sums": texts.sums(),
            "remarks": [texts.line(line) for line in schedule.bridge.lines if line.amount_ore == 0],
            "revaluations": [texts.revaluation(each) for each in schedule.revaluations],
            "reclassifications": [texts.reclassification(each) for each in schedule.reclassifications],
            "source": texts.source(),
        }
    )
    lacks_signs = PLACEHOLDER in str(page)
    return page | {"language": language, "words": dict(words(language)), "lacks_signs": lacks_signs}


class _Texts:
    """The parts of one schedule as texts, by the names that the template knows."""

    def __init__(self, schedule: Schedule, language: Language) -> None:
        self.schedule = schedule
        self.language = language
        self.said = words(language)

    def amount(self, hundredths: int) -> str:
        return figures.amount(hundredths, self.language)

    def head(self) -> Page:
        schedule = self.schedule
        return {
            "kind": schedule.kind,
            "title": self.said[schedule.kind],
            "company": schedule.company_name,
            "organisation_number": schedule.organisation_number,
            "year": f"{schedule.year_from} – {schedule.year_to}",
            "balance_date": figures.day(schedule.balance_date),
            "accounts": ", ".join(account.number for account in schedule.accounts),
            "is_complete": schedule.complete,
            "version": str(schedule.version),
            "hash": schedule.content_hash,
        }

    def reconciliation(self) -> Page:
        """Lead from the ledger to the open items; lines without an amount are told elsewhere."""
        bridge, schedule = self.schedule.bridge, self.schedule
        lines = [line for line in bridge.lines if line.amount_ore]
        return {
            "accounts": [
                {"number": account.number, "name": account.name, "balance": self.amount(account.balance_ore)}
                for account in schedule.accounts
            ],
            "ledger": self.amount(schedule.ledger_ore),
            "lines": [self.line(line) for line in lines],
            "difference": self.amount(schedule.difference_ore),
            "explained": self.amount(schedule.difference_ore - bridge.unexplained_ore),
            "unexplained": self.amount(bridge.unexplained_ore),
            "is_unexplained": bridge.unexplained_ore != 0,
            "agrees": schedule.difference_ore == 0 and not lines,
            "total": self.amount(schedule.total_ore),
            "parted_on": figures.day(bridge.parted_on),
        }

    def line(self, line: BridgeLine) -> Page:
        days = [figures.day(line.first_date), figures.day(line.last_date)]
        return {
            "code": line.code,
            "cause": cause(line.code, self.language),
            "is_unexplained": line.code == UNEXPLAINED,
            "documents": ", ".join(document(each, self.language) for each in line.documents),
            "vouchers": ", ".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in line.vouchers),
            "days": " – ".join(dict.fromkeys(day for day in days if day)),
            "note": note(line.note, self.language),
            "amount": self.amount(line.amount_ore),
        }

    def ageing(self) -> Page:
        schedule = self.schedule
        counts = dict.fromkeys(BUCKETS, 0)
        for item in schedule.items:
            counts[item.bucket] += 1
        return {
            "buckets": [
                {
                    "name": self.said[bucket],
                    "count": figures.count(counts[bucket], self.language),
                    "amount": self.amount(schedule.ageing[bucket]),
                    "share": figures.share(schedule.ageing[bucket], schedule.total_ore, self.language),
                }
                for bucket in BUCKETS
            ],
            "count": figures.count(len(schedule.items), self.language),
            "amount": self.amount(schedule.total_ore),
        }

    def sign_off(self, role: str) -> Page:
        signed = [sign for sign in self.schedule.sign_offs if sign.role == role]
        return {
            "role": self.said[role],
            "signed": [{"name": sign.name, "at": figures.instant(sign.at), "comment": sign.comment} for sign in signed],
        }

    def items(self) -> list[list[str]]:
        items = self.schedule.items
        return [self.item(item) for item in items] if len(items) <= LISTED_AT_MOST else self._parties()

    def _parties(self) -> list[list[str]]:
        """Return a row per counterparty; if they too are many, the largest ones and a row of all others."""
        by_party: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self.schedule.items:
            by_party[item.counterparty_number].append(item)
        parties = sorted(by_party.values(), key=lambda party: -abs(sum(item.open_ore for item in party)))
        shown, others = parties[:LISTED_AT_MOST], parties[LISTED_AT_MOST:]
        shown.sort(key=lambda party: (len(party[0].counterparty_number), party[0].counterparty_number))
        rows = [self._summed(_party_name(party[0]), party) for party in shown]
        if others:
            rows.append(self._summed(self.said["others"], [item for party in others for item in party]))
        return rows

    def _summed(self, name: str, items: Sequence[Item]) -> list[str]:
        number = f"{figures.count(len(items), self.language)} {self.said['items_counted']}"
        billed, reduced, opened, paid_after = self._sums(items)
        return ["", "", name, number, "", "", "", billed, reduced, opened, paid_after, ""]

    def item(self, item: Item) -> list[str]:
        """Return the cells of a row in the order of the columns: a list, because there may be tens of thousands."""
        return [
            document(item.document_number, self.language),
            item.external_number or "",
            _party_name(item),
            self._item_remark(item),
            figures.day(item.invoice_date),
            figures.day(item.due_date),
            figures.count(item.days_past_due, self.language) if item.days_past_due is not None else "",
            self.amount(item.billed_ore),
            self.amount(item.settled_ore + item.credited_ore),
            self.amount(item.open_ore),
            self.amount(item.paid_after_ore) if item.paid_after_ore else "",
            figures.day(item.paid_after_on),
        ]

    def _item_remark(self, item: Item) -> str:
        parts = []
        if item.currency != "SEK":
            parts.append(f"{item.currency}\N{NO-BREAK SPACE}{self.amount(item.open_minor)}{self._at_rate(item)}")
        remark = flags([flag for flag in item.flags if flag != "currency"], self.language)
        return " · ".join([*parts, remark] if remark else parts)

    def _at_rate(self, item: Item) -> str:
        if item.rate is None:
            return ""
        unit = f" {self.said['per_unit']} {item.unit}" if item.unit != 1 else ""
        return f" {self.said['at_rate']} {figures.rate(item.rate, self.language)}{unit}"

    def sums(self) -> list[str]:
        return self._sums(self.schedule.items)

    def _sums(self, items: Sequence[Item]) -> list[str]:
        return [
            self.amount(sum(item.billed_ore for item in items)),
            self.amount(sum(item.settled_ore + item.credited_ore for item in items)),
            self.amount(sum(item.open_ore for item in items)),
            self.amount(sum(item.paid_after_ore for item in items)),
        ]

    def revaluation(self, each: Revaluation) -> Page:
        unit = f" {self.said['per_unit']} {each.unit}" if each.unit != 1 else ""
        rate = figures.rate(each.rate, self.language) + unit if each.rate is not None else ""
        return {
            "currency": each.currency,
            "open": self.amount(each.open_minor),
            "booked": self.amount(each.booked_ore),
            "rate": rate,
            "revalued": self.amount(each.revalued_ore) if rate else "",
            "change": self.amount(each.change_ore) if rate else "",
            "entry": [{"account": account, "amount": self.amount(ore)} for account, ore in each.entry],
            "reversal_date": figures.day(each.reversal_date),
        }

    def reclassification(self, each: Reclassification) -> Page:
        return {
            "party": f"{each.counterparty_number} {each.counterparty_name}".strip(),
            "documents": ", ".join(document(label, self.language) for label in each.documents),
            "from": each.from_account,
            "to": each.to_account,
            "amount": self.amount(each.amount_ore),
        }

    def source(self) -> list[list[str]]:
        """Return pairs of label and text."""
        said, schedule, source = self.said, self.schedule, self.schedule.source
        plan = ", ".join(
            f"{call(name, self.language)} {figures.count(requests, self.language)}" for name, requests in source.plan
        )
        requests = figures.count(source.requests, self.language)
        return [
            [said["data_source"], said_as(DATA_SOURCES, source.data_source, self.language)],
            [said["import"], f"{said['import_number']} {source.run} ({source.import_id})"],
            [said["ledger_read"], figures.instant(source.ledger_read_at)],
            [said["subledger_read"], figures.instant(source.subledger_read_at)],
            [said["known_at"], figures.instant(schedule.known_at)],
            [said["requests"], f"{requests} ({plan})" if plan else requests],
            [said["schedule_id"], str(schedule.id)],
            [said["version"], str(schedule.version)],
        ]


def _party_name(item: Item) -> str:
    return f"{item.counterparty_number} {item.counterparty_name}".strip()


def _typesettable(value: Any) -> Any:
    if isinstance(value, str):
        return typesettable(value)
    if isinstance(value, list):
        return [_typesettable(each) for each in value]
    if isinstance(value, dict):
        return {key: _typesettable(each) for key, each in value.items()}
    return value
