"""SIE files of type 1 to 4: bytes in, exact records out, no I/O.

Lexing (`encoding`, `lexer`: bytes to text to lines to fields) knows nothing of meaning; meaning (`values`, `posts`,
`vouchers`, `reader`: fields to records) never sees a quote or a byte. `errors` says what is refused and what is reported.
"""

from services.importer.sie.balances import (
    Mismatch,
    PeriodCheck,
    check_balances,
    check_closing,
    check_periods,
    count_rows,
    opening_balances,
    row_sums,
    unproven_accounts,
)
from services.importer.sie.errors import REFUSALS, SieError
from services.importer.sie.file import SieFile
from services.importer.sie.reader import read_sie
from services.importer.sie.records import Account, Dimension, Fault, Row, Voucher, Year

__all__ = [
    "REFUSALS",
    "Account",
    "Dimension",
    "Fault",
    "Mismatch",
    "PeriodCheck",
    "Row",
    "SieError",
    "SieFile",
    "Voucher",
    "Year",
    "check_balances",
    "check_closing",
    "check_periods",
    "count_rows",
    "opening_balances",
    "read_sie",
    "row_sums",
    "unproven_accounts",
]
