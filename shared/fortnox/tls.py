"""One TLS context per process: reading the certificates takes longer than most calls to Fortnox."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()
