"""Whatever happens to a file on its way, the reader takes it or refuses it; nothing else ever comes out."""

from __future__ import annotations

import random

from services.importer.sie import SieError, check_balances, count_rows, read_sie
from tests.unit.sie.specimens import sie_bytes, voucher, with_checksum

SEED = 20240101
ROUNDS = 4000

WHOLE = sie_bytes(
    "#RAR -1 20230101 20231231",
    "#ORGNR 556000-0001",
    '#KONTO 1910 "Kassa \\"A\\""',
    "#KTYP 1910 T",
    "#SRU 1910 7281",
    '#OBJEKT 6 "P 1" "Projekt"',
    "#IB 0 1910 100.50",
    "#UB 0 1910 90.5",
    "#OUB 0 1910 {1 N} 5 0",
    '#PSALDO 0 202401 1910 {6 "P 1"} -10 0',
    "#RES 0 3001 10",
    *voucher(
        '#TRANS 1910 {6 "P 1" 1 N} -10 20240103 "Text \\"x\\"" 2.5 Åsa',
        '#BTRANS 3001 {} 10 "" "" 0 "Åsa"',
        '#RTRANS 3001 {} 10 "" "" 0 "Åsa"',
        '#TRANS 3001 {} 10 "" "" 0',
    ),
)
CHECKED = with_checksum(b"#SIETYP 4\r\n#UB 0 1910 5\r\n", "#SIETYP", "4", "#UB", "0", "1910", "5")
PIECES = (
    b'"',
    b"{",
    b"}",
    b"\\",
    b"\t",
    b"\r",
    b"\n",
    b"#",
    b"-",
    b".",
    b"\xff",
    b"\xc3",
    b"\0",
    b"#KSUMMA\n",
    b"#VER ",
    b"#TRANS ",
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                body[at:at] = chance.choice(PIECES)
            case 1:
                del body[at : at + chance.randint(1, 12)]
            case 2:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                del body[at:]
            case 4:
                body[at:at] = body[chance.randrange(len(body) + 1) :][: chance.randint(1, 60)]
            case _:
                lines = bytes(body).split(b"\r\n")
                chance.shuffle(lines)
                body = bytearray(b"\r\n".join(lines))
    return bytes(body)


def test_a_damaged_file_ends_in_a_result_or_a_refusal() -> None:
    chance = random.Random(SEED)  # a repeatable test, no secret
    taken = 0
    for _ in range(ROUNDS):
        data = damaged(chance.choice((WHOLE, WHOLE, CHECKED)), chance)
        try:
            file = read_sie(data)
        except SieError as refused:
            assert refused.reason  # noqa: PT017  # either outcome is right
            continue
        taken += 1
        check_balances(file)
        assert count_rows(data) == sum(row.kind == "booked" for one in file.vouchers for row in one.rows), data
    assert 0 < taken < ROUNDS, f"seed {SEED} tries only one outcome"


def test_no_single_changed_byte_under_a_checksum_changes_a_figure_unnoticed() -> None:
    start = CHECKED.index(b"#UB") + len(b"#UB 0 1910 ")
    for byte in range(256):
        data = CHECKED[:start] + bytes([byte]) + CHECKED[start + 1 :]
        try:
            file = read_sie(data)
        except SieError:
            continue
        assert file.balances["UB", 0] == {"1910": 500}
