"""Writes the contracts that others build on: docs/openapi.json (HTTP) and docs/asyncapi.json (events).

`--check` writes nothing and fails when they are not what the code says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fortnox_pipeline.wiring import build
from services.gateway.app import create_app
from services.gateway.deps import GatewayDeps
from shared.messaging.broker import BULK, EXCHANGE, LANES_OF
from shared.messaging.events import (
    ACCEPTED_FROM_UPSTREAM,
    CONSUMERS,
    PAYLOADS,
    TYPE_PREFIX,
    TYPE_SUFFIX,
    Event,
)
from shared.security.vault import new_keys_json
from shared.settings import load_settings

DOCS = Path(__file__).parent.parent / "docs"


def openapi() -> dict[str, Any]:
    settings = load_settings(
        database_url="sqlite://",
        fortnox_client_id="contract",
        token_keys=new_keys_json("contract"),
        broker_url="memory://",
    )
    parts = build(settings)
    deps = GatewayDeps(
        store=parts.store,
        clock=parts.clock,
        vault=parts.vault,
        oauth=parts.oauth,
        access=parts.access,
        settings=settings,
        checks={},
    )
    return create_app(deps).openapi()


def asyncapi() -> dict[str, Any]:
    """Describe every event on the exchange; its routing key is its name, with `.bulk` behind it in the bulk lane."""
    envelope = Event.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "fortnox-pipeline events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in structured JSON mode on a RabbitMQ topic exchange. `subject` is the "
            "engagement's id; evolution is add-only.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {name: _channel(name) for name in PAYLOADS},
        "operations": {
            **{f"receive-{name}": _operation("receive", name) for name in sorted(ACCEPTED_FROM_UPSTREAM)},
            **{f"send-{name}": _operation("send", name) for name in PAYLOADS},
        },
        "components": {
            "schemas": {"CloudEvent": envelope} | {payload.__name__: _schema(payload) for payload in PAYLOADS.values()},
            "messages": {name: _message(name) for name in PAYLOADS},
        },
    }


def _channel(name: str) -> dict[str, Any]:
    service = CONSUMERS.get(name)
    queues = [service + lane for lane in LANES_OF[service]] if service else []
    return {
        "address": name,
        "description": f"Consumed here by {', '.join(queues)}."
        if queues
        else "For upstream systems; not consumed here.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": EXCHANGE, "type": "topic", "durable": True}}},
        "x-routing-keys": [name, name + BULK],
    }


def _operation(action: str, name: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{name}"}}


def _message(name: str) -> dict[str, Any]:
    payload = PAYLOADS[name].__name__
    return {
        "name": f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}",
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "properties": {
                        "type": {"const": f"{TYPE_PREFIX}{name}{TYPE_SUFFIX}"},
                        "data": {"$ref": f"#/components/schemas/{payload}"},
                    }
                },
            ]
        },
    }


def _schema(payload: type[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = payload.model_json_schema()
    return schema


def main(arguments: list[str]) -> int:
    stale = []
    for name, content in (("openapi.json", openapi()), ("asyncapi.json", asyncapi())):
        text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stdout.write(f"docs/{name} {'is not what the code says' if '--check' in arguments else 'written'}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
