"""Looking into Fortnox for a voucher of ours."""

from __future__ import annotations

from datetime import date

from services.exporter.reconcile import Doubt, compare, sight
from shared.adjustments import AdjustmentContent, markers_in
from shared.fortnox import FortnoxClient, NotFound, UnreadableDocument, VoucherKey, VoucherListItem


class Readback:
    """The vouchers of single days as Fortnox lists them; each day is read once in the life of this object.

    All series of the day are read and not only the planned one: after a restore the same adjustment may be planned for
    another series than the one it went to.
    """

    def __init__(self, fortnox: FortnoxClient) -> None:
        self._fortnox = fortnox
        self._days: dict[date, list[VoucherListItem]] = {}

    def find(self, content: AdjustmentContent, marker: str, year_id: int) -> VoucherKey | Doubt | None:
        """Return the voucher that is this adjustment, None when Fortnox has none.

        Raises what reading raises; then nothing is known.
        """
        sighted = sight(self._of_day(content.date, year_id), *markers_in(marker))
        if not isinstance(sighted, VoucherKey):
            return sighted
        try:
            booked = self._fortnox.voucher(sighted.series, sighted.number, year_id)
        except (NotFound, UnreadableDocument) as error:
            return Doubt(error.code, error.reason)
        return compare(content, booked) or sighted

    def _of_day(self, day: date, year_id: int) -> list[VoucherListItem]:
        if day not in self._days:
            self._days[day] = list(self._fortnox.vouchers(year_id, from_date=day, to_date=day))
        return self._days[day]
