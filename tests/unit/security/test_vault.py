from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from fortnox_pipeline.wiring import build, open_vault
from shared.errors import Rejected
from shared.security.vault import Vault, keys_from_json, new_keys_json, own_key_file
from shared.settings import load_settings

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def encoded(**keys: bytes) -> str:
    return json.dumps({key_id: base64.b64encode(key).decode() for key_id, key in keys.items()})


def test_what_is_sealed_can_be_opened_and_is_never_the_same_twice() -> None:
    vault = Vault({"a": OLD})
    first, second = vault.seal("secret", "row|1"), vault.seal("secret", "row|1")
    assert first != second
    assert b"secret" not in first
    assert vault.open(first, "row|1") == vault.open(second, "row|1") == "secret"


def test_a_sealed_token_cannot_be_moved_to_another_row_or_column() -> None:
    vault = Vault({"a": OLD})
    sealed = vault.seal("secret", "connections|1|access_token")
    for elsewhere in ("connections|2|access_token", "connections|1|refresh_token"):
        with pytest.raises(Rejected, match="token-unreadable"):
            vault.open(sealed, elsewhere)


def test_the_key_id_beside_the_ciphertext_cannot_be_changed() -> None:
    vault = Vault({"a": OLD, "b": OLD})
    sealed = vault.seal("secret", "row")
    with pytest.raises(Rejected, match="token-unreadable"):
        vault.open(sealed.replace(b":a:", b":b:"), "row")


@pytest.mark.parametrize("damaged", [b"", b"1", b"1:a:", b"1:a:%%%", b"2:a:AAAA", b"1:unknown:AAAA", b"\xff:\xff:\xff"])
def test_damaged_bytes_are_refused_with_a_code(damaged: bytes) -> None:
    with pytest.raises(Rejected, match="token-unreadable"):
        Vault({"a": OLD}).open(damaged, "row")


def test_the_first_key_seals_and_all_of_them_open() -> None:
    before = Vault({"old": OLD}).seal("secret", "row")
    both = Vault({"new": NEW, "old": OLD})
    assert both.open(before, "row") == "secret"
    assert both.needs_resealing(before)
    assert not both.needs_resealing(both.seal("secret", "row"))
    with pytest.raises(Rejected, match="token-unreadable"):
        Vault({"new": NEW}).open(before, "row")


def test_no_repr_shows_a_key() -> None:
    shown = repr(Vault({"a": OLD}))
    assert shown == "Vault(keys=['a'])"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "no json", encoded(a=b"short"), '{"a": "not base64!"}', '{"a": 5}', encoded(**{"a:b": OLD})],
)
def test_keys_that_are_none_are_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(Rejected, match="token-keys-invalid") as raised:
        Vault(keys_from_json(text))
    assert base64.b64encode(OLD).decode() not in str(raised.value)


def test_the_embedded_default_makes_its_own_key_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "token-keys.json"
    before = os.umask(0)
    try:
        made = own_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert own_key_file(path) == made
    assert len(keys_from_json(made)) == 1


def test_production_does_not_start_without_a_key(tmp_path: Path) -> None:
    settings = load_settings(
        broker_url="amqp://guest@127.0.0.1/", fortnox_client_id="id", data_dir=tmp_path, database_url=""
    )
    with pytest.raises(Rejected, match="token-keys-missing"):
        build(settings)
    assert not (tmp_path / "token-keys.json").exists()


def test_keys_come_from_a_file_or_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keys"
    file.write_text(new_keys_json("from-file"))
    monkeypatch.setenv("TOKEN_KEYS_FILE", str(file))
    assert open_vault(load_settings()).current_key_id == "from-file"
    monkeypatch.setenv("TOKEN_KEYS", encoded(fresh=NEW, old=OLD))
    assert open_vault(load_settings()).current_key_id == "fresh"
    assert base64.b64encode(NEW).decode() not in repr(load_settings())


def test_a_key_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="TOKEN_KEYS_FILE cannot be read"):
        open_vault(load_settings(token_keys_file=tmp_path / "nowhere"))
