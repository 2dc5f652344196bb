"""The marker by which a voucher in Fortnox is known as ours (pure); docs/export.md says where it stands and why.

FP-DDDDDDDD-VVVVVVVV: D says which adjustment it is, V what that adjustment said. Both are the first 40 bits of a
SHA-256 in base 32, so only capital letters and the digits 2 to 7 occur. Nothing in it is random and nothing is counted
by the database: whoever knows the adjustment finds its voucher, also after a restore.
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

_MARKER = re.compile(r"(?<![A-Z0-9])FP-([A-Z2-7]{8})-([A-Z2-7]{8})(?![A-Z0-9])")
_BYTES = 5


@dataclass(frozen=True)
class Marker:
    document: str
    version: str

    def __str__(self) -> str:
        return f"FP-{self.document}-{self.version}"


def marker_of(firm_id: UUID, organisation_number: str, year_end: date, content: AdjustmentContent) -> Marker:
    """Return the marker of one adjustment of one client's year.

    The adjustment is named as people name it (client, year, kind, number) and not by a row's id, so that one which was
    lost with a restored database and sent in again is still the same.
    """
    name = [str(firm_id), organisation_number, year_end.isoformat(), content.kind, content.number]
    document = hashlib.sha256(json.dumps(name, separators=(",", ":")).encode()).digest()
    return Marker(_letters(document), _letters(content_hash(content)))


def markers_in(text: str) -> list[Marker]:
    """Return every marker in a text that people may have written around."""
    return [Marker(document, version) for document, version in _MARKER.findall(text)]


def _letters(digest: bytes) -> str:
    return base64.b32encode(digest[:_BYTES]).decode()
