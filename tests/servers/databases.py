"""A PostgreSQL database per test, copied from a template that was migrated once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextmanager
def migrated_template(server_url: str, migrate: Callable[[str], None]) -> Iterator[str]:
    """Yields the name of a database on which `migrate(url)` has run; it must have closed its connections."""
    with _database(server_url, "test_template", template="template1") as name:
        migrate(_url(server_url, name))
        yield name


@contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Yields the URL of a copy of the template, and drops it afterwards even if somebody is still connected."""
    with _database(server_url, "test", template=template) as name:
        yield _url(server_url, name)


@contextmanager
def _database(server_url: str, prefix: str, *, template: str) -> Iterator[str]:
    name = f"{prefix}_{secrets.token_hex(6)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    _execute(server_url, create)
    try:
        yield name
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server_url: str, statement: sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


def _url(server_url: str, name: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()
