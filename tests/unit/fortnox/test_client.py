from __future__ import annotations

import json
import traceback
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.errors import Later, Rejected, Retryable, Unknown
from shared.fortnox import (
    AnswerUnusable,
    ConnectionUnauthorized,
    DraftRow,
    FortnoxError,
    FortnoxUnavailable,
    NotFound,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Refused,
    UnreadableDocument,
    VoucherDraft,
    VoucherListItem,
)
from tests.unit.fortnox.stand_in import NOW, SECRET, VOUCHER, Fortnox, Handler, always, listing

DRAFT = VoucherDraft("A", date(2025, 9, 22), "Programvara åäö", (DraftRow(5420, 37078), DraftRow(1910, 0, 37078)))
UNAUTHORIZED = b'{"message":"unauthorized"}'


def voucher_item(number: int, series: str = "A") -> dict[str, Any]:
    return {"VoucherNumber": number, "VoucherSeries": series, "Year": 2}


def paged(pages: list[list[dict[str, Any]]], total: int | None = None) -> Any:
    """Serve each page by its number, and the last one for any number beyond."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        items = pages[min(number, len(pages)) - 1]
        whole = sum(len(page) for page in pages) if total is None else total
        return httpx.Response(200, json=listing("Vouchers", items, total=whole, pages=len(pages)))

    return answer


# What a request looks like


def test_a_request_carries_the_token_the_year_and_lower_case_parameters() -> None:
    fortnox = Fortnox(always(200, listing("Vouchers", [])))
    filters = {"series": "A", "from_date": date(2025, 1, 1), "to_date": date(2025, 1, 31)}
    modified = datetime(2025, 2, 1, 13, 30, 59, tzinfo=UTC)
    assert list(fortnox.client.vouchers(4, last_modified=modified, **filters)) == []  # type: ignore[arg-type]
    (request,) = fortnox.requests
    assert request.headers["Authorization"] == f"Bearer {SECRET}-1"
    assert request.headers["Accept"] == "application/json"
    assert request.url.path == "/3/vouchers"
    assert dict(request.url.params) == {
        "financialyear": "4",
        "voucherseries": "A",
        "fromdate": "2025-01-01",
        "todate": "2025-01-31",
        "lastmodified": "2025-02-01 13:30",
        "limit": "500",
        "page": "1",
    }


def test_each_method_asks_for_its_own_path_and_reads_its_own_envelope() -> None:
    bodies: dict[str, Any] = {
        "/3/companyinformation": {
            "CompanyInformation": {"DatabaseNumber": 1, "CompanyName": "A", "OrganizationNumber": ""}
        },
        "/3/financialyears": listing("FinancialYears", [{"Id": 1, "FromDate": "2025-01-01", "ToDate": "2025-12-31"}]),
        "/3/accounts": listing("Accounts", [{"Number": 1510, "Year": 1, "Active": True}]),
        "/3/voucherseries": listing("VoucherSeriesCollection", [{"Code": "A", "Year": 1, "Manual": True}]),
        "/3/voucherseries/A": {"VoucherSeries": {"Code": "A", "Year": 1, "Manual": True, "NextVoucherNumber": 5}},
        "/3/predefinedaccounts": listing("PreDefinedAccounts", [{"Name": "CUSTCLAIM", "Account": 1510}]),
        "/3/settings/lockedperiod": {"LockedPeriod": {"EndDate": "2024-12-31"}},
        "/3/vouchers/A/17": {"Voucher": VOUCHER},
        "/3/supplierinvoices": listing("SupplierInvoices", []),
        "/3/invoicepayments": listing("InvoicePayments", []),
        "/3/supplierinvoicepayments": listing("SupplierInvoicePayments", []),
        "/3/invoices": listing("Invoices", []),
    }
    fortnox = Fortnox(lambda request: httpx.Response(200, json=bodies[request.url.path]))
    with fortnox.client as client:
        assert client.company().tenant_id == "1"
        assert [year.id for year in client.financial_years()] == [1]
        assert [account.number for account in client.accounts(1)] == [1510]
        assert [series.code for series in client.voucher_series(1)] == ["A"]
        assert client.voucher_series_single("A", 1).next_voucher_number == 5
        assert [predefined.account for predefined in client.predefined_accounts()] == [1510]
        assert client.locked_until() == date(2024, 12, 31)
        assert client.voucher("A", 17, 2).number == 17
        assert list(client.supplier_invoices(filter_by="unpaid")) == []
        assert list(client.invoice_payments()) == []
        assert list(client.supplier_invoice_payments()) == []
        assert list(client.invoices(filter_by="unbooked")) == []
    assert {request.url.path for request in fortnox.requests} == set(bodies)
    assert fortnox.requests[-1].url.params["filter"] == "unbooked"
    assert fortnox.calls == fortnox.turnstile.turns == len(bodies)


def test_a_series_with_a_swedish_letter_reaches_fortnox_encoded() -> None:
    fortnox = Fortnox(always(200, {"Voucher": {**VOUCHER, "VoucherSeries": "Å"}}))
    assert fortnox.client.voucher("Å", 17, 2).series == "Å"
    assert fortnox.requests[0].url.raw_path.startswith(b"/3/vouchers/%C3%85/17")


@pytest.mark.parametrize("number", ["1/email", "1%2Femail", "../me", ""])
def test_a_call_with_side_effects_is_refused_before_anything_is_sent(number: str) -> None:
    fortnox = Fortnox(always(200, {}))
    with pytest.raises(Refused) as refusal:
        fortnox.client.invoice(number)
    assert refusal.value.code == "fortnox-path-not-allowed"
    assert (fortnox.requests, fortnox.turnstile.turns) == ([], 0)


# Tokens and turns


def test_a_401_renews_once_for_the_version_that_failed_and_repeats_with_a_turn_of_its_own() -> None:
    fortnox = Fortnox(
        lambda request: (
            httpx.Response(200, json={"Voucher": VOUCHER})
            if request.headers["Authorization"].endswith("-2")
            else httpx.Response(401, content=UNAUTHORIZED)
        )
    )
    assert fortnox.client.voucher("A", 17, 2).number == 17
    assert fortnox.wallet.renewed_for == [1]
    assert fortnox.calls == fortnox.turnstile.turns == 2


def test_a_second_401_is_the_end_of_the_connection() -> None:
    fortnox = Fortnox(always(401, UNAUTHORIZED))
    with pytest.raises(ConnectionUnauthorized) as caught:
        fortnox.client.company()
    assert caught.value.code == "connection-unauthorized"
    assert (len(fortnox.requests), fortnox.wallet.renewed_for) == (2, [1])


def test_a_post_turned_away_with_401_is_posted_again_whole() -> None:
    answers = iter([httpx.Response(401, content=UNAUTHORIZED), httpx.Response(201, json={"Voucher": VOUCHER})])
    fortnox = Fortnox(lambda _request: next(answers))
    assert fortnox.client.post_voucher(DRAFT, 2).key == ("A", 17, 2)
    assert fortnox.requests[0].content == fortnox.requests[1].content


def test_without_a_turn_nothing_is_sent() -> None:
    fortnox = Fortnox(always(200, {}))
    fortnox.turnstile.shut_until = NOW + timedelta(seconds=3)
    with pytest.raises(Later) as caught:
        fortnox.client.post_voucher(DRAFT, 2)
    assert caught.value.until == fortnox.turnstile.shut_until
    assert (fortnox.requests, fortnox.calls) == ([], 0)


def test_a_429_pauses_the_tenant_for_everybody() -> None:
    fortnox = Fortnox(always(429, b"", **{"Retry-After": "9"}))
    with pytest.raises(RateLimited) as caught:
        fortnox.client.post_voucher(DRAFT, 2)
    assert fortnox.turnstile.paused_until == [caught.value.until] == [NOW + timedelta(seconds=9)]
    assert len(fortnox.requests) == 1


# Lists


def test_a_list_is_read_to_its_end_and_each_record_comes_once() -> None:
    pages = [[voucher_item(n) for n in range(1, 501)], [voucher_item(n) for n in range(500, 700)]]
    fortnox = Fortnox(paged(pages, total=699))
    assert [item.number for item in fortnox.client.vouchers(2)] == list(range(1, 700))
    assert len(fortnox.requests) == 2


def test_a_server_with_smaller_pages_than_asked_for_is_read_to_its_end_all_the_same() -> None:
    pages = [[voucher_item(n) for n in range(start, start + 100)] for start in (1, 101, 201)]
    fortnox = Fortnox(paged(pages))
    assert len(list(fortnox.client.vouchers(2))) == 300


def test_a_list_that_ignores_the_page_ends_instead_of_running_for_ever() -> None:
    body = listing("Vouchers", [voucher_item(n) for n in range(1, 4)], pages=9)
    fortnox = Fortnox(always(200, body))
    assert len(list(fortnox.client.vouchers(2))) == 3
    assert len(fortnox.requests) == 2


def test_a_list_without_totals_ends_at_a_short_page() -> None:
    pages = [[voucher_item(n) for n in range(1, 501)], [voucher_item(501)]]
    fortnox = Fortnox(lambda r: httpx.Response(200, json={"Vouchers": pages[int(r.url.params["page"]) - 1]}))
    assert len(list(fortnox.client.vouchers(2))) == 501


@pytest.mark.parametrize("pages", [0, 1])
def test_an_empty_list_is_empty(pages: int) -> None:
    fortnox = Fortnox(always(200, listing("Vouchers", [], pages=pages)))
    assert list(fortnox.client.vouchers(2)) == []
    assert len(fortnox.requests) == 1


def test_a_record_that_slipped_between_two_pages_is_an_error_and_not_a_shorter_list() -> None:
    # One of the first 500 is deleted while the first page is on its way: the second page starts one record too late.
    pages = [[voucher_item(n) for n in range(1, 501)], [voucher_item(n) for n in range(502, 601)]]
    fortnox = Fortnox(paged(pages, total=600))
    read: list[VoucherListItem] = []
    with pytest.raises(AnswerUnusable) as caught:
        read.extend(fortnox.client.vouchers(2))
    assert caught.value.code == "fortnox-listing-moved"
    assert "599 of 600" in caught.value.reason


def payment_pages(pages: list[list[dict[str, Any]]], totals: list[int]) -> Handler:
    """Answer pages that say which they are; `totals` is what each of them promises."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        body = listing("InvoicePayments", pages[number - 1], total=totals[number - 1], pages=len(pages))
        body["MetaInformation"]["@CurrentPage"] = number
        return httpx.Response(200, json=body)

    return answer


