"""SIE export: the bulk route to a ledger."""

from __future__ import annotations

from services.sandbox.call import Call, endpoint
from services.sandbox.clock import STOCKHOLM
from services.sandbox.errors import placeholder
from services.sandbox.sie_writer import write_sie
from services.sandbox.wire import Answer, binary_answer

TYPES = ("1", "2", "3", "4")


def export(call: Call) -> Answer:
    """Answer the raw bytes of one year, in code page 437; `exportall` is known and changes nothing here."""
    if call.args["type"] not in TYPES:
        raise placeholder("no_such_resource", status=404)
    served = call.tenant.sie_files.get(call.year_id())
    if served is not None:
        return binary_answer(served)
    content = write_sie(
        call.company,
        call.year_id(),
        int(call.args["type"]),
        generated=call.now.astimezone(STOCKHOLM).date(),
        from_date=call.day("fromdate"),
        to_date=call.day("todate"),
        selection=_selection(call.query.get("selection")),
    )
    if call.state.switches.sie_utf8:
        content = content.decode("cp437").encode("utf-8")
    return binary_answer(content)


def _selection(text: str | None) -> list[tuple[str, int, int]] | None:
    """`A,20,24;B,5,9`: series, first and last number; an interval without both ends is refused."""
    if text is None:
        return None
    intervals = []
    for part in text.split(";"):
        series, *ends = part.split(",")
        if not series or len(ends) != 2 or not all(end.isdecimal() for end in ends):
            raise placeholder("bad_sie")
        intervals.append((series, int(ends[0]), int(ends[1])))
    return intervals


ENDPOINTS = [
    endpoint("GET", "sie/{type}", "bookkeeping", export, "fromdate", "todate", "exportall", "selection"),
]
