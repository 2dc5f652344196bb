"""What a file of an adjustment is called in Fortnox (pure)."""

from __future__ import annotations

from pathlib import PurePath

from shared.adjustments.marker import letters_of
from shared.fortnox import FILE_NAME_MAX, allowed_text

FILES_MAX = 12  # of one adjustment
FILE_BYTES_MAX = 10_000_000
_SUFFIX_MAX = 12


def name_in_fortnox(name: str, document: str, sha256: bytes) -> str:
    """Return the name under which the file is found again, `<stem> (FP-DDDDDDDD-FFFFFFFF).<suffix>`.

    D is the document part of the adjustment's marker and F the first 40 bits of the file's SHA-256, so the same file of
    the same adjustment has the same name whatever becomes of the database. The stem gives way to the length.
    """
    path = PurePath(name)
    suffix = allowed_text(path.suffix, _SUFFIX_MAX)
    ending = f" (FP-{document}-{letters_of(sha256)}){suffix}"
    stem = allowed_text(path.stem, FILE_NAME_MAX - len(ending)) or "fil"
    return f"{stem}{ending}"
