"""Looking into Fortnox for a file of ours: in the inbox by its name, on its voucher by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from shared.adjustments import Doubt, markers_in
from shared.fortnox import (
    UNUSABLE_CONNECTION,
    FortnoxClient,
    InboxFile,
    Refused,
    VoucherFileConnection,
    VoucherKey,
)
from shared.store.adjustments import ExportFile


@dataclass(frozen=True)
class Place:
    """Where a file was found: in the inbox, or connected to its voucher."""

    file_id: str
    is_connected: bool


class FileLook:
    """The inbox and the connections as Fortnox lists them, each read once in the life of this object."""

    def __init__(self, fortnox: FortnoxClient) -> None:
        self._fortnox = fortnox
        self._inbox: list[InboxFile] | None = None
        self._connections: list[VoucherFileConnection] | None = None

    def find(self, file: ExportFile, key: VoucherKey, others: Collection[str]) -> Place | Doubt | None:
        """Return where the file of that voucher is, None when Fortnox does not have it.

        A connected file has left the inbox, and its name with it. So what hangs on the voucher is opened and compared,
        but for the `others` of ours whose ids are known. Raises what reading raises; then nothing is known.
        """
        for connection in self._connections_of(key):
            if connection.file_id in others:
                continue
            content = self._content(connection.file_id)
            if isinstance(content, Doubt):
                return Doubt(content.code, f"{content.reason}; see whether it is {file.name}")
            if hashlib.sha256(content).digest() == file.file.sha256:
                return Place(connection.file_id, is_connected=True)
        return self._in_inbox(file.name)

    def _in_inbox(self, name: str) -> Place | Doubt | None:
        if self._inbox is None:
            self._inbox = self._fortnox.inbox_files()
        mark = markers_in(name)[-1:]  # the last one: what a person called the file may hold one too
        found = [file.id for file in self._inbox if markers_in(file.name)[-1:] == mark]
        if len(found) > 1:
            return Doubt("several-files-found", f"the inbox has several files named {name}")
        return Place(found[0], is_connected=False) if found else None

    def _connections_of(self, key: VoucherKey) -> list[VoucherFileConnection]:
        if self._connections is None:
            self._connections = list(self._fortnox.file_connections())
        return [connection for connection in self._connections if connection.is_of(key)]

    def _content(self, file_id: str) -> bytes | Doubt:
        try:
            return self._fortnox.stored_file(file_id)
        except UNUSABLE_CONNECTION:
            raise
        except Refused as error:
            if error.code == "fortnox-answer-too-large":  # larger than any file of ours
                return b""
            return Doubt("file-unreadable", f"a file of the voucher cannot be opened ({error.reason})")
