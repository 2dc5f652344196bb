"""A file in the body of a request, as raw bytes or as the part `file` of a form; spooled to disk while it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from shared.errors import Rejected
from shared.storable import is_storable
from shared.uploads import PART_BYTES, require_size, size_and_hash

BYTES, TEXT, FORM = "application/octet-stream", "text/plain", "multipart/form-data"
PART = "file"
SIE_EXAMPLE = "#FLAGGA 0\r\n#SIETYP 4\r\n…"
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            BYTES: {"schema": {"type": "string", "format": "binary"}, "example": SIE_EXAMPLE},
            TEXT: {"schema": {"type": "string", "format": "binary"}, "example": SIE_EXAMPLE},
            FORM: {
                "schema": {
                    "type": "object",
                    "required": [PART],
                    "properties": {PART: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@dataclass(frozen=True)
class ReceivedFile:
    """A file that has come in whole; `name` is "" where the sender gave none."""

    file: BinaryIO
    name: str
    media_type: str = BYTES

    def fingerprint(self, **options: str) -> FileRequest:
        """Return what an idempotency key is compared by; raises Rejected "file-too-large"."""
        size_bytes, sha256 = size_and_hash(self.file)
        require_size(size_bytes)
        return FileRequest(sha256=sha256.hex(), size_bytes=size_bytes, options=options)


class FileRequest(BaseModel):
    """A request that carries a file, without the file."""

    sha256: str
    size_bytes: int
    options: dict[str, str]


@asynccontextmanager
async def received_file(request: Request) -> AsyncIterator[ReceivedFile]:
    """Take the file from the request; never more of it in memory than one part.

    Raises Rejected "unsupported-media-type", or "invalid-request" for a form without the part.
    """
    media_type = request.headers.get("content-type", BYTES).partition(";")[0].strip().lower()
    if media_type == FORM:
        try:
            async with request.form(max_files=1) as form:
                part = form.get(PART)
                if not isinstance(part, UploadFile):
                    raise Rejected("invalid-request", f"the form has no file named {PART}")
                name = part.filename or ""
                yield ReceivedFile(part.file, name if is_storable(name) else "", part.content_type or BYTES)
        except HTTPException as error:
            raise Rejected("invalid-request", str(error.detail)) from None
    elif media_type in {BYTES, TEXT}:
        with SpooledTemporaryFile(max_size=PART_BYTES) as file:
            async for chunk in request.stream():
                file.write(chunk)
            yield ReceivedFile(cast("BinaryIO", file), "")
    else:
        raise Rejected("unsupported-media-type", f"send the file as {BYTES}, {TEXT} or {FORM}")
