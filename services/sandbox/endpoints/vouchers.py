"""Vouchers: lists without rows, the single with them, and posting. There is no PUT, and no DELETE either."""

from __future__ import annotations

from services.sandbox.call import Call, endpoint
from services.sandbox.clock import STOCKHOLM
from services.sandbox.company import Voucher, VoucherKey
from services.sandbox.endpoints.voucher_rules import read_voucher
from services.sandbox.errors import bad_filter, placeholder
from services.sandbox.lists import listing, ordered
from services.sandbox.records.ledger import voucher_item, voucher_single
from services.sandbox.wire import Answer, created, json_answer


def vouchers(call: Call) -> Answer:
    """Of the year asked for, else of the preselected one; sorted by series, then number."""
    year_id, since = call.year_id(), call.since()
    first, last = call.day("fromdate"), call.day("todate")
    series = call.args.get("series") or call.query.get("voucherseries")
    center = call.query.get("costcenter")
    if "filter" in call.query:
        raise bad_filter()
    found = [
        voucher
        for voucher in call.company.vouchers.values()
        if voucher.year == year_id
        and (series is None or voucher.series == series)
        and (first is None or voucher.date >= first)
        and (last is None or voucher.date <= last)
        and (since is None or voucher.modified >= since)
        and (center is None or any(row.cost_center == center for row in voucher.rows))
    ]
    keys = {"transactiondate": lambda voucher: (voucher.date, *_key(voucher)), "vouchernumber": _key}
    return listing(call, "Vouchers", ordered(call, found, keys, _key), voucher_item)


def voucher(call: Call) -> Answer:
    number = call.args["number"]
    key = (call.year_id(), call.args["series"], int(number) if number.isdecimal() else 0)
    found = call.company.vouchers.get(key)
    if found is None:
        raise placeholder("voucher_not_found", status=404)
    return json_answer({"Voucher": voucher_single(call.company, found)})


def post(call: Call) -> Answer:
    """Book a voucher in the year of `financialyear`, else in the preselected one; its number is the next of the series."""
    draft = read_voucher(call.company, call.year_id(), call.body)
    booked = Voucher(
        year=draft.year,
        series=draft.series,
        number=call.company.next_voucher_number(draft.year, draft.series),
        date=draft.date,
        description=draft.description,
        comments=draft.comments,
        rows=draft.rows,
        registered=call.now.astimezone(STOCKHOLM).date(),
        modified=call.now,
    )
    call.company.vouchers[booked.key] = booked
    return created({"Voucher": voucher_single(call.company, booked)}, location="vouchers")


def _key(voucher: Voucher) -> VoucherKey:
    return voucher.key


FILTERS = ("fromdate", "todate", "voucherseries", "costcenter")

ENDPOINTS = [
    endpoint("GET", "vouchers", "bookkeeping", vouchers, *FILTERS, listing=True),
    endpoint("GET", "vouchers/sublist", "bookkeeping", vouchers, *FILTERS, listing=True),
    endpoint("GET", "vouchers/sublist/{series}", "bookkeeping", vouchers, *FILTERS, listing=True),
    endpoint("GET", "vouchers/{series}/{number}", "bookkeeping", voucher),
    endpoint("POST", "vouchers", "bookkeeping", post),
]
