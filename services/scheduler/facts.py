"""Sub-ledger facts in the store: written as differences, read as known at a run."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.accounts import Kind
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import VoucherKey
from shared.ledger.balances import known
from shared.store.engagements import Engagement
from shared.store.subledger import DocumentFact, PaymentFact

FactRow = TypeVar("FactRow", DocumentFact, PaymentFact)


def write_subledger(session: Session, engagement: Engagement, kind: Kind, subledger: Subledger, run: int) -> int:
    """Write what changed since it was last read: new facts, and the end of those gone or changed; return how many."""
    documents = [_document_row(engagement, kind, document, run) for document in subledger.documents]
    payments = [_payment_row(engagement, kind, payment, run) for payment in subledger.payments]
    return _write(session, DocumentFact, engagement, kind, documents, run) + _write(
        session, PaymentFact, engagement, kind, payments, run
    )


def read_subledger(session: Session, engagement_id: UUID, kind: Kind, run: int) -> Subledger:
    """Return the sub-ledger as known at the run."""
    documents = session.scalars(
        select(DocumentFact).where(
            DocumentFact.engagement_id == engagement_id, DocumentFact.ledger == kind, known(DocumentFact, run)
        )
    )
    payments = session.scalars(
        select(PaymentFact).where(
            PaymentFact.engagement_id == engagement_id, PaymentFact.ledger == kind, known(PaymentFact, run)
        )
    )
    return Subledger([_document(row) for row in documents], [_payment(row) for row in payments])


def cancellations_seen(session: Session, engagement_id: UUID, kind: Kind, run: int) -> dict[str, int]:
    """Return the run at which each document that is cancelled was first read as such, by number.

    One that was not cancelled in between counts from the last time. One that was cancelled when it was first read and
    is in no voucher is left out: nothing says that it ever was a claim.
    """
    of_kind = (DocumentFact.engagement_id == engagement_id, DocumentFact.ledger == kind)
    cancelled = select(DocumentFact.number).where(*of_kind, DocumentFact.cancelled.is_(True), known(DocumentFact, run))
    history = session.execute(
        select(DocumentFact.number, DocumentFact.cancelled, DocumentFact.booked, DocumentFact.since_run)
        .where(*of_kind, DocumentFact.number.in_(cancelled), DocumentFact.since_run <= run)
        .order_by(DocumentFact.since_run)
    )
    seen: dict[str, int] = {}
    alive: set[str] = set()
    for number, is_cancelled, booked, since_run in history:
        if not is_cancelled:
            alive.add(number)
            seen.pop(number, None)
        elif booked or number in alive:
            seen.setdefault(number, since_run)
    return seen


def _write(
    session: Session,
    table: type[FactRow],
    engagement: Engagement,
    kind: Kind,
    rows: Sequence[FactRow],
    run: int,
) -> int:
    """Write the difference between what is stored and `rows`, in which a number may occur more than once."""
    current = session.scalars(
        select(table).where(table.engagement_id == engagement.id, table.ledger == kind, table.until_run.is_(None))
    ).all()
    missing: defaultdict[tuple[str, bytes], list[FactRow]] = defaultdict(list)
    for row in rows:
        missing[row.number, row.content_hash].append(row)
    changes = 0
    for fact in current:
        same = missing.get((fact.number, fact.content_hash))
        if same:
            same.pop()
        elif fact.since_run == run:
            session.delete(fact)  # read twice within one run: nobody has known the first reading
            changes += 1
        else:
            fact.until_run = run
            changes += 1
    added = [row for same in missing.values() for row in same]
    session.add_all(added)
    return changes + len(added)


def _document_row(engagement: Engagement, kind: Kind, document: Document, run: int) -> DocumentFact:
    return DocumentFact(
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        since_run=run,
        ledger=kind,
        number=document.number,
        external_number=document.external_number,
        counterparty_number=document.counterparty_number,
        counterparty_name=document.counterparty_name,
        invoice_date=document.invoice_date,
        due_date=document.due_date,
        final_pay_date=document.final_pay_date,
        currency=document.currency,
        rate=str(document.rate),
        unit=document.unit,
        total_minor=document.total_minor,
        booked=document.booked,
        cancelled=document.cancelled,
        credit_of=document.credit_of,
        vouchers=_vouchers(document.voucher, document.further_vouchers),
        listed_hash=document.listed_hash,
        content_hash=_hash(document),
    )


def _payment_row(engagement: Engagement, kind: Kind, payment: Payment, run: int) -> PaymentFact:
    return PaymentFact(
        firm_id=engagement.firm_id,
        engagement_id=engagement.id,
        since_run=run,
        ledger=kind,
        number=payment.number,
        document_number=payment.document_number,
        date=payment.date,
        amount_ore=payment.amount_ore,
        settled_minor=payment.settled_minor,
        booked=payment.booked,
        currency=payment.currency,
        rate=str(payment.rate),
        unit=payment.unit,
        has_write_offs=payment.has_write_offs,
        vouchers=_vouchers(payment.voucher),
        listed_hash=payment.listed_hash,
        content_hash=_hash(payment),
    )


def _document(row: DocumentFact) -> Document:
    return Document(
        number=row.number,
        counterparty_number=row.counterparty_number,
        counterparty_name=row.counterparty_name,
        invoice_date=row.invoice_date,
        due_date=row.due_date,
        final_pay_date=row.final_pay_date,
        currency=row.currency,
        rate=Decimal(row.rate),
        unit=row.unit,
        total_minor=row.total_minor,
        booked=row.booked,
        cancelled=row.cancelled,
        credit_of=row.credit_of,
        voucher=_voucher(row.vouchers),
        listed_hash=row.listed_hash,
        external_number=row.external_number,
        further_vouchers=tuple(_key(triple) for triple in row.vouchers[1:]),
    )


def _payment(row: PaymentFact) -> Payment:
    return Payment(
        number=row.number,
        document_number=row.document_number,
        date=row.date,
        amount_ore=row.amount_ore,
        settled_minor=row.settled_minor,
        booked=row.booked,
        voucher=_voucher(row.vouchers),
        listed_hash=row.listed_hash,
        currency=row.currency,
        rate=Decimal(row.rate),
        unit=row.unit,
        has_write_offs=row.has_write_offs,
    )


def _vouchers(voucher: VoucherKey | None, further: Sequence[VoucherKey] = ()) -> list[Any]:
    """Return the vouchers as stored, the first null when only further ones are known."""
    if voucher is None and not further:
        return []
    return [None if voucher is None else _triple(voucher), *map(_triple, further)]


def _triple(voucher: VoucherKey) -> list[str]:
    year_from, series, number = voucher
    return [year_from.isoformat(), series, number]


def _voucher(stored: Sequence[Any]) -> VoucherKey | None:
    return _key(stored[0]) if stored and stored[0] is not None else None


def _key(triple: Sequence[str]) -> VoucherKey:
    year_from, series, number = triple
    return date.fromisoformat(year_from), series, number


def _hash(fact: Document | Payment) -> bytes:
    return hashlib.sha256(repr(astuple(fact)).encode()).digest()
