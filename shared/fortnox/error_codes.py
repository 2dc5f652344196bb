"""Fortnox' error codes as data (developer guides: errors; the rest as seen in answers of the live API).

Codes whose meaning nobody has confirmed are left out on purpose: the HTTP status decides about them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple


class Advice(StrEnum):
    """Where the cure is to be looked for."""

    INPUT = "input"  # the document: change it
    SCOPE = "scope"  # the scope, the licence or the user's right in Fortnox
    CONNECTION = "connection"  # the grant: connect again
    PROGRAM = "program"  # our request or our configuration is wrong
    WAIT = "wait"  # Fortnox or the network


class Meaning(NamedTuple):
    """`family` is "passing" where the same again may succeed: Retryable for a read, Unknown for a write."""

    code: str
    advice: Advice
    family: Literal["rejected", "passing"] = "rejected"


_INPUT, _SCOPE, _CONNECTION, _PROGRAM = Advice.INPUT, Advice.SCOPE, Advice.CONNECTION, Advice.PROGRAM

MEANINGS: dict[int, Meaning] = {
    1000003: Meaning("fortnox-server-error", Advice.WAIT, "passing"),
    1000030: Meaning("response-type-refused", _PROGRAM),
    1000031: Meaning("content-type-refused", _PROGRAM),
    2000013: Meaning("article-number-taken", _INPUT),
    2000106: Meaning("value-not-alphanumeric", _INPUT),
    2000107: Meaning("value-too-long", _INPUT),
    2000108: Meaning("value-not-numeric", _INPUT),
    2000134: Meaning("value-not-boolean", _INPUT),
    2000204: Meaning("customer-not-found", _INPUT),
    2000310: Meaning("connection-unauthorized", _CONNECTION),
    2000311: Meaning("connection-unauthorized", _CONNECTION),
    2000359: Meaning("characters-not-allowed", _INPUT),
    2000401: Meaning("period-locked", _INPUT),
    2000423: Meaning("account-not-found", _INPUT),
    2000427: Meaning("currency-not-found", _INPUT),
    2000428: Meaning("article-not-found", _INPUT),
    2000429: Meaning("terms-of-payment-not-found", _INPUT),
    2000430: Meaning("price-not-found", _INPUT),
    2000431: Meaning("price-list-not-found", _INPUT),
    2000432: Meaning("unit-not-found", _INPUT),
    2000433: Meaning("customer-not-found", _INPUT),
    2000434: Meaning("invoice-not-found", _INPUT),
    2000435: Meaning("terms-of-delivery-not-found", _INPUT),
    2000439: Meaning("order-not-found", _INPUT),
    2000499: Meaning("order-exists-for-offer", _INPUT),
    2000550: Meaning("account-inactive", _INPUT),
    2000587: Meaning("filter-invalid", _PROGRAM),
    2000588: Meaning("parameter-invalid", _PROGRAM),
    2000637: Meaning("customer-number-taken", _INPUT),
    2000663: Meaning("scope-missing", _SCOPE),
    2000704: Meaning("file-not-found", _INPUT),
    2000719: Meaning("connection-unauthorized", _CONNECTION),
    2000729: Meaning("identifier-invalid", _INPUT),
    2000755: Meaning("supplier-invoice-unbalanced", _INPUT),
    2001101: Meaning("licence-missing", _SCOPE),
    2001103: Meaning("licence-missing", _SCOPE),
    2001161: Meaning("project-not-found", _INPUT),
    2001243: Meaning("offer-locked", _INPUT),
    2001302: Meaning("article-not-found", _INPUT),
    2001304: Meaning("account-not-found", _INPUT),
    2001392: Meaning("body-invalid", _PROGRAM),
    2001393: Meaning("scope-missing", _SCOPE),
    2001399: Meaning("field-unknown", _PROGRAM),
    2001403: Meaning("predefined-account-not-found", _INPUT),
    2001740: Meaning("body-invalid", _PROGRAM),
    2001795: Meaning("fields-missing", _INPUT),
    2002115: Meaning("body-invalid", _PROGRAM),
    2002455: Meaning("scope-missing", _SCOPE),
    2002980: Meaning("housework-rule", _INPUT),
    2003157: Meaning("housework-rule", _INPUT),
    2003275: Meaning("user-right-missing", _SCOPE),
    2004021: Meaning("housework-rule", _INPUT),
    2004167: Meaning("vat-number-invalid", _INPUT),
    2004194: Meaning("vat-number-invalid", _INPUT),
}
