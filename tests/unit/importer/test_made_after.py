"""When a file that somebody handed over was made: by then all that was booked is in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.importer.source import made_after, take_file

HEAD = """#FLAGGA 0
#FORMAT PC8
#SIETYP 4
#PROGRAM "Bok" 1
{gen}#FNAMN "Böckerna AB"
#ORGNR 556016-0680
#RAR 0 20250101 20251231
#KONTO 1930 Bank
#KONTO 3001 Intäkter
#UB 0 1930 100.00
#RES 0 3001 -100.00
"""
VOUCHER = """#VER A 1 20250105 Text {registered}
{{
#TRANS 1930 {{}} 100.00
#TRANS 3001 {{}} -100.00
}}
"""


@pytest.mark.parametrize(
    ("gen", "registered", "expected"),
    [
        ("#GEN 20260203\n", "20260201", datetime(2026, 2, 2, 22, tzinfo=UTC)),
        ("", "20260201", datetime(2026, 1, 31, 22, tzinfo=UTC)),
        ("#GEN 20261399\n", "20260201", datetime(2026, 1, 31, 22, tzinfo=UTC)),
        ("", "", datetime(2024, 12, 31, 22, tzinfo=UTC)),
    ],
    ids=["as it says", "by its last registration", "by that where the date is none", "not before its year"],
)
def test_a_file_was_made_when_a_day_began(gen: str, registered: str, expected: datetime) -> None:
    content = HEAD.format(gen=gen) + VOUCHER.format(registered=registered)
    assert made_after(take_file(content.encode("cp437"), "556016-0680")) == expected
