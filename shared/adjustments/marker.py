"""The markers by which vouchers in Fortnox are known as ours (pure); docs/export.md says where they stand and why.

FP-DDDDDDDD-VVVVVVVV: D says which adjustment it is, V what that adjustment said. FPR-DDDDDDDD-XXXXXXXX stands in the
voucher that takes one of them back: X says which voucher of that adjustment. Each part is the first 40 bits of a
SHA-256 in base 32, so only capital letters and the digits 2 to 7 occur. Nothing in it is random and nothing is counted
by the database: whoever knows the adjustment finds its vouchers, also after a restore.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.adjustments.content import AdjustmentContent, content_hash
from shared.fortnox import VoucherKey

_MARKER = re.compile(r"(?<![A-Z0-9])FP-([A-Z2-7]{8})-([A-Z2-7]{8})(?![A-Z0-9])")
_REVERSAL = re.compile(r"(?<![A-Z0-9])FPR-([A-Z2-7]{8})-([A-Z2-7]{8})(?![A-Z0-9])")
_BYTES = 5


@dataclass(frozen=True)
class Marker:
    document: str
    version: str

    def __str__(self) -> str:
        return f"FP-{self.document}-{self.version}"


@dataclass(frozen=True)
class ReversalMarker:
    document: str
    voucher: str

    def __str__(self) -> str:
        return f"FPR-{self.document}-{self.voucher}"


def marker_of(firm_id: UUID, organisation_number: str, year_end: date, content: AdjustmentContent) -> Marker:
    """Return the marker of one adjustment of one client's year.

    The adjustment is named as people name it (client, year, kind, number) and not by a row's id, so that one which was
    lost with a restored database and sent in again is still the same.
    """
    name = [str(firm_id), organisation_number, year_end.isoformat(), content.kind, content.number]
    return Marker(_digest(name), letters_of(content_hash(content)))


def reversal_marker_of(document: str, reversed_key: VoucherKey) -> ReversalMarker:
    """Return the marker of the voucher that takes back that voucher of the adjustment.

    The voucher is named and not its version: exported, taken back and exported again, the same content stands in two
    vouchers, and only one of them is taken back.
    """
    return ReversalMarker(document, _digest([document, reversed_key.year_id, reversed_key.series, reversed_key.number]))


def markers_in(text: str) -> list[Marker]:
    """Return every marker of an adjustment in a text that people may have written around."""
    return [Marker(document, version) for document, version in _MARKER.findall(text)]


def reversal_markers_in(text: str) -> list[ReversalMarker]:
    """Return every marker of a reversal in a text that people may have written around."""
    return [ReversalMarker(document, voucher) for document, voucher in _REVERSAL.findall(text)]


def read_marker(text: str) -> Marker | ReversalMarker:
    """Return the one marker, of either sort, that is all of the text; raises ValueError for anything else."""
    for pattern, kind in ((_MARKER, Marker), (_REVERSAL, ReversalMarker)):
        if found := pattern.fullmatch(text):
            return kind(*found.groups())
    raise ValueError(f"{text!r} is no marker")


def letters_of(digest: bytes) -> str:
    """Return the first 40 bits as eight letters and digits."""
    return base64.b32encode(digest[:_BYTES]).decode()


def _digest(parts: list[object]) -> str:
    return letters_of(hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).digest())
