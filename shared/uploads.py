"""Uploaded SIE files in the database: stored and read part by part, and deleted when they are no longer needed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from itertools import count
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from shared.errors import Rejected
from shared.store.database import Store
from shared.store.imports import Import
from shared.store.uploads import Upload, UploadPart

MAX_FILE_BYTES = 100_000_000  # the limit of the product followed, and of the reader
PART_BYTES = 1024 * 1024
NAME_CHARS = 100
GOOD = ("completed", "incomplete")
OVER = (*GOOD, "failed", "cancelled")


def size_and_hash(file: BinaryIO) -> tuple[int, bytes]:
    """Return the length in bytes and the SHA-256 of a file, which is read from its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(PART_BYTES):
        digest.update(part)
    return file.tell(), digest.digest()


def store_upload(
    session: Session, file: BinaryIO, *, firm_id: UUID, engagement_id: UUID, name: str, by: str, at: datetime
) -> UUID:
    """Copy a file into the database with one part in memory at a time; return the upload's id.

    Raises Rejected "file-too-large" for more than 100 MB.
    """
    size_bytes, sha256 = size_and_hash(file)
    require_size(size_bytes)
    upload = Upload(
        id=uuid7(),
        firm_id=firm_id,
        engagement_id=engagement_id,
        name=name[:NAME_CHARS],
        sha256=sha256,
        size_bytes=size_bytes,
        uploaded_by=by,
        created_at=at,
    )
    session.add(upload)
    session.flush()
    file.seek(0)
    for position, content in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
        part = {"firm_id": firm_id, "upload_id": upload.id, "position": position, "content": content}
        session.execute(insert(UploadPart), [part])
    return upload.id


def require_size(size_bytes: int) -> None:
    """Raise Rejected "file-too-large" for more than 100 MB."""
    if size_bytes > MAX_FILE_BYTES:
        raise Rejected("file-too-large", f"a file may have {MAX_FILE_BYTES} bytes")


def content_of(store: Store, firm_id: UUID, upload_id: UUID) -> bytes:
    """Return a file's bytes, gathered part by part so that they are in memory once.

    Raises Rejected "file-missing" when they are no longer kept, or are not the bytes that came in.
    """
    parts = select(UploadPart.content).where(UploadPart.firm_id == firm_id, UploadPart.upload_id == upload_id)
    gathered = BytesIO()
    with store.read() as session:
        expected = session.scalar(select(Upload.sha256).where(Upload.firm_id == firm_id, Upload.id == upload_id))
        for position in count():  # one by one: a cursor on the server would need a transaction
            part = session.scalar(parts.where(UploadPart.position == position))
            if part is None:
                break
            gathered.write(part)
    content = gathered.getvalue()
    if hashlib.sha256(content).digest() != expected:
        raise Rejected("file-missing", "the uploaded file is no longer kept: upload it again")
    return content


def forget_superseded(session: Session, engagement_id: UUID) -> None:
    """Delete the content of every file that no import still needs, but for the last good one of each year.

    The last good ones are kept as what the ledger was taken from; what was refused may be another company's books.
    """
    found = session.execute(
        select(Upload.id, Upload.year_from, Import.state)
        .join(Import, Import.upload_id == Upload.id)
        .where(Upload.engagement_id == engagement_id)
        .order_by(Import.created_at.desc(), Import.id.desc())
    ).all()
    kept = {upload_id for upload_id, _, state in found if state not in OVER}
    years = set()
    for upload_id, year_from, state in found:
        if state in GOOD and year_from not in years:
            years.add(year_from)
            kept.add(upload_id)
    dropped = {upload_id for upload_id, _, _ in found} - kept
    if dropped:
        session.execute(delete(UploadPart).where(UploadPart.upload_id.in_(dropped)))