def payment_item(number: int) -> dict[str, Any]:
    return {
        "Amount": 100,
        "Booked": True,
        "Currency": "SEK",
        "CurrencyRate": 1,
        "CurrencyUnit": 1,
        "InvoiceNumber": 105,
        "Number": number,
        "PaymentDate": "2026-01-15",
    }


def test_namesakes_alike_word_for_word_on_several_pages_are_no_list_that_moved() -> None:
    pages = [[payment_item(9)] * 500, [payment_item(9)] * 500, [payment_item(9), payment_item(10)]]
    fortnox = Fortnox(payment_pages(pages, [1002] * 3))
    numbers = [payment.number for payment in fortnox.client.invoice_payments()]
    assert numbers == ["9"] * 500 + ["10"]
    assert len(fortnox.requests) == 3


def test_a_namesake_seen_again_because_the_list_moved_hides_none_that_slipped() -> None:
    # A new payment pushes the list down behind the first page, and one deleted before the third pulls it up again.
    every = [payment_item(number) for number in range(1, 1502)]
    pages = [every[:500], every[499:999], every[1000:]]
    fortnox = Fortnox(payment_pages(pages, [1501, 1502, 1501]))
    with pytest.raises(AnswerUnusable, match="1500 of 1501"):
        list(fortnox.client.invoice_payments())


