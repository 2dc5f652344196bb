"""Lists in pages: ordered by id, which uuid7 makes the order of creation, with an opaque cursor."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.errors import Rejected

T = TypeVar("T")


@dataclass(frozen=True)
class PageQuery:
    """`after` is the id of the last item of the page before."""

    limit: int
    after: UUID | None

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


def cursor_of(last_id: UUID) -> str:
    return base64.urlsafe_b64encode(last_id.bytes).decode().rstrip("=")


def id_of(cursor: str) -> UUID:
    """Return the id in a cursor; raises Rejected "cursor-invalid"."""
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Rejected("cursor-invalid", "begin without a cursor, or use next_cursor as it was given") from None


def _page_query(
    limit: Annotated[int, Query(ge=1, le=200, description="Items per page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
) -> PageQuery:
    return PageQuery(limit, id_of(cursor) if cursor is not None else None)


Page = Annotated[PageQuery, Depends(_page_query)]
