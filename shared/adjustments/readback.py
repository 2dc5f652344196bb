"""Looking into Fortnox for a voucher of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shared.adjustments.content import AdjustmentContent
from shared.adjustments.marker import read_marker
from shared.adjustments.sight import Doubt, compare, names, sight
from shared.fortnox import FortnoxClient, NotFound, UnreadableDocument, VoucherKey, VoucherListItem


class Readback:
    """The vouchers as Fortnox lists them; each list is read once in the life of this object.

    All series are read and not only the planned one: after a restore the same adjustment may be planned for another
    series than the one it went to.
    """

    def __init__(self, fortnox: FortnoxClient) -> None:
        self._fortnox = fortnox
        self._lists: dict[date | None, list[VoucherListItem]] = {}

    def find(self, content: AdjustmentContent, marker: str, year_id: int) -> VoucherKey | Doubt | None:
        """Return the voucher that is this adjustment, or this reversal, and stands; None when Fortnox has none.

        The whole year is looked through: what a restored database has forgotten may be of another day by now. Raises
        what reading raises; then nothing is known.
        """
        return self._found(content, marker, self._listed(year_id, None))

    def find_sent(self, content: AdjustmentContent, marker: str, year_id: int) -> VoucherKey | Doubt | None:
        """Return what `find` would, of a voucher that was sent as it is here: on its day, which is one call."""
        return self._found(content, marker, self._listed(year_id, content.date))

    def check_original(self, content: AdjustmentContent, key: VoucherKey) -> Doubt | None:
        """Return why that voucher can no longer be taken back by its mirror image, None when it stands as it was sent.

        `content` is the adjustment as it was sent. Raises what reading raises.
        """
        doubt = self._compared(content, key)
        if doubt is not None and doubt.code == "fortnox-not-found":
            return Doubt("original-missing", f"{names([key])} is no longer in Fortnox: there is nothing to take back")
        return doubt

    def _found(
        self, content: AdjustmentContent, marker: str, items: Sequence[VoucherListItem]
    ) -> VoucherKey | Doubt | None:
        sighted = sight(items, read_marker(marker))
        if not isinstance(sighted, VoucherKey):
            return sighted
        return self._compared(content, sighted) or sighted

    def _compared(self, content: AdjustmentContent, key: VoucherKey) -> Doubt | None:
        try:
            booked = self._fortnox.voucher(key.series, key.number, key.year_id)
        except (NotFound, UnreadableDocument) as error:
            return Doubt(error.code, error.reason)
        return compare(content, booked)

    def _listed(self, year_id: int, day: date | None) -> Sequence[VoucherListItem]:
        """Return the vouchers of the day, or with None of the year."""
        if day not in self._lists:
            self._lists[day] = list(self._fortnox.vouchers(year_id, from_date=day, to_date=day))
        return self._lists[day]
