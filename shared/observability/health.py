"""What a process tells about itself: alive, ready, and its metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.store.database import Store

Check = Callable[[], bool]


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """Return /healthz (the process runs), /readyz (every check holds, else 503) and /metrics."""

    def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def readyz(_request: Request) -> Response:
        results = {name: check() for name, check in checks.items()}
        ready = all(results.values())
        return JSONResponse({"ready": ready, "checks": results}, status_code=200 if ready else 503)

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def database_check(store: Store) -> Check:
    def answers() -> bool:
        try:
            with store.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    return answers


class HealthServer:
    """Serves the health routes of a process that has no HTTP of its own."""

    def __init__(self, checks: Mapping[str, Check], host: str, port: int) -> None:
        config = uvicorn.Config(
            Starlette(routes=health_routes(checks)), host=host, port=port, log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
