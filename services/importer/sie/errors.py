"""Why a SIE file is refused; what is only reported is a `Fault` in `records.py`.

PipelineError
└── Rejected
    └── SieError        one code out of `REFUSALS`, with line, label and field

The line between the two: whatever leaves an amount, an account, a date, a voucher or the completeness of the file in doubt
refuses the whole file. Whatever damages only a text, or a figure that nothing is computed from, is reported and the file is
taken. The cases on the border, and why they lie where they lie:

=========================================================  ========  =======================================================
case                                                       verdict   reason
=========================================================  ========  =======================================================
voucher whose booked rows do not sum to zero               reported  real exports hold such vouchers; the proof of
                                                                     completeness judges them against the balances
series and number used twice                               reported  real exports do it; the voucher's place in the file
                                                                     still tells the two apart
#RTRANS without its #TRANS right after it                  reported  only #TRANS counts (11 #RTRANS 4), and the voucher's
                                                                     sum shows whether an amount went missing
`{` missing between #VER and its rows                      reported  the rows can belong to no other voucher
`}` missing, or a brace or a row without #VER              refused   rows may have been lost or belong elsewhere
broken quote in a text                                     reported  amounts and identity stand before the texts
broken quote in an account, series, number, date, object   refused   identity
line that is no post, after a text broken at its line end  reported  the rest of that text
any other line that is no post                             refused   nobody knows what stood there
text where the row date stands                             reported  the row date is optional; the voucher's date holds
row date of digits that is no date                         refused   the amount would land in the wrong period
registration date, quantity, #GEN unreadable               reported  nothing is computed from them
value missing after #ORGNR, #KTYP, #SRU, #RAR, #FNAMN      reported  known programs write these posts empty
the same balance or year twice, with different values      refused   no rule says which one holds
label that SIE 4 does not know                             reported  7.1: it is to be ignored; said once per label
posts after the closing #KSUMMA                            refused   the checksum does not vouch for them
account, series, number or amount beyond the ledger's      refused   it could only be stored cut off, as another one
dimension or object code of more than 100 characters       refused   the same
more than 10,000 faults                                    reported  the first ones, and how many more there are
letters of UTF-8 in a file that is not UTF-8 throughout    reported  a damaged byte; only texts have such letters
SRU code beyond the ledger's                               reported  nothing is computed from it; it is left out
=========================================================  ========  =======================================================

Paragraph numbers are those of the SIE file format, edition 4C.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.errors import Rejected

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "sie-too-large": "more than 100 MB",
        "sie-empty": "no bytes, or blank ones only",
        "sie-not-a-sie-file": "HTML, XML (SIE 5), a spreadsheet … : it does not start with a post, or has none that SIE knows",
        "sie-nul-bytes": "NUL bytes: damaged on its way, or UTF-16",
        "sie-truncated": "a voucher or the checksum is opened and never closed",
        "sie-bad-line": "a line that is neither a post nor a brace",
        "sie-block-broken": "braces, vouchers and rows do not fit together",
        "sie-broken-quote": "a quote is broken in a field that identifies something",
        "sie-checksum-wrong": "#KSUMMA does not agree with the content, or does not cover all of it",
        "sie-contradiction": "the same thing is said twice and differently",
        "sie-bad-amount": "not an amount with a point and at most two decimals",
        "sie-amount-too-large": "an amount beyond ten trillion kronor",
        "sie-sum-too-large": "amounts that together are too large for whole numbers of 64 bits",
        "sie-bad-date": "not a date of the form yyyymmdd",
        "sie-bad-account": "not an account number",
        "sie-too-long": "an account, series, voucher number, dimension or object code of more characters than the ledger takes",
        "sie-bad-object-list": "not a list of dimension and object pairs in braces",
        "sie-bad-period": "not a month of the form yyyymm",
        "sie-bad-year": "not a year number (0, -1, -2 …)",
        "sie-bad-type": "not a SIE type from 1 to 4",
    }
)


class SieError(Rejected):
    """The file is refused as a whole, for the reason given.

    `line` counts from 1 and is 0 where the file as a whole is meant; `label` and `field` are "" where none is concerned.
    """

    def __init__(self, code: str, why: str, *, line: int = 0, label: str = "", field: str = "") -> None:
        place = ", ".join(part for part in (f"line {line}" if line else "", label, field) if part)
        super().__init__(code, f"{place}: {why}" if place else why)
        self.line = line
        self.label = label
        self.field = field
