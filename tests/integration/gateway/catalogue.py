"""Every route of the OpenAPI document with a body that would do, so that a new route is covered by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from services.gateway.app import create_app
from services.gateway.deps import GatewayDeps

DOCUMENT: dict[str, Any] = create_app(cast("GatewayDeps", SimpleNamespace(checks={}))).openapi()
BY_NAME = {"account": "1510", "role": "preparer"}
"""What parts of paths may be that are no ids."""


@dataclass(frozen=True)
class Operation:
    """`media_type` and `example` are None without a request body; `query` is what must be told in the address."""

    method: str
    path: str
    query: str
    media_type: str | None
    example: Any
    needs_body: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    def filled(self, ids: Mapping[str, UUID]) -> str:
        return self.path.format(**{name: BY_NAME.get(name) or ids[name] for name in self.names}) + self.query


def _operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, _query(described.get("parameters", [])), *_body(described.get("requestBody")))
        for path, methods in DOCUMENT["paths"].items()
        for method, described in methods.items()
    ]


def _query(parameters: list[dict[str, Any]]) -> str:
    told = {
        each["name"]: each["schema"]["examples"][0] for each in parameters if each["in"] == "query" and each["required"]
    }
    return f"?{urlencode(told)}" if told else ""


def _body(described: dict[str, Any] | None) -> tuple[str | None, Any, bool]:
    if described is None:
        return None, None, False
    media_type, content = next(iter(described["content"].items()))
    schema = content["schema"]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    example = content["example"] if "example" in content else schema["examples"][0]
    return media_type, example, described.get("required", False)


OPERATIONS = _operations()
KEYED = [operation for operation in OPERATIONS if operation.path.startswith("/v1/")]
WITH_ID = [operation for operation in KEYED if operation.names]
WITH_BODY = [operation for operation in KEYED if operation.media_type and "json" in operation.media_type]
"""Those whose body is JSON; the one that takes a file has its own tests."""
