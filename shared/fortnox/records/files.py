"""Files in the inbox, and what ties a file to a voucher."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.fortnox.records.base import Record, VoucherKey
from shared.fortnox.records.fields import Key, OptionalWhole, Text, Whole


class InboxFile(Record):
    """A file that lies in a folder of the inbox; `id` is what a connection names it by."""

    kind: ClassVar = "file"
    identity: ClassVar = ("Id",)

    id: Key
    name: Text = ""
    size: OptionalWhole


class VoucherFileConnection(Record):
    """A file that hangs on a voucher; it has left the inbox. The file's name is not told here."""

    kind: ClassVar = "voucher file connection"
    identity: ClassVar = ("FileId", "VoucherSeries", "VoucherNumber", "VoucherYear")
    keeps_namesakes: ClassVar = True  # the same file may have been hung on the same voucher twice

    file_id: Key
    series: Key = Field(alias="VoucherSeries")
    number: Whole = Field(alias="VoucherNumber")
    year: OptionalWhole = Field(alias="VoucherYear")

    def is_of(self, key: VoucherKey) -> bool:
        return (self.series, self.number) == (key.series, key.number) and self.year in (None, key.year_id)
