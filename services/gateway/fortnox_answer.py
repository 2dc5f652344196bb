"""What Fortnox answered to a trip, in the words of the outcomes that have a page (`callback_words`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.gateway.trip import CANCELLED
from shared.connections.states import WRONG_COMPANY
from shared.errors import PipelineError, Rejected, Unknown
from shared.fortnox import InvalidClient, InvalidGrant

MAX_SAID = 300  # anybody can write into an address
GRANT_INCOMPLETE = "grant-incomplete"
GRANT_NOT_STORED = "grant-not-stored"


@dataclass(frozen=True)
class FortnoxAnswer:
    """The parameters of the callback's address."""

    state: str | None = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None
    error_description: str | None

    def refusal(self) -> Rejected | None:
        """Say why there is no code to exchange; the reasons are Fortnox' own words."""
        if self.error:
            return _denial(self.error, _printable(f"{self.error}: {self.error_description or ''}"))
        return None if self.code else Rejected("code-missing", "Fortnox sent neither a code nor an error")


def as_outcome(error: PipelineError) -> PipelineError:
    """Return the failure of an exchange as one of the outcomes that have a page."""
    if error.code in (CANCELLED, WRONG_COMPANY, GRANT_INCOMPLETE, GRANT_NOT_STORED):
        return error
    if isinstance(error, InvalidGrant):
        return Rejected("code-refused", error.reason)
    if isinstance(error, InvalidClient):
        return Rejected("client-refused", error.reason)
    if isinstance(error, Unknown):
        return Unknown("exchange-answer-lost", error.reason)
    return Rejected("exchange-refused" if isinstance(error, Rejected) else "fortnox-unavailable", error.reason)


def _denial(error: str, said: str) -> Rejected:
    """Return Fortnox' refusal by its cause (developer pages: authorization; the licence's code is not documented)."""
    match error:
        case "access_denied":
            return Rejected("consent-denied", said)
        case "invalid_scope":
            return Rejected("scope-invalid", said)
        case "error_client_not_allow_service_account":
            return Rejected("service-account-not-allowed", said)
    return Rejected("licence-missing" if "licen" in said.lower() else "consent-failed", said)


def _printable(said: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in said)[:MAX_SAID].rstrip(": ")
