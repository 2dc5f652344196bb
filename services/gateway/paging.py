"""Lists in pages with an opaque cursor: by id, which uuid7 makes the order of creation, or by a date."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.errors import Rejected

T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES, DATE_BYTES = 16, 8


@dataclass(frozen=True)
class PageQuery:
    """`after` is the id of the last item of the page before, `after_date` its date in a list by date."""

    limit: int
    after: UUID | None
    after_date: datetime | None = None

    def read(
        self, session: Session, statement: Select[T], key: InstrumentedAttribute[UUID]
    ) -> tuple[list[T], str | None]:
        """Return the page's rows, newest first, and the cursor of the next page, None at the end."""
        if self.after is not None:
            statement = statement.where(key < self.after)
        rows = list(session.scalars(statement.order_by(key.desc()).limit(self.limit + 1)))
        page = rows[: self.limit]
        last: Any = page[-1] if len(rows) > self.limit else None
        return page, cursor_of(last.id) if last is not None else None

    def read_by_date(
        self,
        session: Session,
        statement: Select[T],
        date: InstrumentedAttribute[datetime | None],
        key: InstrumentedAttribute[UUID],
    ) -> tuple[list[T], str | None]:
        """Return the page's rows, the earliest date first, and the cursor; `statement` leaves out rows without date.

        Raises Rejected "cursor-invalid" for a cursor of a list that is not by date.
        """
        if self.after is not None:
            if self.after_date is None:
                raise _invalid()
            statement = statement.where(or_(date > self.after_date, and_(date == self.after_date, key > self.after)))
        rows = list(session.scalars(statement.order_by(date, key).limit(self.limit + 1)))
        page = rows[: self.limit]
        last: Any = page[-1] if len(rows) > self.limit else None
        return page, cursor_of(last.id, getattr(last, date.key)) if last is not None else None


def cursor_of(last_id: UUID, date: datetime | None = None) -> str:
    """Write the id, and behind it the date in microseconds since 1970."""
    content = last_id.bytes
    if date is not None:
        content += ((date - EPOCH) // timedelta(microseconds=1)).to_bytes(DATE_BYTES, "big", signed=True)
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[UUID, datetime | None]:
    """Return id and date of a cursor; raises Rejected "cursor-invalid"."""
    try:
        content = base64.b64decode(cursor + "==", altchars=b"-_", validate=True)
        last_id, behind = UUID(bytes=content[:ID_BYTES]), content[ID_BYTES:]
        if not behind:
            return last_id, None
        if len(behind) != DATE_BYTES:
            raise ValueError
        return last_id, EPOCH + timedelta(microseconds=int.from_bytes(behind, "big", signed=True))
    except (binascii.Error, ValueError, OverflowError):
        raise _invalid() from None


def _invalid() -> Rejected:
    return Rejected("cursor-invalid", "begin without a cursor, or use next_cursor as it was given")


async def _page_query(
    limit: Annotated[int, Query(ge=1, le=200, description="Items per page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
) -> PageQuery:
    if cursor is None:
        return PageQuery(limit, None)
    return PageQuery(limit, *read_cursor(cursor))


Page = Annotated[PageQuery, Depends(_page_query)]
