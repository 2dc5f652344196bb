"""The emergency journal: Fortnox' answer to a renewal, on this machine's disk while the database does not take it.

The refresh token that it answers is burnt, so a lost answer is a lost connection. One file per renewal, sealed and
readable by its owner alone; it is replayed before the next renewal, by the keeper, and when a process starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

import structlog

from shared.clock import Clock
from shared.connections.grants import accept
from shared.errors import Rejected
from shared.fortnox import Grant
from shared.observability.metrics import TOKEN_RENEWALS
from shared.security.vault import Vault
from shared.store.database import Store

log = structlog.get_logger(__name__)

SUFFIX = ".renewal"


@dataclass(frozen=True)
class Entry:
    """The answer to the renewal that began at this version of the connection."""

    connection_id: UUID
    version: int
    grant: Grant = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.connection_id}.{self.version}{SUFFIX}"


class RenewalJournal:
    """A folder of answers that wait for the database; processes may share it."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def write(self, entry: Entry) -> None:
        """Return when the answer is on disk; raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sealed = self._vault.seal(json.dumps(asdict(entry.grant)), _bound_to(entry.name))
        unfinished = self._folder / f"{entry.name}.{os.getpid()}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / entry.name)
        _sync_folder(self._folder)

    def remove(self, entry: Entry) -> None:
        (self._folder / entry.name).unlink(missing_ok=True)

    def replay(self, store: Store, clock: Clock) -> int:
        """Bring what waits into the database and return how many answers were wanted there.

        Raises what the database raises; the answers stay until it has taken them.
        """
        wanted = 0
        for entry in self._entries():
            with store.write() as session:
                row = accept(session, self._vault, entry.connection_id, entry.version, entry.grant, clock.now())
            self.remove(entry)
            wanted += row is not None
            TOKEN_RENEWALS.labels("replayed" if row is not None else "replay_unwanted").inc()
            log.warning("renewal_replayed", connection_id=str(entry.connection_id), wanted=row is not None)
        return wanted

    def _entries(self) -> Iterator[Entry]:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                connection_id, version, _ = path.name.split(".")
                content = json.loads(self._vault.open(path.read_bytes(), _bound_to(path.name)))
            except FileNotFoundError:
                continue  # another process has replayed it
            except (Rejected, OSError, ValueError) as error:
                log.warning("renewal_unreadable", file=path.name, reason=str(error))
                continue  # it stays: with the right key it can still be read, and the others are not kept from it
            grant = Grant(**content | {"scopes": tuple(content["scopes"])})
            yield Entry(UUID(connection_id), int(version), grant)


def _bound_to(name: str) -> str:
    return f"renewals|{name}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