def test_a_document_that_does_not_parse_ends_the_list_unless_somebody_takes_it() -> None:
    body = listing("Vouchers", [voucher_item(1), {**voucher_item(2), "TransactionDate": "igår"}, voucher_item(3)])
    with pytest.raises(UnreadableDocument, match="voucher A/2/2: TransactionDate"):
        list(Fortnox(always(200, body)).client.vouchers(2))
    taken: list[UnreadableDocument] = []
    fortnox = Fortnox(always(200, body), on_unreadable=taken.append)
    assert [item.number for item in fortnox.client.vouchers(2)] == [1, 3]
    assert [(error.document, error.field_name) for error in taken] == [("voucher A/2/2", "TransactionDate")]


def test_items_that_are_no_documents_are_taken_too() -> None:
    taken: list[UnreadableDocument] = []
    body: dict[str, Any] = {"Vouchers": [None, [], {"VoucherSeries": {}}, voucher_item(1)]}
    fortnox = Fortnox(always(200, body), on_unreadable=taken.append)
    assert [item.number for item in fortnox.client.vouchers(2)] == [1]
    assert len(taken) == 3


def test_a_series_found_by_substring_only_is_left_out() -> None:
    body = listing("Vouchers", [voucher_item(1, "A"), voucher_item(1, "AB")])
    assert [item.series for item in Fortnox(always(200, body)).client.vouchers(2, series="A")] == ["A"]


# SIE


def test_a_sie_file_comes_as_raw_bytes() -> None:
    raw = '#FLAGGA 0\r\n#FNAMN "Åkeri"\r\n'.encode("cp437")
    fortnox = Fortnox(always(200, raw))
    assert fortnox.client.sie(4) == raw
    assert str(fortnox.requests[0].url) == "https://fortnox.test/3/sie/4?financialyear=4"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<html>Maintenance</html>", FortnoxUnavailable, "fortnox-answer-html"),
        (b"", AnswerUnusable, "fortnox-answer-empty"),
        (b"{}", AnswerUnusable, "fortnox-answer-unreadable"),
        (b"\xff\xfe", AnswerUnusable, "fortnox-answer-unreadable"),
    ],
)
def test_anything_else_than_a_sie_file_is_an_error(body: bytes, kind: type[FortnoxError], code: str) -> None:
    with pytest.raises(kind) as caught:
        Fortnox(always(200, body)).client.sie(4)
    assert caught.value.code == code


