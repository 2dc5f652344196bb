"""What all records share: Fortnox' names, immutability, and an error that names document and field."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal

from shared.fortnox.errors import UnreadableDocument
from shared.fortnox.records.fields import storable


class VoucherKey(NamedTuple):
    """What identifies a voucher; `year_id` is the id of the financial year, not a calendar year."""

    series: str
    number: int
    year_id: int


class Part(BaseModel):
    """A part of a record; fields that we do not read are passed over, because Fortnox adds some now and then."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal, hide_input_in_errors=True)


class Record(Part):
    """A record as Fortnox sends it; `identity` names the fields that make its key, in Fortnox' spelling.

    Where `keeps_namesakes`, records of one list that share a key are all of interest.
    """

    kind: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    keeps_namesakes: ClassVar[bool] = False

    @classmethod
    def read(cls, raw: Any) -> Self:
        """Return the record, or raise UnreadableDocument for the first field that does not parse."""
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            field_name = ".".join(str(part) for part in first["loc"]) or "document"
            raise UnreadableDocument(cls.name_of(raw), field_name, first["msg"]) from None

    @classmethod
    def name_of(cls, raw: Any) -> str:
        """Return what a person calls the document, for example "voucher A/17/2", as far as it can be read."""
        values = [raw.get(name) for name in cls.identity] if isinstance(raw, dict) else []
        return " ".join(
            [cls.kind, "/".join("?" if value is None else storable(str(value))[:40] for value in values)]
        ).strip()

    @classmethod
    def key_of(cls, raw: Any) -> Hashable:
        """Return what tells this document from others of its kind, even if it cannot be read."""
        if isinstance(raw, dict) and all(raw.get(name) not in (None, "") for name in cls.identity):
            return tuple(str(raw[name]) for name in cls.identity)
        return repr(raw)
