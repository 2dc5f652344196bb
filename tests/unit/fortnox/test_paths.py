from __future__ import annotations

import pytest

from shared.fortnox import Refused
from shared.fortnox.paths import ENDPOINTS, SCOPES, allowed_endpoint


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/3/invoices/1/email"),
        ("GET", "/3/invoices/1/print"),
        ("GET", "/3/invoices/1/einvoice"),
        ("GET", "/3/invoices/1/eprint"),
        ("GET", "/3/invoices/1/printreminder"),
        ("GET", "/3/invoices/1%2Femail"),
        ("GET", "/3/invoices/1%2femail"),
        ("GET", "/3/invoices/1?x=/email"),
        ("GET", "/3/invoices/../invoices/1/email"),
        ("GET", "/3/vouchers/../1"),
        ("GET", "/3/vouchers/A%2F1/1"),
        ("GET", "/3/vouchers/A/1/x"),
        ("GET", "/3/vouchers/A/1\n"),
        ("GET", "/3/sie/5"),
        ("GET", "/3/me"),
        ("PUT", "/3/invoices/1/bookkeep"),
        ("DELETE", "/3/vouchers/A/1"),
        ("POST", "/3/invoices"),
        ("POST", "/3/vouchers/A/1"),
        ("GET", "/3/inbox/inbox_s"),
        ("DELETE", "/3/archive/d2"),
        ("GET", "/3/archive/a/b"),
        ("get", "/3/vouchers"),
    ],
)
def test_a_call_that_is_not_on_the_list_is_refused(method: str, path: str) -> None:
    with pytest.raises(Refused) as refusal:
        allowed_endpoint(method, path)
    assert refusal.value.code == "fortnox-path-not-allowed"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/3/vouchers/A/17", "bookkeeping"),
        ("GET", "/3/vouchers/%C3%85/17", "bookkeeping"),
        ("POST", "/3/vouchers", "bookkeeping"),
        ("GET", "/3/sie/4", "bookkeeping"),
        ("GET", "/3/settings/lockedperiod", "settings"),
        ("GET", "/3/invoicepayments/9", "payment"),
        ("GET", "/3/archive/8a1f-02", "archive"),
        ("POST", "/3/inbox", "inbox"),
    ],
)
def test_a_call_on_the_list_tells_its_scope(method: str, path: str, scope: str) -> None:
    assert allowed_endpoint(method, path).scope == scope


def test_the_only_writes_are_the_voucher_and_its_files() -> None:
    writes = [endpoint.path for endpoint in ENDPOINTS if endpoint.method != "GET"]
    assert writes == ["/3/vouchers", "/3/inbox", "/3/voucherfileconnections"]


def test_the_scopes_to_ask_for_are_those_of_the_list() -> None:
    assert SCOPES == (
        "archive",
        "bookkeeping",
        "companyinformation",
        "connectfile",
        "costcenter",
        "inbox",
        "invoice",
        "payment",
        "project",
        "settings",
        "supplierinvoice",
    )
