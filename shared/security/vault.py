"""Tokens at rest: AES-GCM, the key's id beside the ciphertext, bound to the row that they belong to."""

from __future__ import annotations

import base64
import binascii
import json
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import Rejected

NONCE_BYTES = 12
KEY_BYTES = 32
VERSION = b"1"


class Vault:
    """Encrypts with the first key and decrypts with any of them, so that keys can be changed while the system runs."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise Rejected("token-keys-invalid", f"each token key needs {KEY_BYTES} bytes, and there must be one")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._material = list(keys.values())
        self.current_key_id = next(iter(keys))

    def __repr__(self) -> str:
        return f"Vault(keys={list(self._keys)})"

    def seal(self, secret: str, bound_to: str) -> bytes:
        """Encrypt; `bound_to` names the row and column, elsewhere the result cannot be opened."""
        nonce = os.urandom(NONCE_BYTES)
        key_id = self.current_key_id.encode()
        sealed = self._keys[self.current_key_id].encrypt(nonce, secret.encode(), _associated(key_id, bound_to))
        return b":".join((VERSION, key_id, base64.b64encode(nonce + sealed)))

    def open(self, sealed: bytes, bound_to: str) -> str:
        """Decrypt; raises Rejected "token-unreadable" when the key is missing or the bytes are another row's."""
        try:
            version, key_id, content = sealed.split(b":", 2)
            raw = base64.b64decode(content, validate=True)
            if version != VERSION:
                raise ValueError(version)
            key = self._keys[key_id.decode()]
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _associated(key_id, bound_to)).decode()
        except (KeyError, ValueError, binascii.Error, InvalidTag) as error:
            raise Rejected("token-unreadable", f"a stored token cannot be opened ({type(error).__name__})") from None

    def derive(self, purpose: str) -> list[bytes]:
        """Return a key of 32 bytes for another purpose from each of the keys, the current one first (RFC 5869)."""
        return [HKDF(SHA256(), KEY_BYTES, None, purpose.encode()).derive(key) for key in self._material]

    def needs_resealing(self, sealed: bytes) -> bool:
        return sealed.split(b":", 2)[1] != self.current_key_id.encode()


def _associated(key_id: bytes, bound_to: str) -> bytes:
    return key_id + b"|" + bound_to.encode()


def keys_from_json(text: str) -> dict[str, bytes]:
    """Read `{"key id": "base64 of 32 bytes", …}`, the first key is the one that encrypts.

    Raises Rejected "token-keys-invalid".
    """
    try:
        keys = {str(key_id): base64.b64decode(value, validate=True) for key_id, value in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError):
        raise Rejected("token-keys-invalid", "the token keys are not JSON of key id and base64") from None
    if any(":" in key_id or not key_id for key_id in keys):
        raise Rejected("token-keys-invalid", "a key id is empty or holds a colon")
    return keys


def new_keys_json(key_id: str) -> str:
    return json.dumps({key_id: base64.b64encode(os.urandom(KEY_BYTES)).decode()})


def own_key_file(path: Path) -> str:
    """Return the content of the embedded default's key file, made on first use and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{uuid4()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_keys_json("local"))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(unfinished)
        unfinished.unlink()
    return path.read_text()
