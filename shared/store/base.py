"""The ground of all tables: column types that mean the same on PostgreSQL and SQLite, and the firm on every row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Integer, MetaData, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from uuid6 import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """Aware UTC; a naive datetime is refused, because it would silently mean the machine's own zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: Instant,
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[Any]: JSON().with_variant(JSONB(), "postgresql"),
        UUID: Uuid,
    }


BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only an INTEGER primary key

Key = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
FactKey = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
Ore = Annotated[int, mapped_column(BigInteger)]
Code = Annotated[str, mapped_column(String(40))]
Short = Annotated[str, mapped_column(String(100))]


class OfFirm:
    """Every row belongs to one firm (P15)."""

    firm_id: Mapped[UUID] = mapped_column(ForeignKey("firms.id"), index=True)


class OfEngagement(OfFirm):
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))


class Fact(OfEngagement):
    """What was read, with the two runs that frame it: first seen in `since_run`, gone or changed in `until_run`.

    A run is the number of an import within its engagement. A fact is current while `until_run` is null; it was known
    at run r when since_run <= r and (until_run is null or until_run > r). Nothing is overwritten (design: two clocks).
    """

    id: Mapped[FactKey]
    since_run: Mapped[int]
    until_run: Mapped[int | None]
