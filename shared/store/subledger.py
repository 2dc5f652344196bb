"""Sub-ledger facts (reskontra): invoices, credit notes and payments of customers and suppliers."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Fact, Key, OfEngagement, Ore, Short


class DocumentFact(Fact, Base):
    """An invoice or a credit note; `ledger` is receivables or payables.

    Several may share a number. `total_minor` is in hundredths of `currency`; `rate` is SEK per `unit` of it, as a
    decimal string. `vouchers` are triples of the year's first day, series and number: the first booked the document and
    is null when only further ones are known. `listed_hash` is over what the list told when the single document was
    read, and null while it was not: as long as the list tells the same, it need not be read again.
    """

    __tablename__ = "documents"
    __table_args__ = (Index(None, "engagement_id", "ledger", "number"),)

    ledger: Mapped[Code]
    number: Mapped[Code]
    external_number: Mapped[Short | None]
    counterparty_number: Mapped[Code]
    counterparty_name: Mapped[str] = mapped_column(String(1000))
    invoice_date: Mapped[date]
    due_date: Mapped[date | None]
    final_pay_date: Mapped[date | None]
    currency: Mapped[Code]
    rate: Mapped[Code]
    unit: Mapped[int]
    total_minor: Mapped[Ore]
    booked: Mapped[bool]
    cancelled: Mapped[bool]
    credit_of: Mapped[Code | None]
    vouchers: Mapped[list[Any]]
    listed_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class PaymentFact(Fact, Base):
    """A payment of one document; `amount_ore` in SEK, `currency`, `rate` and `unit` as in `DocumentFact`.

    `has_write_offs` is null where the list does not tell. `settled_minor` is what it settles, write-offs included, in
    hundredths of the document's currency; `vouchers` and `listed_hash` as in `DocumentFact`.
    """

    __tablename__ = "payments"
    __table_args__ = (Index(None, "engagement_id", "ledger", "document_number"),)

    ledger: Mapped[Code]
    number: Mapped[Code]
    document_number: Mapped[Code]
    date: Mapped[date]
    amount_ore: Mapped[Ore]
    settled_minor: Mapped[Ore]
    booked: Mapped[bool]
    currency: Mapped[Code]
    rate: Mapped[Code]
    unit: Mapped[int]
    has_write_offs: Mapped[bool | None]
    vouchers: Mapped[list[Any]]
    listed_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class SubledgerReading(OfEngagement, Base):
    """What the reading of one sub-ledger after one import has taken so far, over all its slices and attempts.

    `requests` are pairs of a call, in words, and how often it was made. `unreadable` are the faults of documents that
    were read singly in vain: they are not asked for again after the same import.
    """

    __tablename__ = "subledger_readings"
    __table_args__ = (UniqueConstraint("engagement_id", "ledger", "run"),)

    id: Mapped[Key]
    ledger: Mapped[Code]
    run: Mapped[int]
    requests: Mapped[list[Any]]
    unreadable: Mapped[list[Any]]
