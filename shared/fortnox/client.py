"""The Fortnox client: one tenant, one exchange at a time, every outcome in one of the four families."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx

from shared.clock import Clock
from shared.fortnox.answers import Answer, AnswerTooLargeError, exchange
from shared.fortnox.auth import FortnoxAuth
from shared.fortnox.drafts import FileDraft, VoucherDraft
from shared.fortnox.errors import (
    RateLimited,
    Refused,
    UnreadableDocument,
    answer_too_large,
    error_from_response,
    error_from_transport,
    failed_on_the_way,
    unreadable_answer,
)
from shared.fortnox.paging import PAGE_LIMIT, OnUnreadable, Page, read_listing
from shared.fortnox.paths import allowed_endpoint
from shared.fortnox.protocols import Pacer, Tokens
from shared.fortnox.records import (
    Account,
    CompanyInformation,
    CostCenter,
    FinancialYear,
    InboxFile,
    Invoice,
    InvoiceListItem,
    InvoicePayment,
    InvoicePaymentListItem,
    LockedPeriod,
    PredefinedAccount,
    Project,
    Record,
    SupplierInvoice,
    SupplierInvoiceListItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentListItem,
    Voucher,
    VoucherFileConnection,
    VoucherKey,
    VoucherListItem,
    VoucherSeries,
)
from shared.fortnox.tls import tls_context
from shared.observability.metrics import FORTNOX_SECONDS

# A full page of the widest record is under half a megabyte; beyond the limit something else is being sent.
_MAX_JSON_BYTES = 32_000_000
# 27 years of one company were 12 MB; the same limit as for a file that is uploaded.
_MAX_SIE_BYTES = 100_000_000
# A file that was sent has at most ten million bytes; one that a person connected may have more and is none of ours.
_MAX_FILE_BYTES = 20_000_000

_FOLDER = "inbox_v"  # one of the fixed names that Fortnox gives its folders

_TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=10.0, pool=5.0)
# The timeout of writing bounds each chunk; a file has many, and somebody may be waiting to look for it.
_UPLOAD_S = 60.0

InvoiceFilter = Literal["cancelled", "fullypaid", "unpaid", "unpaidoverdue", "unbooked"]
SupplierInvoiceFilter = Literal[
    "cancelled", "fullypaid", "unpaid", "unpaidoverdue", "unbooked", "pendingpayment", "authorizepending"
]
SubledgerListing = Literal["invoices", "supplierinvoices", "invoicepayments", "supplierinvoicepayments"]
Parameters = Mapping[str, str | int | None]
R = TypeVar("R", bound=Record)


class FortnoxClient:
    """Reads and posts in one Fortnox company.

    `base_url` is the address without /3, for example https://api.fortnox.se. Nothing is retried here, except once after
    a renewed token: whoever calls knows when to come back. Every method may raise FortnoxUnavailable, AnswerUnusable,
    RateLimited, Refused and its kinds, and what `tokens` and `pacer` raise; only `post_voucher`, `upload_file` and
    `connect_file` may raise OutcomeUnknown.

    `on_request` is called for every request that leaves. `on_unreadable` receives the documents of a list that do not
    parse, so that the rest can be read; without it the first of them ends the list. Not for use by several threads.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tokens: Tokens,
        pacer: Pacer,
        clock: Clock,
        on_request: Callable[[], object] | None = None,
        on_unreadable: OnUnreadable | None = None,
        timeout: httpx.Timeout = _TIMEOUT,
        upload_s: float = _UPLOAD_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._pacer = pacer
        self._clock = clock
        self._on_request = on_request
        self._on_unreadable = on_unreadable
        self._upload_s = upload_s
        self._http = httpx.Client(
            base_url=base_url,
            auth=FortnoxAuth(tokens),
            # Even for files: any other Accept is refused with code 1000030.
            headers={"Accept": "application/json"},
            timeout=timeout,
            follow_redirects=False,
            verify=tls_context(),
            event_hooks={"request": [self._before_sending], "response": [self._note_time]},
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # Company and chart

    def company(self) -> CompanyInformation:
        return self._single(CompanyInformation, "/3/companyinformation", "CompanyInformation")

    def financial_years(self) -> Iterator[FinancialYear]:
        return self._list(FinancialYear, "/3/financialyears", "FinancialYears")

    def accounts(self, year_id: int) -> Iterator[Account]:
        return self._list(Account, "/3/accounts", "Accounts", {"financialyear": year_id})

    def voucher_series(self, year_id: int) -> Iterator[VoucherSeries]:
        return self._list(VoucherSeries, "/3/voucherseries", "VoucherSeriesCollection", {"financialyear": year_id})

    def voucher_series_single(self, code: str, year_id: int) -> VoucherSeries:
        """Return one series with its next voucher number; raises NotFound."""
        path = f"/3/voucherseries/{_segment(code)}"
        return self._single(VoucherSeries, path, "VoucherSeries", {"financialyear": year_id})

    def cost_centers(self) -> Iterator[CostCenter]:
        return self._list(CostCenter, "/3/costcenters", "CostCenters")

    def projects(self) -> Iterator[Project]:
        return self._list(Project, "/3/projects", "Projects")

    def predefined_accounts(self) -> Iterator[PredefinedAccount]:
        return self._list(PredefinedAccount, "/3/predefinedaccounts", "PreDefinedAccounts")

    def locked_until(self) -> date | None:
        """Return the last locked day, None when nothing is locked."""
        return self._single(LockedPeriod, "/3/settings/lockedperiod", "LockedPeriod").end_date

    # Ledger

    def sie(self, year_id: int, sie_type: Literal[1, 2, 3, 4] = 4) -> bytes:
        """Return the SIE file of one year as raw bytes: mostly code page 437, so no text is made of it here."""
        answer = self._call("GET", f"/3/sie/{sie_type}", {"financialyear": year_id}, max_bytes=_MAX_SIE_BYTES)
        if not answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"#":
            raise unreadable_answer("GET", answer, "something that is no SIE file")
        return answer.body

    def vouchers(
        self,
        year_id: int,
        *,
        series: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        last_modified: datetime | None = None,
    ) -> Iterator[VoucherListItem]:
        """Yield the vouchers of one year without rows; deleted ones are in no list, whatever `last_modified`."""
        listed = self._list(
            VoucherListItem,
            "/3/vouchers",
            "Vouchers",
            {
                "financialyear": year_id,
                "voucherseries": series,
                "fromdate": _day(from_date),
                "todate": _day(to_date),
                "lastmodified": _minute(last_modified),
            },
        )
        # Fortnox searches by substring, so series A could bring AB along.
        return (item for item in listed if series is None or item.series == series)

    def count_vouchers(self, year_id: int) -> int:
        """Return how many vouchers the year has, in one call: a page of one item tells the number of all."""
        answer = self._call("GET", "/3/vouchers", {"financialyear": year_id, "limit": 1})
        counted = _count(_totals(answer).get("@TotalResources"))
        if counted is None:
            raise unreadable_answer("GET", answer, "no number of vouchers")
        return counted

    def voucher(self, series: str, number: int, year_id: int) -> Voucher:
        """Return one voucher with its rows; raises NotFound."""
        path = f"/3/vouchers/{_segment(series)}/{number}"
        return self._single(Voucher, path, "Voucher", {"financialyear": year_id})

    def post_voucher(self, draft: VoucherDraft, year_id: int) -> Voucher:
        """Post a voucher once, and return it as Fortnox booked it.

        Raises OutcomeUnknown when it may have been booked without our learning its number; every other error proves
        that nothing was booked. Without the year Fortnox would take the one that its user last looked at.
        """
        answer = self._call("POST", "/3/vouchers", {"financialyear": year_id}, draft.payload())
        return self._booked(Voucher, answer, "Voucher")

    # Files of vouchers

    def inbox_files(self) -> list[InboxFile]:
        """Return the files that lie in the inbox' folder for vouchers; what hangs on a voucher has left it."""
        content = self._content("GET", self._call("GET", f"/3/inbox/{_FOLDER}"), "Folder", dict)
        return [InboxFile.read(file) for file in content.get("Files") or []]

    def upload_file(self, draft: FileDraft) -> InboxFile:
        """Put a file into the inbox' folder for vouchers, once.

        Raises OutcomeUnknown when it may lie there without our learning its id; every other error proves that it does
        not.
        """
        answer = self._call("POST", "/3/inbox", {"folderid": _FOLDER}, file=draft)
        return self._booked(InboxFile, answer, "File")

    def file_connections(self) -> Iterator[VoucherFileConnection]:
        """Yield what hangs on any voucher of any year: Fortnox has no filter for it."""
        return self._list(VoucherFileConnection, "/3/voucherfileconnections", "VoucherFileConnections")

    def file_connection(self, file_id: str) -> VoucherFileConnection | None:
        """Return on which voucher the file hangs, None when on none."""
        path = f"/3/voucherfileconnections/{_segment(file_id)}"
        try:
            return self._single(VoucherFileConnection, path, "VoucherFileConnection")
        except Refused as refusal:
            if refusal.code == "file-not-found":
                return None
            raise

    def connect_file(self, file_id: str, key: VoucherKey) -> VoucherFileConnection:
        """Hang a file of the inbox on a voucher, once; raises OutcomeUnknown as `upload_file` does."""
        connection = {"FileId": file_id, "VoucherSeries": key.series, "VoucherNumber": str(key.number)}
        body = {"VoucherFileConnection": connection}
        answer = self._call("POST", "/3/voucherfileconnections", {"financialyear": key.year_id}, body)
        return self._booked(VoucherFileConnection, answer, "VoucherFileConnection")

    def stored_file(self, file_id: str) -> bytes:
        """Return what is in a file that hangs on a voucher; raises Refused "file-not-found"."""
        return self._call("GET", f"/3/archive/{_segment(file_id)}", max_bytes=_MAX_FILE_BYTES).body

    # Sub-ledgers

    def invoices(
        self,
        *,
        filter_by: InvoiceFilter | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        last_modified: datetime | None = None,
    ) -> Iterator[InvoiceListItem]:
        """Yield customer invoices; the dates bound the invoice date."""
        parameters: Parameters = {
            "filter": filter_by,
            "fromdate": _day(from_date),
            "todate": _day(to_date),
            "lastmodified": _minute(last_modified),
        }
        return self._list(InvoiceListItem, "/3/invoices", "Invoices", parameters)

    def invoice(self, document_number: str) -> Invoice:
        """Return one invoice with its credit flag; raises NotFound."""
        return self._single(Invoice, f"/3/invoices/{_segment(document_number)}", "Invoice")

    def supplier_invoices(
        self, *, filter_by: SupplierInvoiceFilter | None = None, last_modified: datetime | None = None
    ) -> Iterator[SupplierInvoiceListItem]:
        parameters: Parameters = {"filter": filter_by, "lastmodified": _minute(last_modified)}
        return self._list(SupplierInvoiceListItem, "/3/supplierinvoices", "SupplierInvoices", parameters)

    def supplier_invoice(self, given_number: str) -> SupplierInvoice:
        path = f"/3/supplierinvoices/{_segment(given_number)}"
        return self._single(SupplierInvoice, path, "SupplierInvoice")

    def invoice_payments(self, *, last_modified: datetime | None = None) -> Iterator[InvoicePaymentListItem]:
        parameters: Parameters = {"lastmodified": _minute(last_modified)}
        return self._list(InvoicePaymentListItem, "/3/invoicepayments", "InvoicePayments", parameters)

    def invoice_payment(self, number: str) -> InvoicePayment:
        """Return one payment with voucher and write-offs, which the list leaves out."""
        return self._single(InvoicePayment, f"/3/invoicepayments/{_segment(number)}", "InvoicePayment")

    def supplier_invoice_payments(
        self, *, last_modified: datetime | None = None
    ) -> Iterator[SupplierInvoicePaymentListItem]:
        parameters: Parameters = {"lastmodified": _minute(last_modified)}
        return self._list(
            SupplierInvoicePaymentListItem, "/3/supplierinvoicepayments", "SupplierInvoicePayments", parameters
        )

    def supplier_invoice_payment(self, number: str) -> SupplierInvoicePayment:
        """Return one payment with voucher and write-offs, which the list leaves out."""
        path = f"/3/supplierinvoicepayments/{_segment(number)}"
        return self._single(SupplierInvoicePayment, path, "SupplierInvoicePayment")

    def count(self, listing: SubledgerListing, filter_by: Literal["unpaid"] | None = None) -> int | None:
        """Return how many records a list holds, with one small call; None when Fortnox does not say."""
        answer = self._call("GET", f"/3/{listing}", {"limit": 1, "filter": filter_by})
        return _count(_totals(answer).get("@TotalResources"))

    # One exchange

    def _list(self, record: type[R], path: str, envelope: str, parameters: Parameters | None = None) -> Iterator[R]:
        def fetch(number: int) -> Page:
            answer = self._call("GET", path, {**(parameters or {}), "limit": PAGE_LIMIT, "page": number})
            items = self._content("GET", answer, envelope, list)
            totals = _totals(answer)
            counts = (_count(totals.get(name)) for name in ("@TotalResources", "@TotalPages", "@CurrentPage"))
            return Page(items, *counts)

        return read_listing(fetch, record, self._on_unreadable)

    def _single(self, record: type[R], path: str, envelope: str, parameters: Parameters | None = None) -> R:
        return record.read(self._content("GET", self._call("GET", path, parameters), envelope, dict))

    def _booked(self, record: type[R], answer: Answer, envelope: str) -> R:
        """Read what a POST has made; when that cannot be read, it may be there all the same."""
        content = self._content("POST", answer, envelope, dict)
        try:
            return record.read(content)
        except UnreadableDocument as unreadable:
            raise failed_on_the_way("fortnox-answer-unreadable", unreadable.reason, repeatable=False) from None

    def _content(self, method: str, answer: Answer, envelope: str, shape: type) -> Any:
        content = (answer.json_object() or {}).get(envelope)
        if not isinstance(content, shape):
            raise unreadable_answer(method, answer, f"no {envelope}")
        return content

    def _call(
        self,
        method: Literal["GET", "POST"],
        path: str,
        parameters: Parameters | None = None,
        body: dict[str, Any] | None = None,
        *,
        file: FileDraft | None = None,
        max_bytes: int = _MAX_JSON_BYTES,
    ) -> Answer:
        endpoint = allowed_endpoint(method, path)
        request = self._http.build_request(
            method,
            path,
            params={name: value for name, value in (parameters or {}).items() if value is not None},
            content=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
            files=None
            if file is None
            else {"file": (file.name, _InTime(file.content, self._upload_s), file.media_type)},
            headers=None if body is None else {"Content-Type": "application/json"},
        )
        try:
            answer = exchange(self._http, request, max_bytes=max_bytes)
        except AnswerTooLargeError:
            raise answer_too_large(method, max_bytes) from None
        except httpx.RequestError as exc:
            # From None: the text of a protocol error can quote the Authorization header.
            raise error_from_transport(method, exc) from None
        if answer.is_success:
            return answer
        error = error_from_response(method, answer, now=self._clock.now(), scope=endpoint.scope)
        if isinstance(error, RateLimited):
            self._pacer.pause_until(error.until)
        raise error

    def _before_sending(self, request: httpx.Request) -> None:
        # A hook, so that the repeat after a renewed token takes its turn too.
        self._pacer.take_turn()
        if self._on_request is not None:
            self._on_request()
        request.extensions["sent_at_s"] = monotonic()

    def _note_time(self, response: httpx.Response) -> None:
        """Measure until the answer begins, without the wait for a turn."""
        request = response.request
        operation = allowed_endpoint(request.method, request.url.raw_path.partition(b"?")[0].decode())
        seconds = monotonic() - request.extensions["sent_at_s"]
        FORTNOX_SECONDS.labels(f"{operation.method} {operation.path}", str(response.status_code)).observe(seconds)


class _InTime(io.BytesIO):
    """A file's bytes that can no longer be had some seconds after their sending began, so that it ends."""

    def __init__(self, content: bytes, seconds: float) -> None:
        super().__init__(content)
        self._seconds = seconds
        self._began_s = 0.0

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            self._began_s = monotonic()
        elif monotonic() - self._began_s > self._seconds:
            raise httpx.WriteTimeout("the file took too long")
        return super().read(size)


def _segment(value: str) -> str:
    return quote(value, safe="")


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _minute(value: datetime | None) -> str | None:
    # In which zone Fortnox reads this is not documented. UTC is never ahead of Stockholm, so it asks for an hour or two
    # too much rather than too little.
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _totals(answer: Answer) -> dict[str, Any]:
    meta = (answer.json_object() or {}).get("MetaInformation")
    return meta if isinstance(meta, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
