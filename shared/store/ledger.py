"""Ledger facts (huvudbok): years, accounts, balances, vouchers and their rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.store.base import Base, Code, Fact, FactKey, OfFirm, Ore, Short


class FinancialYearFact(Fact, Base):
    """A financial year; `fortnox_id` is Fortnox' own number for it and says nothing about order."""

    __tablename__ = "financial_years"
    __table_args__ = (Index(None, "engagement_id", "from_date"),)

    from_date: Mapped[dt.date]
    to_date: Mapped[dt.date]
    fortnox_id: Mapped[int | None]
    accounting_method: Mapped[Code | None]


class AccountFact(Fact, Base):
    """An account in the chart of the year that begins at `year_from`."""

    __tablename__ = "accounts"
    __table_args__ = (Index(None, "engagement_id", "year_from", "number"),)

    year_from: Mapped[dt.date]
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    sru: Mapped[str | None] = mapped_column(String(20))


class BalanceFact(Fact, Base):
    """A balance that the source states: `kind` IB (opening), UB (closing) or RES (result) of one account and year."""

    __tablename__ = "balances"
    __table_args__ = (Index(None, "engagement_id", "year_from", "kind", "account"),)

    year_from: Mapped[dt.date]
    kind: Mapped[Code]
    account: Mapped[str] = mapped_column(String(20))
    amount_ore: Mapped[Ore]


class VoucherFact(Fact, Base):
    """A voucher (verifikation) as read in one run; an edited voucher is a new fact and closes the old one."""

    __tablename__ = "vouchers"
    __table_args__ = (Index(None, "engagement_id", "year_from", "series", "number"),)

    year_from: Mapped[dt.date]
    series: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))
    date: Mapped[dt.date]
    text: Mapped[str] = mapped_column(String(1000))
    registered: Mapped[dt.date | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))

    rows: Mapped[list[VoucherRowFact]] = relationship(order_by="VoucherRowFact.position", back_populates="voucher")


class VoucherRowFact(OfFirm, Base):
    """A row of a voucher; `kind` is booked, struck or added, and only booked rows count in a balance."""

    __tablename__ = "voucher_rows"
    __table_args__ = (Index(None, "voucher_id"),)

    id: Mapped[FactKey]
    voucher_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("vouchers.id"))
    position: Mapped[int]
    kind: Mapped[Code]
    account: Mapped[str] = mapped_column(String(20))
    amount_ore: Mapped[Ore]
    date: Mapped[dt.date]
    text: Mapped[str] = mapped_column(String(1000))
    quantity: Mapped[Short | None]
    objects: Mapped[list[Any]]

    voucher: Mapped[VoucherFact] = relationship(back_populates="rows")
