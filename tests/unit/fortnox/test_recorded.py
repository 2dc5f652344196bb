"""Answers recorded from the real Fortnox, read by the client."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.clock import ManualClock
from shared.fortnox import (
    ConnectionUnauthorized,
    InvalidClient,
    InvalidGrant,
    NotFound,
    OAuthClient,
    Refused,
)
from tests.unit.fortnox.stand_in import NOW, Fortnox

_SIBLING = Path(__file__).resolve().parents[4] / "shared" / "data"
FOLDER = Path(os.environ.get("FORTNOX_REFERENCE_DATA", str(_SIBLING))) / "fortnox"


def recorded(name: str) -> httpx.Response:
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"left out: the recorded exchange {name} is not there; FORTNOX_REFERENCE_DATA names its folder")
    exchange: dict[str, Any] = json.loads(path.read_bytes())["response"]
    headers = {
        key: values[0]
        for key, values in exchange["headers"].items()
        if key not in {"Transfer-Encoding", "Content-Length"}
    }
    return httpx.Response(exchange["status"], headers=headers, content=exchange["body_raw"].encode())


def answering(name: str) -> Fortnox:
    response = recorded(name)
    return Fortnox(
        lambda _request: httpx.Response(response.status_code, headers=response.headers, content=response.content)
    )


def oauth(name: str) -> OAuthClient:
    response = recorded(name)
    return OAuthClient(
        client_id="id",
        client_secret="secret",
        auth_url="https://apps.fortnox.test/oauth-v1",
        redirect_uri="https://pipeline.test/callback",
        clock=ManualClock(NOW),
        transport=httpx.MockTransport(lambda _request: response),
    )


def test_the_recorded_list_of_invoices_is_read_whole() -> None:
    invoices = list(answering("invoices_get_list_200").client.invoices())
    assert len(invoices) == 34
    assert (invoices[0].document_number, invoices[0].ocr, invoices[0].booked) == ("1", "133", False)


def test_the_recorded_invoice_is_read_and_is_no_credit_invoice() -> None:
    invoice = answering("invoices_get_single_200").client.invoice("1")
    assert (invoice.credit, invoice.credit_invoice_reference, invoice.voucher) == (False, None, None)
    assert (invoice.total_ore, invoice.accounting_method) == (0, "ACCRUAL")


def test_the_recorded_refusal_of_a_filter_is_our_own_mistake() -> None:
    with pytest.raises(Refused, match="Ett ogiltigt filter har använts") as caught:
        list(answering("invoices_get_list_400_filter_invalid").client.invoices())
    assert (caught.value.code, caught.value.evidence.uid) == ("filter-invalid", "dd101912")


def test_the_recorded_missing_invoice_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        answering("invoices_get_single_404_find_failure").client.invoice("123456789")
    assert caught.value.code == "invoice-not-found"


def test_the_recorded_expired_token_leads_to_a_renewal_and_then_to_the_end() -> None:
    fortnox = answering("customers_get_list_401_expired_token")
    with pytest.raises(ConnectionUnauthorized):
        fortnox.client.company()
    assert fortnox.wallet.renewed_for == [1]


def test_the_recorded_grant_is_read() -> None:
    grant = oauth("oauth_token_200").refresh("any")
    assert grant.expires_in_s == 3600
    assert grant.scopes == ("article", "invoice", "settings", "customer", "order", "project")


def test_the_recorded_refusals_of_the_token_endpoint_are_told_apart() -> None:
    with pytest.raises(InvalidGrant):
        oauth("oauth_token_400_invalid_refresh_token").refresh("any")
    with pytest.raises(InvalidClient):
        oauth("oauth_token_401_invalid_authorization").refresh("any")
