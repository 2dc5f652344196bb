"""The gateway: an HTTP API that validates, commits and answers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.middleware import Middleware

from services.gateway import problems
from services.gateway.body_limit import BodyLimit
from services.gateway.deps import GatewayDeps
from services.gateway.progress import Streams
from services.gateway.request_log import RequestLog
from services.gateway.routes import (
    adjustment_files,
    adjustments,
    audit,
    callback,
    clients,
    connection,
    dead_letters,
    engagements,
    events,
    exports,
    imports,
    ledger,
    notices,
    papers,
    schedules,
    sign_offs,
)
from services.gateway.schemas.base import ProblemView
from shared.observability.health import health_routes

ROUTERS = (
    clients.router,
    engagements.router,
    connection.router,
    callback.router,
    notices.router,
    imports.router,
    ledger.router,
    papers.router,  # before schedules, whose route of one schedule would take "id.pdf" for an id
    schedules.router,
    sign_offs.router,
    adjustments.router,
    adjustment_files.router,
    exports.router,
    events.router,
    dead_letters.router,
    audit.router,
)


class Gateway(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Add the problem document, which every error is; FastAPI would describe its own."""
        if self.openapi_schema is None:
            schema = super().openapi()
            schemas = schema["components"]["schemas"]
            problem = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {}) | {"ProblemView": problem}
            self.openapi_schema = schema
        return self.openapi_schema


def create_app(deps: GatewayDeps) -> FastAPI:
    """Return the application; /docs is off because its page loads scripts from elsewhere."""
    app = Gateway(
        title="fortnox-pipeline",
        version="1",
        summary="Connects year-end closing with Fortnox.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(RequestLog), Middleware(BodyLimit)],
    )
    app.state.deps = deps
    app.state.streams = Streams()
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.extend(health_routes(deps.checks))
    return app
