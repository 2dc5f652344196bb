"""Which of the differences that an import makes are vouchers exported from here: no change of the client's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from shared.adjustments.booked import is_as_posted
from shared.adjustments.recognition import booked_in, exported_vouchers, number_of, our_numbers, posted_as
from shared.ledger.differences import Between, VoucherDifference
from shared.store.adjustments import ExportVoucher
from shared.store.engagements import Engagement
from shared.store.ledger import VoucherFact


@dataclass(frozen=True)
class Ours:
    """Whose voucher it is: "V1"; `reverses` names the voucher that it takes back, "A 12".

    `as_posted` says whether it is now what was posted, None where it is gone or nobody knows what that was.
    """

    adjustment: str
    reverses: str | None
    as_posted: bool | None


def ours_among(session: Session, pair: Between, vouchers: Sequence[VoucherDifference]) -> list[Ours | None]:
    """Return of each difference whose voucher it is, None where the voucher is not ours."""
    years = _own_years(session, pair)
    # The oldest first, so that the newest keeps a number that Fortnox has given twice.
    known = {number_of(voucher): voucher for voucher in reversed(exported_vouchers(session, pair.engagement_id))}
    return [
        _ours(known[key], found)
        if (key := (found.series, found.number)) in known and found.year_from in years
        else None
        for found in vouchers
    ]


def count_ours(session: Session, pair: Between) -> int:
    """Return how many of the differing vouchers are ours."""
    ours = our_numbers(pair.engagement_id)
    differing = (
        select(VoucherFact.year_from, VoucherFact.series, VoucherFact.number)
        .join(ours, and_(VoucherFact.series == ours.c.series, VoucherFact.number == ours.c.number))
        .where(pair.seen_first | pair.seen_gone, VoucherFact.year_from.in_(_own_years(session, pair)))
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(differing.subquery())) or 0


def _own_years(session: Session, pair: Between) -> list[date]:
    """Return when the engagement's own year begins, before and after: adjustments are dated in no other."""
    year_end = session.get_one(Engagement, pair.engagement_id).year_end
    return [year.from_date for year in pair.years if year.to_date == year_end and year.state != "added"]


def _ours(voucher: ExportVoucher, found: VoucherDifference) -> Ours:
    posted, after = posted_as(voucher), found.after
    return Ours(
        adjustment=f"{voucher.adjustment.kind}{voucher.adjustment.number}",
        reverses=" ".join(number_of(voucher.reverses)) if voucher.reverses else None,
        as_posted=is_as_posted(posted, booked_in(after.date, after.text, after.rows)) if posted and after else None,
    )
