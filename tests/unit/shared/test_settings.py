"""Settings: checked at the start, and shown without what is secret in them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Rejected
from shared.settings import load_settings

SECRETS: dict[str, Any] = {
    "database_url": "postgresql://pipeline:geheim1@db:5432/pipeline?password=geheim2",
    "broker_url": "amqps://pipeline:geheim3@broker/fortnox",
    "fortnox_client_secret": "geheim4",
    "token_keys": "geheim5",
}


def test_without_an_environment_everything_is_embedded() -> None:
    settings = load_settings(database_url="", broker_url="memory://", data_dir="data")
    assert settings.is_embedded
    assert settings.database_url.startswith("sqlite:////")
    assert settings.database_url.endswith("/data/pipeline.db")


def test_what_is_printed_names_the_servers_and_none_of_the_secrets() -> None:
    printable = load_settings(**SECRETS).printable()
    assert printable["database_url"] == "postgresql://…@db:5432/pipeline"
    assert printable["broker_url"] == "amqps://…@broker/fortnox"
    assert "geheim" not in str(printable)


def test_a_repr_in_a_traceback_holds_no_secret() -> None:
    assert "geheim" not in repr(load_settings(**SECRETS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("broker_url", "http://broker"),
        ("broker_url", "memory://elsewhere"),
        ("database_url", "mysql://geheim@db/x"),
        ("http_port", "70000"),
        ("log_level", "loud"),
        ("worker_threads", "0"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(Rejected, match=f"settings-invalid: {name}: ") as raised:
        load_settings(**{name: value})
    assert "geheim" not in raised.value.reason


def test_settings_do_not_change() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.http_port = 1  # type: ignore[misc]
