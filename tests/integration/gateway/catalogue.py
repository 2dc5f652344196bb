"""Every route of the OpenAPI document with a body that would do, so that a new route is covered by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from services.gateway.app import create_app
from services.gateway.deps import GatewayDeps

DOCUMENT: dict[str, Any] = create_app(cast("GatewayDeps", SimpleNamespace(checks={}))).openapi()
SOME_ACCOUNT = "1510"


@dataclass(frozen=True)
class Operation:
    """`media_type` and `example` are None without a request body."""

    method: str
    path: str
    media_type: str | None
    example: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def filled(self, ids: Mapping[str, UUID]) -> str:
        return self.path.format(account=SOME_ACCOUNT, **{name: ids[name] for name in self.names if name != "account"})


def _operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, *_body(described.get("requestBody")))
        for path, methods in DOCUMENT["paths"].items()
        for method, described in methods.items()
    ]


def _body(described: dict[str, Any] | None) -> tuple[str | None, Any]:
    if described is None:
        return None, None
    media_type, content = next(iter(described["content"].items()))
    schema = content["schema"]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return media_type, content["example"] if "example" in content else schema["examples"][0]


OPERATIONS = _operations()
KEYED = [operation for operation in OPERATIONS if operation.path.startswith("/v1/")]
WITH_ID = [operation for operation in KEYED if operation.names]
WITH_BODY = [operation for operation in KEYED if operation.media_type and "json" in operation.media_type]
"""Those whose body is JSON; the one that takes a file has its own tests."""
