"""The emergency journal: Fortnox' answer to a renewal, on this machine's disk until the database has taken it.

The refresh token that it answers is burnt, so a lost answer is a lost connection. One file per renewal, sealed and
readable by its owner alone; what is left is replayed before the next renewal, by the keeper, and when a process starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.connections.grants import accept, is_locked
from shared.errors import Rejected
from shared.fortnox import Grant
from shared.observability.metrics import TOKEN_RENEWALS
from shared.security.vault import Vault
from shared.store.database import Store, is_away

log = structlog.get_logger(__name__)

SUFFIX = ".renewal"
BROKEN = ".broken"


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
        unfinished = self._folder / f"{entry.name}.{uuid4()}"  # the folder may be one for several machines
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / entry.name)
        _sync_folder(self._folder)

    def remove(self, entry: Entry) -> None:
        """Remove it if that can be done: what stays is found unwanted at its replay."""
        try:
            (self._folder / entry.name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("renewal_not_removed", file=entry.name, error=str(error))

    def replay(self, store: Store) -> int:
        """Bring what waits into the database and return how many answers were wanted there.

        An answer whose row is being written just now is left alone, and so is one that the database refuses: neither
        may hold up the others. Raises what a database raises that is away; the answers stay until it has taken them.
        """
        wanted = 0
        for entry in self._entries():
            try:
                was_wanted = self._replay(store, entry)
            except SQLAlchemyError as error:
                if is_away(error):
                    raise
                TOKEN_RENEWALS.labels("replay_refused").inc()
                log.warning("renewal_not_replayed", connection_id=str(entry.connection_id), error=type(error).__name__)
                continue
            if was_wanted is None:
                continue
            self.remove(entry)
            wanted += was_wanted
            TOKEN_RENEWALS.labels("replayed" if was_wanted else "replay_unwanted").inc()
            say = log.warning if was_wanted else log.info  # unwanted is also what was stored a moment ago
            say("renewal_replayed", connection_id=str(entry.connection_id), wanted=was_wanted)
        return wanted

    def _replay(self, store: Store, entry: Entry) -> bool | None:
        """Say whether the answer was wanted; None when somebody else has the row, perhaps to store this very answer."""
        with store.write() as session:
            if is_locked(session, entry.connection_id):
                return None
            now = store.calendar_now(session)
            return accept(session, self._vault, entry.connection_id, entry.version, entry.grant, now) is not None

    def _entries(self) -> Iterator[Entry]:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                content = self._vault.open(path.read_bytes(), _bound_to(path.name))
            except FileNotFoundError:
                continue  # another process has replayed it
            except (Rejected, OSError) as error:
                log.warning("renewal_unreadable", file=path.name, reason=str(error))
                continue  # it stays: with the right key it can still be read, and the others are not kept from it
            try:
                yield _entry(path.name, content)
            except (KeyError, TypeError, ValueError) as error:
                _set_aside(path, error)


def _entry(name: str, content: str) -> Entry:
    connection_id, version, _ = name.split(".")
    grant = json.loads(content)
    return Entry(UUID(connection_id), int(version), Grant(**grant | {"scopes": tuple(grant["scopes"])}))


def _set_aside(path: Path, error: Exception) -> None:
    """Keep for a person what no version of this program has written like this."""
    TOKEN_RENEWALS.labels("replay_broken").inc()
    log.error("renewal_broken", file=path.name, kept_as=path.name + BROKEN, error=type(error).__name__)
    try:
        path.rename(path.with_name(path.name + BROKEN))
    except OSError as failure:
        log.warning("renewal_not_set_aside", file=path.name, error=str(failure))


def _bound_to(name: str) -> str:
    return f"renewals|{name}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
