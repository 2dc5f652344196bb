"""What a file says that the stored facts do not, and the other way round (pure).

Facts are compared as multisets of what they say: a voucher's series and number need not be unique in every file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from services.importer.sie import Voucher

Content = TypeVar("Content", bound=Hashable)
VoucherKey = tuple[str, str]


class StoredVoucher(NamedTuple):
    id: int
    series: str
    number: str
    content_hash: bytes


@dataclass(frozen=True)
class Difference(Generic[Content]):
    """`gone` are ids of stored facts that hold no longer, `new` is what has to be written."""

    gone: list[int]
    new: list[Content]


@dataclass(frozen=True)
class VoucherDifference:
    """`changed` of the new vouchers take the place of one that is gone; the counts are of vouchers."""

    gone_ids: list[int]
    new: list[tuple[Voucher, bytes]]
    added: int
    changed: int
    gone: int


def differ(stored: Iterable[tuple[int, Content]], read: Iterable[Content]) -> Difference[Content]:
    """Compare stored facts (id, what it says) with what was read."""
    ids: defaultdict[Content, list[int]] = defaultdict(list)
    for fact_id, content in stored:
        ids[content].append(fact_id)
    new: list[Content] = []
    for content in read:
        if ids.get(content):
            ids[content].pop()
        else:
            new.append(content)
    return Difference([fact_id for left in ids.values() for fact_id in left], new)


def differ_vouchers(stored: Sequence[StoredVoucher], read: Sequence[Voucher]) -> VoucherDifference:
    """Compare by content hash; a new voucher with the series and number of one that is gone is a changed one."""
    hashed = [(voucher, content_hash(voucher)) for voucher in read]
    by_hash: defaultdict[bytes, list[tuple[Voucher, bytes]]] = defaultdict(list)
    for pair in hashed:
        by_hash[pair[1]].append(pair)
    difference = differ(((voucher.id, voucher.content_hash) for voucher in stored), (hash_ for _, hash_ in hashed))
    new = [by_hash[hash_].pop() for hash_ in difference.new]
    gone_ids = set(difference.gone)
    gone_keys = Counter((voucher.series, voucher.number) for voucher in stored if voucher.id in gone_ids)
    new_keys = Counter((voucher.series, voucher.number) for voucher, _ in new)
    changed = (gone_keys & new_keys).total()
    return VoucherDifference(difference.gone, new, len(new) - changed, changed, len(gone_ids) - changed)


def content_hash(voucher: Voucher) -> bytes:
    """Return SHA-256 over all that is stored of a voucher; changing it would make every voucher look edited."""
    said = [
        voucher.series,
        voucher.number,
        voucher.date.isoformat(),
        voucher.text,
        voucher.registered.isoformat() if voucher.registered else None,
        [
            [row.kind, row.account, row.amount_ore, row.date.isoformat(), row.text, _plain(row.quantity), row.objects]
            for row in voucher.rows
        ],
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def _plain(quantity: object) -> str | None:
    return None if quantity is None else str(quantity)
