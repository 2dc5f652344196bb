"""What all requests and answers share: strictness, money as decimal strings, pages, problems."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from shared.money import kronor, ore_from
from shared.storable import is_storable

T = TypeVar("T")
AMOUNT_PATTERN = r"-?[0-9]{1,13}(\.[0-9]{1,2})?"
_AMOUNT_SCHEMA = {"type": "string", "pattern": f"^{AMOUNT_PATTERN}$", "examples": ["12500.00"]}


class Body(BaseModel):
    """A request; a field that is not known is a mistake and is said to be one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _can_be_stored(cls, content: Any) -> Any:
        if not is_storable(content):
            raise ValueError("a text holds NUL or half of a surrogate pair, which cannot be stored")
        return content


class View(BaseModel):
    """An answer, read from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Listing(View, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


class RunStarted(View):
    """The run that a command began; the Location header says where to follow it."""

    id: UUID
    state: str = Field(examples=["queued"])


class Fault(View):
    """One fault of a request; `location` leads to it, as in ["body", 0, "date"]."""

    location: list[str | int] | None = None
    code: str | None = None
    detail: str


class ProblemView(View):
    """An RFC 9457 problem document; `code` is stable, the words may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[Fault] | None = None
    differences: dict[str, Any] | None = Field(
        default=None,
        description="With differences-not-accepted: the first page of `/v1/imports/{import_id}/differences`.",
    )


def _ore(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(AMOUNT_PATTERN, value):
        raise ValueError('an amount is a string with at most two decimals, as "12500.00"')
    return ore_from(value)


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant lies outside the calendar") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
AmountIn = Annotated[int, BeforeValidator(_ore), WithJsonSchema(_AMOUNT_SCHEMA)]
AmountOut = Annotated[int, PlainSerializer(kronor, return_type=str), WithJsonSchema(_AMOUNT_SCHEMA)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
