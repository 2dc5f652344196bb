"""The files of an adjustment: taken in before it leaves, and sent to Fortnox with its voucher."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.gateway import audit
from services.gateway.adjustment_status import adjustment_of, require_changeable
from services.gateway.auth import Caller
from services.gateway.uploads import BYTES, ReceivedFile
from shared.adjustments.files import FILE_BYTES_MAX, FILES_MAX
from shared.errors import Rejected
from shared.fortnox.drafts import MEDIA_TYPE
from shared.store.adjustments import AdjustmentFile, ExportFile
from shared.uploads import size_and_hash

NAME_CHARS, SUFFIX_CHARS = 100, 12


class Added(NamedTuple):
    """`is_new` is False for a file that the adjustment had already."""

    file: AdjustmentFile
    is_new: bool


def require_place(session: Session, caller: Caller, engagement_id: UUID, adjustment_id: UUID) -> None:
    """Raise what `add` would raise whatever the file, before its bytes are taken."""
    require_changeable(session, adjustment_of(session, caller, engagement_id, adjustment_id))


def add(
    session: Session, caller: Caller, engagement_id: UUID, adjustment_id: UUID, received: ReceivedFile, now: datetime
) -> Added:
    """Keep the file with the adjustment; the same bytes again are the same file.

    Raises Rejected with not-found, file-name-missing, file-empty, file-too-large, too-many-files, and what
    `require_changeable` raises: what is in Fortnox or on its way takes no more files.
    """
    adjustment = adjustment_of(session, caller, engagement_id, adjustment_id, lock=True)
    require_changeable(session, adjustment)
    size_bytes, sha256 = size_and_hash(received.file)
    name = _name_of(received)
    if not name:
        raise Rejected("file-name-missing", "the part of the form that holds the file has no file name")
    if not size_bytes:
        raise Rejected("file-empty", f"{name} has no bytes")
    if size_bytes > FILE_BYTES_MAX:
        raise Rejected("file-too-large", f"a file may have {FILE_BYTES_MAX} bytes")
    same = next((file for file in adjustment.files if file.sha256 == sha256), None)
    if same is not None:
        return Added(same, is_new=False)
    if len(adjustment.files) >= FILES_MAX:
        raise Rejected("too-many-files", f"an adjustment may have {FILES_MAX} files")
    received.file.seek(0)
    file = AdjustmentFile(
        id=uuid7(),
        firm_id=caller.firm_id,
        adjustment_id=adjustment.id,
        name=name,
        media_type=_media_type_of(received),
        size_bytes=size_bytes,
        sha256=sha256,
        content=received.file.read(),
        added_by=caller.name,
        created_at=now,
    )
    session.add(file)
    _note(session, caller, "adjustment-file-added", file, now)
    return Added(file, is_new=True)


def remove(
    session: Session, caller: Caller, engagement_id: UUID, adjustment_id: UUID, file_id: UUID, now: datetime
) -> None:
    """Forget a file that never left.

    Raises Rejected with not-found, file-sent for one that an earlier export has taken to Fortnox, and what
    `require_changeable` raises.
    """
    adjustment = adjustment_of(session, caller, engagement_id, adjustment_id, lock=True)
    file = next((file for file in adjustment.files if file.id == file_id), None)
    if file is None:
        raise Rejected("not-found", f"no file {file_id}")
    require_changeable(session, adjustment)
    ways = session.scalars(select(ExportFile).where(ExportFile.file_id == file.id)).all()
    if any(way.attempts or way.fortnox_file_id for way in ways):
        raise Rejected("file-sent", f"{file.name} has been on its way to Fortnox in an earlier export")
    session.execute(delete(ExportFile).where(ExportFile.file_id == file.id))
    _note(session, caller, "adjustment-file-removed", file, now)
    session.delete(file)


def _name_of(received: ReceivedFile) -> str:
    """Return what the file is called, without the folders that some programs send along; its suffix is never cut."""
    name = received.name.replace("\\", "/").rpartition("/")[2].strip()
    suffix = PurePath(name).suffix[:SUFFIX_CHARS]
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - len(suffix)] + suffix


def _media_type_of(received: ReceivedFile) -> str:
    """Return the type without its parameters, and for what is none that of any bytes."""
    media_type = received.media_type.partition(";")[0].strip()
    return media_type if MEDIA_TYPE.fullmatch(media_type) and len(media_type) <= NAME_CHARS else BYTES


def _note(session: Session, caller: Caller, action: str, file: AdjustmentFile, now: datetime) -> None:
    audit.note(
        session,
        firm_id=caller.firm_id,
        actor=caller.name,
        action=action,
        subject=file.adjustment_id,
        at=now,
        name=file.name,
        sha256=file.sha256.hex(),
    )
