"""The calls this program may make, and the scope that each needs.

The list is one of paths, not of verbs: a GET of .../email, .../print or .../einvoice on an invoice has effects.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shared.fortnox.error_codes import Advice
from shared.fortnox.errors import Refused


class Endpoint(NamedTuple):
    """`path` has `{number}`, `{series}`, `{file}` and `{sie_type}` for the parts that vary."""

    method: str
    path: str
    scope: str


ENDPOINTS = (
    Endpoint("GET", "/3/companyinformation", "companyinformation"),
    Endpoint("GET", "/3/financialyears", "bookkeeping"),
    Endpoint("GET", "/3/accounts", "bookkeeping"),
    Endpoint("GET", "/3/voucherseries", "bookkeeping"),
    Endpoint("GET", "/3/voucherseries/{series}", "bookkeeping"),
    Endpoint("GET", "/3/vouchers", "bookkeeping"),
    Endpoint("GET", "/3/vouchers/{series}/{number}", "bookkeeping"),
    Endpoint("POST", "/3/vouchers", "bookkeeping"),
    Endpoint("GET", "/3/sie/{sie_type}", "bookkeeping"),
    Endpoint("GET", "/3/costcenters", "costcenter"),
    Endpoint("GET", "/3/projects", "project"),
    Endpoint("GET", "/3/inbox/inbox_v", "inbox"),
    Endpoint("POST", "/3/inbox", "inbox"),
    Endpoint("GET", "/3/archive/{file}", "archive"),
    Endpoint("GET", "/3/voucherfileconnections", "connectfile"),
    Endpoint("GET", "/3/voucherfileconnections/{file}", "connectfile"),
    Endpoint("POST", "/3/voucherfileconnections", "connectfile"),
    Endpoint("GET", "/3/predefinedaccounts", "settings"),
    Endpoint("GET", "/3/settings/lockedperiod", "settings"),
    Endpoint("GET", "/3/invoices", "invoice"),
    Endpoint("GET", "/3/invoices/{number}", "invoice"),
    Endpoint("GET", "/3/supplierinvoices", "supplierinvoice"),
    Endpoint("GET", "/3/supplierinvoices/{number}", "supplierinvoice"),
    Endpoint("GET", "/3/invoicepayments", "payment"),
    Endpoint("GET", "/3/invoicepayments/{number}", "payment"),
    Endpoint("GET", "/3/supplierinvoicepayments", "payment"),
    Endpoint("GET", "/3/supplierinvoicepayments/{number}", "payment"),
)

# Scopes to ask for at the authorisation: what the list above needs, no more.
SCOPES = tuple(sorted({endpoint.scope for endpoint in ENDPOINTS}))

_PARTS = {
    "{number}": r"[0-9]+",
    # Percent-encoded letters may occur, an encoded slash may not.
    "{series}": r"(?:[A-Za-z0-9_-]|%(?!2[Ff])[0-9A-Fa-f]{2})+",
    "{file}": r"[A-Za-z0-9_-]+",
    "{sie_type}": r"[1-4]",
}


def _pattern(path: str) -> re.Pattern[str]:
    for part, expression in _PARTS.items():
        path = path.replace(part, expression)
    return re.compile(path)


_PATTERNS = tuple((endpoint, _pattern(endpoint.path)) for endpoint in ENDPOINTS)


def allowed_endpoint(method: str, path: str) -> Endpoint:
    """Return the endpoint that the percent-encoded `path` belongs to.

    Raises Refused ("fortnox-path-not-allowed") when it is on no line of the list.
    """
    for endpoint, pattern in _PATTERNS:
        if endpoint.method == method and pattern.fullmatch(path):
            return endpoint
    raise Refused("fortnox-path-not-allowed", f"{method} {path} is not on the list of allowed calls", Advice.PROGRAM)
