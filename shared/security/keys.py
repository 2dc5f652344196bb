"""API keys of upstream systems: random, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "fnp_"


def new_key() -> str:
    """Return a key with 256 bits of randomness; its prefix lets secret scanners recognise it."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> bytes:
    """SHA-256 is enough for a random key: there is nothing to guess."""
    return hashlib.sha256(key.encode()).digest()


def hint_of(key: str) -> str:
    return key[:12]
