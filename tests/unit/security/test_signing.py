from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.security.signing import MAC_BYTES, Signer
from shared.security.vault import Vault

OLD, NEW = b"\x01" * 32, b"\x02" * 32


@given(st.binary(max_size=200))
def test_what_was_signed_is_recognised_and_fit_for_an_address(content: bytes) -> None:
    signed = Signer(Vault({"a": OLD}), "state").sign(content)
    assert Signer(Vault({"a": OLD}), "state").verify(signed) == content
    assert set(signed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_change_of_any_letter_is_noticed(content: bytes, data: st.DataObject) -> None:
    signer = Signer(Vault({"a": OLD}), "state")
    signed = signer.sign(content)
    place = data.draw(st.integers(0, len(signed) - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz0189-_").filter(lambda letter: letter != signed[place]))
    with pytest.raises(Rejected, match="signature-invalid"):
        signer.verify(signed[:place] + letter + signed[place + 1 :])


@pytest.mark.parametrize("text", ["", "x", "å", "===", "AAAA", "A" * (MAC_BYTES * 4 // 3 + 1), "a b", "\x00"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match="signature-invalid"):
        Signer(Vault({"a": OLD}), "state").verify(text)


def test_a_signature_holds_for_one_purpose() -> None:
    vault = Vault({"a": OLD})
    with pytest.raises(Rejected):
        Signer(vault, "other").verify(Signer(vault, "state").sign(b"content"))


def test_a_signature_outlives_a_change_of_keys_but_not_the_removal_of_its_own() -> None:
    signed = Signer(Vault({"old": OLD}), "state").sign(b"content")
    both = Signer(Vault({"new": NEW, "old": OLD}), "state")
    assert both.verify(signed) == b"content"
    assert both.sign(b"content") != signed
    with pytest.raises(Rejected):
        Signer(Vault({"new": NEW}), "state").verify(signed)


def test_the_derived_key_is_not_the_vaults_own() -> None:
    [derived] = Vault({"a": OLD}).derive("purpose")
    assert len(derived) == 32
    assert derived != OLD
