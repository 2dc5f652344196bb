"""Answers that go wrong, several in one export: refused, cut, never sent, and sent though the work was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import httpx

from services.sandbox.faults import FaultKind, FaultRule
from shared.fortnox.tls import tls_context
from shared.messaging.events import Event
from tests.chaos.export_cases import Case

READ_TIMEOUT_S = 0.25
KINDS: tuple[FaultKind, ...] = (
    "cut-before-commit",
    "cut-after-commit",
    "cut-after-commit",
    "500",
    "500-after-commit",
    "500-after-commit",
    "502",
    "truncated-body",
    "429",
    "slow-body",
    "timeout",
    "timeout-after-commit",
)
POSTS = (("POST", "/3/vouchers"),)
READS = (
    ("GET", "/3/vouchers*"),
    ("GET", "/3/vouchers"),
    ("GET", "/3/companyinformation"),
    ("GET", "/3/financialyears"),
    ("GET", "/3/voucherseries*"),
    ("GET", "/3/accounts"),
    ("GET", "/3/settings/lockedperiod"),
)
FILES = (
    ("POST", "/3/inbox"),
    ("POST", "/3/voucherfileconnections"),
    ("GET", "/3/inbox*"),
    ("GET", "/3/voucherfileconnections*"),
    ("GET", "/3/archive*"),
)
MOST_HITS = 5  # fewer than an event has attempts: what is given up is on trial elsewhere


class Impatient(httpx.HTTPTransport):
    """The usual way to Fortnox, on which nobody waits for long."""

    def __init__(self) -> None:
        super().__init__(verify=tls_context())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"]["read"] = READ_TIMEOUT_S
        return super().handle_request(request)


def answers_gone_wrong(case: Case) -> None:
    """Export one to four adjustments in two series, some with files, or take them back, through one to four bad answers."""
    scene = case.closing.scene
    usual = scene.access
    scene.access = replace(usual, transport=Impatient)
    try:
        kinds = case.rng.choices("VS", k=case.rng.randint(1, 4))
        case.adjust(kinds, files=[case.rng.choice((0, 0, 1, 2)) for _ in kinds])
        if is_undone := case.rng.random() < 0.35:
            _deliver(case, [case.plan()])
        rules = _spoil(case)
        events = case.undo() if is_undone else [case.plan()]
        case.taken_back = is_undone
        _deliver(case, events)
    finally:
        scene.access = usual
    case.interrupted = any(rule.hits for rule in rules)


def _deliver(case: Case, events: Sequence[Event | None]) -> None:
    for event in events:
        if event is not None:
            case.deliver(event)
    case.finish()


def _spoil(case: Case) -> list[FaultRule]:
    has_files = any(asked.files for asked in case.asked)
    rules, hits = [], 0
    for _ in range(case.rng.randint(1, 4)):
        places = case.rng.choices((POSTS, READS, FILES if has_files else POSTS), weights=(6, 2, 3))[0]
        method, path = case.rng.choice(places)
        count = min(case.rng.choice((1, 1, 1, 2, 3)), MOST_HITS - hits)
        if count > 0:
            nth = case.rng.randint(1, len(case.asked) if path == "/3/vouchers" and method == "POST" else 2)
            kind = case.rng.choice(KINDS)
            rules.append(FaultRule(kind, path=path, method=method, nth=nth, count=count, seconds=0.1))
            hits += count
    for rule in rules:
        case.spoil(rule)
    return rules
