"""Tokens at rest: what can be opened, where, and with which keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from shared.errors import Rejected
from shared.security.vault import Vault, keys_from_json, new_keys_json, own_key_file

OLD, NEW = bytes(range(32)), bytes(reversed(range(32)))


def test_what_is_sealed_opens_again_in_its_own_place() -> None:
    vault = Vault({"a": OLD})
    sealed = vault.seal("hemligt", "connections|1|access_token")
    assert vault.open(sealed, "connections|1|access_token") == "hemligt"
    assert b"hemligt" not in sealed


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    vault = Vault({"a": OLD})
    assert vault.seal("x", "here") != vault.seal("x", "here")


@pytest.mark.parametrize("elsewhere", ["connections|2|access_token", "connections|1|refresh_token"])
def test_another_row_or_column_cannot_open_it(elsewhere: str) -> None:
    vault = Vault({"a": OLD})
    sealed = vault.seal("x", "connections|1|access_token")
    with pytest.raises(Rejected, match="token-unreadable"):
        vault.open(sealed, elsewhere)


def test_after_a_change_of_keys_the_old_one_still_opens_and_the_new_one_seals() -> None:
    sealed = Vault({"a": OLD}).seal("x", "here")
    both = Vault({"b": NEW, "a": OLD})
    assert both.open(sealed, "here") == "x"
    assert both.needs_resealing(sealed)
    assert not both.needs_resealing(both.seal("x", "here"))


def test_without_its_key_or_with_a_key_id_exchanged_nothing_opens() -> None:
    sealed = Vault({"a": OLD}).seal("x", "here")
    for vault, content in [
        (Vault({"b": OLD}), sealed),
        (Vault({"a": NEW}), sealed),
        (Vault({"a": OLD, "b": OLD}), sealed.replace(b"1:a:", b"1:b:")),
    ]:
        with pytest.raises(Rejected, match="token-unreadable"):
            vault.open(content, "here")


@pytest.mark.parametrize("damaged", [b"", b"1:a", b"2:a:AAAA", b"1:a:not base64", b"1:a:AAAA", b"1:\xff:AAAA"])
def test_damaged_bytes_are_refused_by_name(damaged: bytes) -> None:
    with pytest.raises(Rejected, match="token-unreadable"):
        Vault({"a": OLD}).open(damaged, "here")


def test_a_vault_shows_the_names_of_its_keys_only() -> None:
    assert repr(Vault({"a": OLD})) == "Vault(keys=['a'])"


def test_new_keys_are_read_back_and_differ_each_time() -> None:
    first, second = (keys_from_json(new_keys_json("1")) for _ in range(2))
    assert len(first["1"]) == 32
    assert first != second


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": 1}',
        '{"a": "%%"}',
        json.dumps({"a:b": base64.b64encode(OLD).decode()}),
        json.dumps({"": base64.b64encode(OLD).decode()}),
    ],
)
def test_key_files_that_are_none_are_refused_without_quoting_them(text: str) -> None:
    with pytest.raises(Rejected, match="token-keys-invalid") as raised:
        keys_from_json(text)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("keys", [{}, {"a": b"short"}])
def test_a_vault_needs_keys_of_full_length(keys: dict[str, bytes]) -> None:
    with pytest.raises(Rejected, match="token-keys-invalid"):
        Vault(keys)


def test_the_embedded_key_file_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "token-keys.json"
    made = own_key_file(path)
    assert own_key_file(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