def test_the_vouchers_of_a_year_are_counted_in_one_call() -> None:
    fortnox = Fortnox(always(200, {"MetaInformation": {"@TotalResources": 2107}, "Vouchers": [{}]}))
    assert fortnox.client.count_vouchers(4) == 2107
    assert str(fortnox.requests[0].url) == "https://fortnox.test/3/vouchers?financialyear=4&limit=1"
    with pytest.raises(AnswerUnusable):
        Fortnox(always(200, {"Vouchers": []})).client.count_vouchers(4)


def test_an_answer_beyond_its_limit_is_abandoned() -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1
            yield b"#" * 1_000_000

    with pytest.raises(Refused) as caught:
        Fortnox(lambda _request: httpx.Response(200, content=endless())).client.company()
    assert caught.value.code == "fortnox-answer-too-large"
    assert sent == 33


# Posting


def test_a_voucher_is_posted_once_and_comes_back_as_booked() -> None:
    fortnox = Fortnox(always(201, {"Voucher": VOUCHER}))
    booked = fortnox.client.post_voucher(DRAFT, 2)
    assert (booked.series, booked.number, booked.year) == ("A", 17, 2)
    (request,) = fortnox.requests
    assert (request.method, str(request.url)) == ("POST", "https://fortnox.test/3/vouchers?financialyear=2")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == DRAFT.payload()
    assert "åäö".encode() in request.content


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(500, json={"ErrorInformation": {"code": 1000003, "message": "System exception"}}),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(302, headers={"Location": "/elsewhere"}),
        httpx.Response(201, content=b"<html>"),
        httpx.Response(201, content=b""),
        httpx.Response(201, json={"Voucher": None}),
        httpx.Response(201, json={"Voucher": {**VOUCHER, "VoucherNumber": None}}),
        httpx.Response(201, content=b" " * 33_000_000),
    ],
)
def test_a_post_without_a_readable_verdict_is_unknown_and_never_repeated(answer: httpx.Response | Exception) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    fortnox = Fortnox(reply)
    with pytest.raises(OutcomeUnknown) as caught:
        fortnox.client.post_voucher(DRAFT, 2)
    assert isinstance(caught.value, Unknown)
    assert len(fortnox.requests) == 1


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_post_that_never_left_may_be_sent_again(kind: type[httpx.TransportError]) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise kind("no route")

    with pytest.raises(FortnoxUnavailable):
        Fortnox(fail).client.post_voucher(DRAFT, 2)


def test_a_refused_voucher_says_why_in_the_words_of_fortnox() -> None:
    body = {"ErrorInformation": {"error": 1, "message": "Verifikationsserien är inte manuell (F).", "code": 2999001}}
    with pytest.raises(Rejected, match="Verifikationsserien är inte manuell"):
        Fortnox(always(400, body)).client.post_voucher(DRAFT, 2)


# Errors of reads


def test_a_missing_voucher_is_not_found_and_a_missing_scope_is_named() -> None:
    with pytest.raises(NotFound):
        Fortnox(always(404, {"ErrorInformation": {"Code": 2999002, "Message": "?"}})).client.voucher("A", 1, 2)
    missing = {"ErrorInformation": {"Error": 1, "Message": "Har inte behörighet för scope", "Code": 2000663}}
    with pytest.raises(PermissionMissing, match="needs scope payment"):
        list(Fortnox(always(400, missing)).client.invoice_payments())


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"Other": 1}', b'{"CompanyInformation": NaN}', b"[" * 100_000]
)
def test_a_success_without_the_content_is_retryable_for_a_read(body: bytes) -> None:
    with pytest.raises((FortnoxUnavailable, AnswerUnusable)) as caught:
        Fortnox(always(200, body)).client.company()
    assert isinstance(caught.value, Retryable)
    assert caught.value.code in {"fortnox-answer-unreadable", "fortnox-answer-empty", "fortnox-answer-html"}


def test_a_redirect_is_not_followed() -> None:
    fortnox = Fortnox(always(302, b"", Location="https://elsewhere.test/"))
    with pytest.raises(FortnoxUnavailable):
        fortnox.client.company()
    assert [request.url.host for request in fortnox.requests] == ["fortnox.test"]


def test_no_token_appears_in_a_repr_an_error_or_its_traceback() -> None:
    def quoting(request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value {request.headers['Authorization']!r}")

    fortnox = Fortnox(quoting)
    with pytest.raises(FortnoxUnavailable) as caught:
        fortnox.client.company()
    shown = f"{caught.value!r} {fortnox.client!r} {fortnox.wallet.current()!r}"
    assert SECRET not in shown + "".join(traceback.format_exception(caught.value))
