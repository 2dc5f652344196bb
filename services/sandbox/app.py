"""The whole stand-in as one ASGI application: OAuth, the API, and the controls that Fortnox does not have."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from services.sandbox import control, oauth
from services.sandbox.front import Front
from services.sandbox.gate import FortnoxApi
from services.sandbox.state import SandboxState


def create_app(state: SandboxState) -> Starlette:
    return Starlette(
        routes=[
            Mount("/oauth-v1", routes=oauth.routes(state)),
            Mount("/3", app=FortnoxApi(state)),
            Mount("/_control", routes=control.routes(state)),
        ],
        middleware=[Middleware(Front, state=state)],
    )
