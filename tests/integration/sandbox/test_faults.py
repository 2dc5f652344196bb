from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.sandbox.faults import FaultRule
from services.sandbox.server import SandboxServer
from services.sandbox.state import SandboxState
from tests.integration.sandbox.conftest import Visitor

VOUCHER = {
    "Voucher": {
        "Description": "x",
        "TransactionDate": "2025-03-01",
        "VoucherSeries": "A",
        "VoucherRows": [{"Account": 1930, "Debit": 1}, {"Account": 3001, "Credit": 1}],
    }
}


def fault(visitor: Visitor, kind: str, **rule: Any) -> None:
    visitor.control("faults", [{"kind": kind, "path": "/3/*", **rule}])


def vouchers(visitor: Visitor) -> int:
    return len(visitor.state.tenants[700_001].company.vouchers)


def test_a_connection_cut_before_the_commit_leaves_nothing(visitor: Visitor) -> None:
    fault(visitor, "cut-before-commit", path="/3/vouchers*", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.post("vouchers", VOUCHER)
    assert vouchers(visitor) == 4
    assert visitor.post("vouchers", VOUCHER).status_code == 201


def test_a_connection_cut_after_the_commit_leaves_a_voucher_nobody_was_told_of(visitor: Visitor) -> None:
    fault(visitor, "cut-after-commit", path="/3/vouchers*", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.post("vouchers", VOUCHER)
    assert vouchers(visitor) == 5
    entry = visitor.asked("journal", method="POST", tenant="700001")[-1]
    assert (entry["status"], entry["created"]["Voucher"]["VoucherNumber"]) == (201, 3)
    assert len(entry["created"]["Voucher"]["VoucherRows"]) == 2


def test_a_500_after_the_commit_says_failed_of_what_was_done(visitor: Visitor) -> None:
    fault(visitor, "500-after-commit", path="/3/vouchers*", method="POST")
    assert visitor.post("vouchers", VOUCHER).status_code == 500
    assert vouchers(visitor) == 5
    assert visitor.post("vouchers", VOUCHER).json()["Voucher"]["VoucherNumber"] == 4


def test_a_truncated_body_ends_before_its_promised_length(visitor: Visitor) -> None:
    fault(visitor, "truncated-body")
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        visitor.get("accounts")


def test_a_slow_body_arrives_whole(visitor: Visitor) -> None:
    whole = visitor.get("accounts").text
    fault(visitor, "slow-body", seconds=0.2)
    started = time.monotonic()
    assert visitor.get("accounts").text == whole
    assert time.monotonic() - started >= 0.2


def test_latency_delays_the_answer_to_work_that_is_done(visitor: Visitor) -> None:
    fault(visitor, "latency", seconds=0.2)
    started = time.monotonic()
    assert visitor.post("vouchers", VOUCHER).status_code == 201
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(("kind", "booked"), [("timeout", 4), ("timeout-after-commit", 5)])
def test_a_timeout_comes_with_or_without_the_work(visitor: Visitor, kind: str, booked: int) -> None:
    fault(visitor, kind)
    with pytest.raises(httpx.ReadTimeout):
        visitor.http.post("/3/vouchers", json=VOUCHER, headers=visitor.bearer, timeout=0.2)
    assert vouchers(visitor) == booked


def test_server_errors_look_like_those_of_fortnox_and_of_a_proxy(visitor: Visitor) -> None:
    fault(visitor, "500")
    fault(visitor, "502")
    fault(visitor, "429")
    system = visitor.get("me")
    assert (system.status_code, system.json()["ErrorInformation"]["Code"]) == (500, 1000003)
    proxy = visitor.get("me")
    assert (proxy.status_code, proxy.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert visitor.get("me").status_code == 429
    assert visitor.get("me").status_code == 200


def test_calls_that_a_fault_answers_are_counted_as_arrived(visitor: Visitor) -> None:
    fault(visitor, "502", count=3)
    for _ in range(4):
        visitor.get("me")
    assert visitor.asked("rate")["700001"]["calls"] == 4


def test_a_lost_answer_to_a_refresh_burns_the_token(visitor: Visitor) -> None:
    fault(visitor, "cut-after-commit", path="/oauth-v1/token")
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.refresh(visitor.tokens["refresh_token"])
    assert visitor.refresh(visitor.tokens["refresh_token"]).status_code == 400


def test_rules_hit_the_nth_call_or_a_seeded_share_and_end(visitor: Visitor) -> None:
    fault(visitor, "502", nth=3)
    assert [visitor.get("me").status_code for _ in range(4)] == [200, 200, 502, 200]
    assert visitor.asked("faults")[0]["hits"] == 1
    assert visitor.http.delete("/_control/faults").json() == []

    def hits() -> list[bool]:
        rule = FaultRule("502", probability=0.5, seed=7, count=None)
        return [rule.fires("GET", "/3/me") for _ in range(20)]

    assert hits() == hits()
    assert 0 < sum(hits()) < 20


def test_an_unknown_kind_of_fault_is_refused(visitor: Visitor) -> None:
    assert visitor.http.post("/_control/faults", json=[{"kind": "nonsense"}]).status_code == 400


def test_the_server_stops_although_a_call_hangs() -> None:
    # One client waits in a `timeout` fault while the server is told to stop: the wait must not hold the stop.
    state = SandboxState()
    state.faults.add(FaultRule("timeout"))
    with ThreadPoolExecutor(1) as pool, SandboxServer(state) as server:
        waiting = pool.submit(httpx.get, f"{server.url}/oauth-v1/auth", timeout=10)
        deadline = time.monotonic() + 5
        while not state.faults.described()[0]["hits"]:
            assert time.monotonic() < deadline
        server.stop()
        assert isinstance(waiting.exception(), httpx.RemoteProtocolError) or waiting.result().status_code == 500
