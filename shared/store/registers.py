"""What surrounds the vouchers: series, predefined accounts, the lock date, dimensions and their objects."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.store.base import Base, Fact, Short


class SeriesFact(Fact, Base):
    """A voucher series of the year that begins at `year_from`; only a `manual` one takes vouchers from outside.

    `next_number` is what Fortnox would give the next voucher, where it was asked for: its list of series leaves it out.
    """

    __tablename__ = "voucher_series"
    __table_args__ = (Index(None, "engagement_id", "year_from", "code"),)

    year_from: Mapped[dt.date]
    code: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(String(200))
    manual: Mapped[bool]
    next_number: Mapped[int | None]


class PredefinedAccountFact(Fact, Base):
    """The account that Fortnox books by itself under `name`, for example CUSTCLAIM (receivables); null when none is set."""

    __tablename__ = "predefined_accounts"
    __table_args__ = (Index(None, "engagement_id", "name"),)

    name: Mapped[Short]
    account: Mapped[str | None] = mapped_column(String(20))


class LockFact(Fact, Base):
    """The last day that Fortnox takes no more vouchers for; no current fact means that nothing is locked."""

    __tablename__ = "period_locks"
    __table_args__ = (Index(None, "engagement_id"),)

    locked_until: Mapped[dt.date]


class DimensionFact(Fact, Base):
    """A dimension (1 cost centre, 6 project, any other) in the year; `parent` is the one that it divides."""

    __tablename__ = "dimensions"
    __table_args__ = (Index(None, "engagement_id", "year_from", "number"),)

    year_from: Mapped[dt.date]
    number: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))
    parent: Mapped[str | None] = mapped_column(Text)


class ObjectFact(Fact, Base):
    """An object of a dimension in the year: one cost centre, one project; its name is "" when only rows know it."""

    __tablename__ = "objects"
    __table_args__ = (Index(None, "engagement_id", "year_from", "dimension", "code"),)

    year_from: Mapped[dt.date]
    dimension: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))


REGISTERS_OF_YEAR: tuple[type[SeriesFact | DimensionFact | ObjectFact], ...] = (SeriesFact, DimensionFact, ObjectFact)
REGISTERS: tuple[type[Fact], ...] = (*REGISTERS_OF_YEAR, PredefinedAccountFact, LockFact)
