"""The stand-in behind a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.sandbox.app import create_app
from services.sandbox.state import SandboxState


class CuttableProtocol(H11Protocol):
    """Hands the transport to the application, so that a fault can cut the connection where a real one breaks."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class PromptServer(uvicorn.Server):
    """Ends within a few milliseconds of `should_exit`; uvicorn itself looks ten times a second."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # noqa: ASYNC110 - uvicorn sets an attribute from another thread, no event
            await asyncio.sleep(0.01)


def config(state: SandboxState) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(state),
        http=CuttableProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """Bound and listening, so that calls wait rather than fail while the server starts."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(address)
    bound.listen(512)
    return bound


class SandboxServer:
    """Runs the stand-in while the context is open: `with SandboxServer(state) as server: ... server.url`."""

    def __init__(self, state: SandboxState, host: str = "127.0.0.1", port: int = 0) -> None:
        self.state = state
        self._socket = listening_socket(host, port)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._server = PromptServer(config(state))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="fortnox-sandbox", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
