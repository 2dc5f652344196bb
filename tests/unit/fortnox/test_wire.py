"""The four ways in which a connection fails, on real sockets: what proves that a POST did not happen, and what does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import httpx
import pytest

from shared.clock import ManualClock
from shared.fortnox import DraftRow, FortnoxClient, FortnoxUnavailable, OutcomeUnknown, VoucherDraft
from tests.unit.fortnox.stand_in import NOW, Turnstile, Wallet

DRAFT = VoucherDraft("A", date(2025, 9, 22), "Programvara", (DraftRow(5420, 37078), DraftRow(1910, 0, 37078)))


@contextmanager
def server(converse: Callable[[socket.socket], None]) -> Iterator[str]:
    """Take one connection, read one request, and let `converse` do the rest."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            received = b""
            while DRAFT.description.encode() not in received:
                received += connection.recv(65536)
            converse(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.join(timeout=10)


def post_to(address: str, read_s: float = 10.0) -> None:
    timeout = httpx.Timeout(10.0, read=read_s)
    with FortnoxClient(address, tokens=Wallet(), pacer=Turnstile(), clock=ManualClock(NOW), timeout=timeout) as client:
        client.post_voucher(DRAFT, 2)


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def answer_half(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"Voucher": {')


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_a_closed_port_proves_that_nothing_was_posted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FortnoxUnavailable) as caught:
        post_to(f"http://127.0.0.1:{port}")
    assert caught.value.code == "fortnox-unreachable"


@pytest.mark.parametrize("converse", [hang_up, answer_half])
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(
    converse: Callable[[socket.socket], None],
) -> None:
    with server(converse) as address, pytest.raises(OutcomeUnknown) as caught:
        post_to(address)
    assert caught.value.code == "fortnox-answer-lost"


def test_an_answer_that_does_not_come_in_time_leaves_the_outcome_unknown() -> None:
    with server(say_nothing) as address, pytest.raises(OutcomeUnknown) as caught:
        post_to(address, read_s=0.1)
    assert caught.value.code == "fortnox-answer-lost"
