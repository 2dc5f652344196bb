"""What the stand-in refuses, with Fortnox's codes and texts.

FortnoxError    an ErrorInformation; keys in lower case for 400, capital for everything else
GrantError      an OAuth error: `error` and `error_description`
"""

from __future__ import annotations

from typing import Any


class FortnoxError(Exception):
    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        """Every recorded 400 has lower-case keys, every recorded 404 capital ones."""
        keys = ("error", "message", "code") if self.status == 400 else ("Error", "Message", "Code")
        return {"ErrorInformation": dict(zip(keys, (1, self.message, self.code), strict=True))}


class GrantError(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


# Codes that Fortnox surely has and nobody has published. The range is ours: a client must never branch on these.
PLACEHOLDERS: dict[str, tuple[int, str]] = {
    "unbalanced": (2999001, "Verifikationen är inte i balans."),
    "no_year": (2999002, "Räkenskapsår saknas"),
    "series_not_manual": (2999003, "Verifikationsserien är inte manuell ({})."),
    "series_unknown": (2999004, "Ogiltig verifikationsserie angiven"),
    "voucher_not_found": (2999005, "Kan inte hitta verifikationen."),
    "date_outside_year": (2999006, "Räkenskapsår saknas för datumet {}."),
    "no_rows": (2999007, "Verifikationen saknar rader."),
    "bad_amount": (2999008, "Ogiltigt belopp på konto {}."),
    "bad_date": (2999009, "Ogiltigt datum ({})."),
    "cost_center_unknown": (2999010, "Kan inte hitta kostnadsstället."),
    "dimension_missing": (2999011, "Konto {} kräver {}."),
    "dimension_forbidden": (2999012, "Konto {} tillåter inte {}."),
    "supplier_not_found": (2999013, "Kan inte hitta leverantören."),
    "supplier_invoice_not_found": (2999014, "Kan inte hitta leverantörsfakturan."),
    "payment_not_found": (2999015, "Kan inte hitta betalningen."),
    "predefined_series_not_found": (2999016, "Kan inte hitta den fördefinierade verifikationsserien."),
    "bad_sie": (2999017, "Ogiltigt urval för SIE-filen."),
    "no_such_resource": (2999018, "Resursen finns inte."),
    "method": (2999019, "Metoden stöds inte."),
    "bad_lastmodified": (2999020, "Ogiltig tidsangivelse ({})."),
    "file_type": (2999021, "Filtypen stöds inte ({})."),
}


def placeholder(name: str, *values: object, status: int = 400) -> FortnoxError:
    """Make an error whose real code is unknown, by its name in PLACEHOLDERS; `values` fill the text."""
    code, message = PLACEHOLDERS[name]
    return FortnoxError(code, message.format(*values), status)


def bad_parameter() -> FortnoxError:
    return FortnoxError(2000588, "Ogiltig parameter i anropet.")


def bad_filter() -> FortnoxError:
    return FortnoxError(2000587, "Ett ogiltigt filter har använts.")


def not_numeric(name: str) -> FortnoxError:
    return FortnoxError(2000108, f"Värdet måste vara numeriskt ({name}).")


def file_not_found() -> FortnoxError:
    return FortnoxError(2000704, "Filen kunde inte hittas.")


def missing_scope() -> FortnoxError:
    return FortnoxError(2000663, "Har inte behörighet för scope.", status=403)


def missing_licence(status: int) -> FortnoxError:
    return FortnoxError(2001101, "Det finns ingen aktiv licens för önskat scope.", status=status)
