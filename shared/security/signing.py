"""What travels through other people's hands and comes back: signed, so that nobody can make it up."""

from __future__ import annotations

import base64
import binascii
import hmac

from shared.errors import Rejected
from shared.security.vault import Vault

MAC_BYTES = 32


class Signer:
    """Signs for one purpose (HMAC-SHA256); what is signed for another one is not recognised.

    Its keys are derived from the vault's: the current one signs, any of them is recognised, so that a signature
    outlives a change of keys.
    """

    def __init__(self, vault: Vault, purpose: str) -> None:
        self._keys = vault.derive(f"signing|{purpose}")

    def sign(self, content: bytes) -> str:
        """Return the content with its signature, fit for an address; it is not encrypted."""
        return _text(content + _mac(self._keys[0], content))

    def verify(self, signed: str) -> bytes:
        """Return the content; raises Rejected "signature-invalid"."""
        try:
            raw = base64.b64decode(signed + "=" * (-len(signed) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _invalid() from None
        content, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        # The text is compared too, because base64 spells the same bytes in more than one way.
        if _text(raw) != signed or not any(hmac.compare_digest(_mac(key, content), mac) for key in self._keys):
            raise _invalid()
        return content


def _invalid() -> Rejected:
    return Rejected("signature-invalid", "this was not signed here")


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
