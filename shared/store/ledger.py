"""Ledger facts (huvudbok): years, accounts, balances, vouchers, their rows, and sums of them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Code, Fact, FactKey, Ore, Short


class FinancialYearFact(Fact, Base):
    """A financial year; `fortnox_id` is Fortnox' own number for it and says nothing about order."""

    __tablename__ = "financial_years"
    __table_args__ = (Index(None, "engagement_id", "from_date"),)

    from_date: Mapped[dt.date]
    to_date: Mapped[dt.date]
    fortnox_id: Mapped[int | None]
    accounting_method: Mapped[Code | None]


class YearReadingFact(Fact, Base):
    """What an import found when it read a year: `digest` is of the bytes, `found` goes into the proof of completeness.

    The next import that gets the same bytes takes the findings over and neither parses nor writes.
    """

    __tablename__ = "year_readings"
    __table_args__ = (Index(None, "engagement_id", "year_from"),)

    year_from: Mapped[dt.date]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    found: Mapped[dict[str, Any]]


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


class PeriodSumFact(Fact, Base):
    """What the booked rows of an account sum to in a month ("2025-03", by voucher date); neither side is negative.

    The sums are taken from the stored rows of the same run, and say nothing that those do not.
    """

    __tablename__ = "period_sums"
    __table_args__ = (Index(None, "engagement_id", "year_from", "account", "period"),)

    year_from: Mapped[dt.date]
    account: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(7))
    debit_ore: Mapped[Ore]
    credit_ore: Mapped[Ore]
    row_count: Mapped[int]


class VoucherFact(Fact, Base):
    """A voucher (verifikation) as read in one run; an edited voucher is a new fact and closes the old one.

    Without the foreign keys of other facts: to check them costs as much as to write the voucher, and whoever writes
    facts holds their engagement locked.
    """

    __tablename__ = "vouchers"
    __table_args__ = (Index(None, "engagement_id", "year_from", "date"),)

    firm_id: Mapped[UUID] = mapped_column()
    engagement_id: Mapped[UUID] = mapped_column()
    year_from: Mapped[dt.date]
    series: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))
    date: Mapped[dt.date]
    text: Mapped[str] = mapped_column(String(1000))
    registered: Mapped[dt.date | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AccountMonth(Base):
    """An account in a month ("2025-03") of a financial year, once any row was booked there: what rows are found by.

    It says nothing by itself and is never taken back; which rows and sums it has, their runs tell. No foreign keys, as
    those of vouchers.
    """

    __tablename__ = "account_months"
    __table_args__ = (UniqueConstraint("engagement_id", "year_from", "account", "period"),)

    id: Mapped[FactKey]
    firm_id: Mapped[UUID]
    engagement_id: Mapped[UUID]
    year_from: Mapped[dt.date]
    account: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(7))


class VoucherRowFact(Base):
    """A row of a voucher; `kind` is booked, struck or added, and only booked rows count in a balance.

    `voucher_date` is the voucher's, and its month that of the AccountMonth that the row belongs to. The index by that one
    number holds few different keys, each many times and in the order in which rows come: it costs a third of one that
    spells out engagement, year, month and account. Which runs knew the row stands in the voucher alone. No foreign keys,
    as there.
    """

    __tablename__ = "voucher_rows"

    voucher_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    firm_id: Mapped[UUID]
    account_month_id: Mapped[int] = mapped_column(BigInteger, index=True)
    voucher_date: Mapped[dt.date]
    kind: Mapped[Code]
    account: Mapped[str] = mapped_column(String(20))
    amount_ore: Mapped[Ore]
    date: Mapped[dt.date]
    text: Mapped[str] = mapped_column(String(1000))
    quantity: Mapped[Short | None]
    objects: Mapped[list[Any]]
