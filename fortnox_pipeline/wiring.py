"""Makes the parts of a process from its settings."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from services.exporter import actors as exporter_actors
from services.importer import actors as importer_actors
from services.scheduler import actors as scheduler_actors
from shared.clock import Clock, SystemClock
from shared.connections.access import FortnoxAccess
from shared.connections.journal import RenewalJournal
from shared.errors import Rejected
from shared.fortnox import OAuthClient
from shared.messaging.broker import MemoryBroker, MemoryPublisher, Publisher, QuorumBroker, RabbitPublisher
from shared.messaging.consumer import Consumer
from shared.security.vault import Vault, keys_from_json, own_key_file
from shared.settings import Settings
from shared.store.database import Store

ACTORS = {"importer": importer_actors, "scheduler": scheduler_actors, "exporter": exporter_actors}


@dataclass(frozen=True)
class Parts:
    """What every process of the pipeline is made of."""

    settings: Settings
    clock: Clock
    store: Store
    vault: Vault
    oauth: OAuthClient
    access: FortnoxAccess

    def consumer(self, service: str) -> Consumer:
        routes = ACTORS[service].routes(self.access)
        return Consumer(service, routes, self.store, self.clock, random.Random())  # noqa: S311 - jitter


def build(settings: Settings, clock: Clock | None = None) -> Parts:
    """Make the parts; raises Rejected with a code when a setting is missing or wrong."""
    clock = clock or SystemClock()
    store = open_store(settings)
    vault = open_vault(settings)
    if not settings.fortnox_client_id:
        raise Rejected("settings-invalid", "FORTNOX_CLIENT_ID is not set")
    oauth = OAuthClient(
        client_id=settings.fortnox_client_id,
        client_secret=settings.fortnox_client_secret.get_secret_value(),
        auth_url=settings.fortnox_auth_url,
        redirect_uri=settings.fortnox_redirect_uri,
        clock=clock,
    )
    access = FortnoxAccess(
        store=store,
        clock=clock,
        vault=vault,
        oauth=oauth,
        api_url=settings.fortnox_api_url,
        journal=RenewalJournal(settings.data_dir / "renewals", vault),
    )
    return Parts(settings=settings, clock=clock, store=store, vault=vault, oauth=oauth, access=access)


def open_store(settings: Settings) -> Store:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return Store(settings.database_url)


def open_vault(settings: Settings) -> Vault:
    """Return the vault; raises Rejected with token-keys-missing or token-keys-invalid."""
    return Vault(keys_from_json(_token_keys(settings)))


def publisher_for(settings: Settings, broker: MemoryBroker | QuorumBroker) -> Publisher:
    if isinstance(broker, MemoryBroker):
        return MemoryPublisher(broker)
    return RabbitPublisher(settings.broker_url)


def _token_keys(settings: Settings) -> str:
    if settings.token_keys is not None:
        return settings.token_keys.get_secret_value()
    if settings.token_keys_file is not None:
        try:
            return settings.token_keys_file.read_text()
        except OSError as error:
            raise Rejected("token-keys-invalid", f"TOKEN_KEYS_FILE cannot be read: {error}") from None
    if settings.is_embedded:
        return own_key_file(settings.data_dir / "token-keys.json")
    raise Rejected("token-keys-missing", "set TOKEN_KEYS_FILE or TOKEN_KEYS: production does not make its own keys")
