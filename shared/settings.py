"""Settings: one frozen object from the environment, checked at start, printed without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Rejected

MEMORY_URL = "memory://"


class Settings(BaseSettings):
    """What every process needs to know; the embedded default needs none of it set."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="", extra="ignore")

    data_dir: Path = Path("data")
    # Their passwords stay out of a repr.
    database_url: str = Field(default="", repr=False, pattern=r"^(sqlite|postgres|postgresql)(\+psycopg)?://")
    broker_url: str = Field(default=MEMORY_URL, repr=False, pattern=r"^(memory://$|amqps?://)")
    token_keys_file: Path | None = None
    token_keys: SecretStr | None = None

    fortnox_client_id: str = ""
    fortnox_client_secret: SecretStr = SecretStr("")
    fortnox_redirect_uri: str = ""
    fortnox_api_url: str = "https://api.fortnox.se"
    fortnox_auth_url: str = "https://apps.fortnox.se/oauth-v1"

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    worker_threads: int = Field(default=4, ge=1, le=64)
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="before")
    @classmethod
    def _default_database(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("database_url"):
            values["database_url"] = f"sqlite:///{Path(values.get('data_dir') or 'data').absolute()}/pipeline.db"
        return values

    @property
    def is_embedded(self) -> bool:
        """One process with an in-process broker; everything else is production."""
        return self.broker_url == MEMORY_URL

    def printable(self) -> dict[str, Any]:
        """Return the settings for the log: addresses without credentials, secrets left out."""
        shown = self.model_dump(mode="json", exclude={"fortnox_client_secret", "token_keys"})
        return {name: _without_credentials(value) if isinstance(value, str) else value for name, value in shown.items()}


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; raises Rejected "settings-invalid" with the name of the variable and what is wrong."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise Rejected("settings-invalid", faults) from None


def _without_credentials(value: str) -> str:
    """Return an address without what stands before the host and in the query: libpq takes a password in either."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        return value
    _login, at, place = rest.rpartition("@")
    return f"{scheme}://{'…@' if at else ''}{place.partition('?')[0]}"
