"""Whatever legal spelling a program chooses, the reader finds the same books."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from services.importer.sie import check_balances, count_rows, read_sie
from tests.unit.sie.spellings import Books, files


@settings(derandomize=True, max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_every_legal_spelling_is_read_back_exactly(case: tuple[Books, bytes]) -> None:
    books, data = case
    file = read_sie(data)
    assert [voucher._replace(line=0) for voucher in file.vouchers] == books.vouchers
    assert {name: getattr(file, name) for name in books.said} == books.said
    assert check_balances(file) == []
    assert count_rows(data) == sum(row.kind == "booked" for voucher in books.vouchers for row in voucher.rows)
    assert {fault.label for fault in file.faults} <= {"#VER", "#MOMSKOD", "#KTYP", "#SRU"}


def test_a_quantity_is_a_decimal_and_not_a_float() -> None:
    file = read_sie(b'#FLAGGA 0\n#VER A 1 20240101\n{\n#TRANS 1910 {} 0 "" "" 0.10\n}\n')
    assert str(file.vouchers[0].rows[0].quantity) == str(Decimal("0.10"))
