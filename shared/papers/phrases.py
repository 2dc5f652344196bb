"""What a schedule says in codes and in English notes, in the language of the paper.

What is not known here is shown as it is: a note may end with the text of a voucher, which is the client's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from shared.papers.words import Language, Said, words
from shared.schedules.changes import Amounts, Changes, ItemChange
from shared.schedules.content import Fault

CAUSES: Final = {
    "D01": Said("Manuell verifikation på kontot", "Manual voucher on the account"),
    "D02": Said("Faktura i reskontran som inte är bokförd", "Invoice in the sub-ledger, not booked"),
    "D03": Said("Betalning i reskontran som inte är bokförd", "Payment in the sub-ledger, not booked"),
    "D04": Said("Faktura bokförd i en annan period", "Invoice booked in another period"),
    "D05": Said("Betalning bokförd i en annan period", "Payment booked in another period"),
    "D06": Said("Verifikationen avviker från underlaget", "Voucher differs from its document"),
    "D07": Said("Bokfört på ett annat reskontrakonto", "Posted on another receivable or payable account"),
    "D08": Said("Kreditfaktura som inte är kvittad på balansdagen", "Credit note not matched at the balance date"),
    "D09": Said("Kursdifferens eller omvärdering", "Exchange difference or revaluation"),
    "D10": Said("Öresutjämning eller mindre avskrivning", "Rounding or small write-off"),
    "D11": Said("Kontantmetoden", "Cash method"),
    "D12": Said("Del som någon annan ska betala (ROT, RUT, factoring)", "Part owed by another (ROT, RUT, factoring)"),
    "D13": Said(
        "Ingående balans avviker från föregående års utgående balans",
        "Opening balance differs from the previous closing balance",
    ),
    "D14": Said("Makulerat underlag med kvarstående belopp", "Cancelled document still with a balance"),
    "D15": Said("Faktura från tiden före Fortnox", "Invoice from before Fortnox was taken into use"),
    "D99": Said("Oförklarat", "Unexplained"),
}

FLAGS: Final = {
    "amount_from_document": Said("belopp enligt fakturan", "amount taken from the invoice"),
    "payment_from_document": Said("betalning enligt reskontran", "payment taken from the sub-ledger"),
    "cash_method": Said("kontantmetoden", "cash method"),
    "unbooked": Said("ej bokförd", "not booked"),
    "prepayment": Said("förskott", "prepayment"),
    "overpaid": Said("överbetald", "overpaid"),
    "paid_in_full": Said("slutbetald, rest i kronor", "paid in full, a rest in SEK"),
    "credit_note": Said("kreditfaktura", "credit note"),
    "currency": Said("utländsk valuta", "foreign currency"),
    "factoring": Said("belånad (factoring)", "factored"),
    "rot_rut": Said("ROT/RUT", "ROT/RUT"),
    "unallocated": Said("ej fördelad betalning", "unallocated payment"),
}

FAULTS: Final = {
    "unreadable": Said("Underlaget kan inte läsas", "The document cannot be read"),
    "unknown-document": Said("Betalning av okänt underlag", "Payment of an unknown document"),
    "cancelled-document": Said("Betalning av makulerat underlag", "Payment of a cancelled document"),
    "unknown-currency": Said("Okänd valuta eller kurs", "Unknown currency or rate"),
    "other-currency": Said("Betalning i annan valuta än underlagets", "Payment in another currency than its document"),
    "credit-unclear": Said("Oklart vad kreditfakturan avser", "Unclear what the credit note credits"),
    "credit-loop": Said("Kreditfakturor som krediterar varandra", "Credit notes that credit each other"),
    "duplicate-number": Said("Flera underlag med samma nummer", "Several documents with one number"),
}

DATA_SOURCES: Final = {
    "fortnox": Said("Fortnox (API)", "Fortnox (API)"),
    "sie": Said("SIE-fil", "SIE file"),
}

_NOTES_SV: Final = {
    "not booked: in neither sum": "ej bokfört: ingår inte i någon av summorna",
    "payment not booked: in neither sum": "betalningen är ej bokförd: ingår inte i någon av summorna",
    "the document's date and its voucher's are on different sides of the balance date": (
        "underlagets och verifikationens datum ligger på var sin sida om balansdagen"
    ),
    "the payment's date and its voucher's are on different sides of the balance date": (
        "betalningens och verifikationens datum ligger på var sin sida om balansdagen"
    ),
    "the voucher holds another amount than the document; the voucher counts": (
        "verifikationen har ett annat belopp än underlaget; verifikationen gäller"
    ),
    "the voucher holds another amount than its documents": "verifikationen har ett annat belopp än sina underlag",
    "booked on a neighbouring account, which belongs to the schedule": (
        "bokfört på ett närliggande konto som ingår i bilagan"
    ),
    "credit note not matched at the balance date": "kreditfakturan var inte kvittad på balansdagen",
    "the payment's voucher has left an exchange difference on the account": (
        "betalningens verifikation har lämnat en kursdifferens på kontot"
    ),
    "a write-off is not in the ledger; the voucher counts": (
        "en avskrivning saknas i huvudboken; verifikationen gäller"
    ),
    "cancelled after the balance date: at it the document still counts": (
        "makulerat efter balansdagen: på balansdagen räknas underlaget"
    ),
    "first seen cancelled after the balance date: at it the document still counts": (
        "sågs som makulerat först efter balansdagen: på balansdagen räknas underlaget"
    ),
    "since the day on which that was first seen": "från den dag det först sågs",
    "cancelled, and was in an opening balance or in no voucher": (
        "makulerat, och fanns i en ingående balans eller i ingen verifikation"
    ),
    "closing rate": "kurs på balansdagen",
    "a part is owed by another than the counterparty": "en del ska betalas av någon annan än motparten",
    "cancelled, and its voucher is still in the ledger": "makulerat, men verifikationen finns kvar i huvudboken",
    "not booked, and its voucher is in the ledger": "ej bokfört, men verifikationen finns i huvudboken",
    "several documents in one voucher, at other rates": "flera underlag i en verifikation, till andra kurser",
    "cash method: not booked before it is paid": "kontantmetoden: bokförs först när det betalas",
    "the payment has no voucher": "betalningen saknar verifikation",
    "the document has no voucher in any imported year": "underlaget saknar verifikation i de hämtade åren",
    "its voucher has no row on these accounts": "verifikationen har ingen rad på dessa konton",
    "open before the first imported year": "öppet före det första hämtade året",
    "no cause was found": "ingen orsak hittades",
    "exported from here": "exporterad härifrån",
    "the credit note is used up, and against what is not known": (
        "kreditfakturan är förbrukad, men mot vilken faktura är okänt"
    ),
    "is in Fortnox' list, and cannot be read there singly": "finns i Fortnox lista, men går inte att läsa enskilt där",
    "there are several documents with this number": "det finns flera underlag med detta nummer",
    "there are several payments with this number": "det finns flera betalningar med detta nummer",
}

_PATTERNS_SV: Final = (
    (r"(\d+) entries that take each other out", r"\1 poster som tar ut varandra"),
    (r"moved to or from ([\d, ]+)", r"flyttat till eller från \1"),
    (r"no closing rate was given for ([A-Z, ]+): not revalued", r"ingen balansdagskurs angiven för \1: ej omvärderat"),
    (r"the year does not open with what (\S+) closed with", r"året öppnar inte med utgående balans per \1"),
    (r"payment of the unknown document ?(.*)", r"betalning av okänt underlag \1"),
    (r"payment in (\S+) of (.*), which is in (\S+)", r"betalning i \1 av \2, som är i \3"),
    (r"payment of the cancelled document (.*)", r"betalning av makulerat underlag \1"),
    (r"the credit note credits (\S+), which credits it in turn", r"krediterar \1, som i sin tur krediterar den"),
    (r"currency '(.*)' at the rate (\S+) per (\S+)", r"valuta ”\1”, kurs \2 per \3"),
)

_UNREADABLE_SV: Final = {
    "not a number": "inget tal",
    "too long a number": "ett för långt tal",
    "not a rate": "ingen användbar kurs",
    "not a whole number": "inget heltal",
    "neither true nor false": "varken sant eller falskt",
    "not a date": "inget datum",
    "empty": "tomt",
    "too large an amount": "ett för stort belopp",
    "too large an amount at its rate": "ett för stort belopp till sin kurs",
    "not a number or code": "varken nummer eller kod",
    "longer than 40 characters": "längre än 40 tecken",
    "String should have at most 30 characters": "längre än 30 tecken",
    "Input should be greater than or equal to 1": "mindre än 1",
    "Input should be a multiple of 1": "inget heltal",
    "Input should be less than or equal to 1000000": "mer än 1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}000",
    "Field required": "saknas",
}
"""Why a field of a document cannot be read; the field's name is Fortnox' own."""

_DOCUMENTS_SV: Final = {
    "invoice": "kundfaktura",
    "supplier invoice": "leverantörsfaktura",
    "invoice payment": "inbetalning",
    "supplier invoice payment": "utbetalning",
}

_CALLS_SV: Final = {
    "financial years": "räkenskapsår",
    "predefined accounts": "förvalda konton",
    "invoices": "kundfakturor",
    "supplier invoices": "leverantörsfakturor",
    "invoice payments": "inbetalningar",
    "supplier invoice payments": "utbetalningar",
    "single payments": "enskilda betalningar",
    "single credit notes": "enskilda kreditfakturor",
}
_WAYS_SV: Final = {"changed": "ändrade", "counted": "räknade"}

_JOINT: Final = " · "


def said_as(table: Mapping[str, Said], code: str, language: Language) -> str:
    """Return the words for a code, the code itself when there are none."""
    said = table.get(code)
    return code if said is None else said.in_(language)


def cause(code: str, language: Language) -> str:
    return said_as(CAUSES, code, language)


def flags(codes: Sequence[str], language: Language) -> str:
    """Return the flags of an item as one remark, "Kreditfaktura, utländsk valuta"."""
    text = ", ".join(said_as(FLAGS, code, language) for code in codes)
    return text[:1].upper() + text[1:]


def fault_reason(fault: Fault, language: Language) -> str:
    """Return why a document could not be judged: what is the matter, and what exactly was found."""
    reason = fault.reason.removeprefix(f"{fault.document}: ").replace("Value error, ", "", 1)
    detail = note(reason, language)
    what = said_as(FAULTS, fault.code, language)
    return f"{what}: {detail}" if detail else what


def note(text: str, language: Language) -> str:
    """Return a note of the arithmetic, part by part."""
    if language == "en":
        return text
    return _JOINT.join(_in_swedish(part) for part in text.split(_JOINT))


SUMS: Final = 3
"""The first of the changed figures: ledger, total and difference."""


def changed_figures(changes: Changes, language: Language) -> list[tuple[str, Amounts]]:
    """Return the figures of a signed schedule beside those known now: the three sums, and all others that differ."""
    said = words(language)
    accounts = [(f"{each.number} {each.name}".strip(), each) for each in changes.accounts]
    return [
        (said["ledger_balance"], changes.ledger),
        (said["total_open"], changes.total),
        (said["difference"], changes.difference),
        *((f"{said['account']} {name}", each) for name, each in accounts),
        *((f"{said['ageing']}: {said[bucket]}", each) for bucket, each in changes.ageing.items()),
        *((f"{code} {cause(code, language)}", each) for code, each in changes.bridge.items()),
    ]


def touched(item: ItemChange, language: Language) -> str:
    """Return the figures of the signed schedule that an item moves, "Summa öppna poster, Ej förfallet"."""
    said = words(language)
    names = [said["total_open"] if each == "total" else said[each.removeprefix("ageing.")] for each in item.touched]
    return ", ".join(names) or said["other_facts"]


def document(label: str, language: Language) -> str:
    """Return how a document is named: a payment as "payment 17" or "payment 17 of 101", every other one by its number.

    What could not be read is named with its sort, "supplier invoice 17".
    """
    if language == "en":
        return label
    if payment := re.fullmatch(r"payment (\S+)(?: of (\S+))?", label):
        return f"betalning {payment[1]} av {payment[2]}" if payment[2] else f"betalning {payment[1]}"
    sort, _, number = label.rpartition(" ")
    return f"{_DOCUMENTS_SV[sort]} {number}" if sort in _DOCUMENTS_SV else label


def call(text: str, language: Language) -> str:
    """Return what a request asked for: "invoices", or in which way, "invoices changed"."""
    if language == "en":
        return text
    what, _, way = text.rpartition(" ")
    if way in _WAYS_SV:
        return f"{_CALLS_SV.get(what, what)} ({_WAYS_SV[way]})"
    return _CALLS_SV.get(text, text)


def _in_swedish(part: str) -> str:
    if part in _NOTES_SV:
        return _NOTES_SV[part]
    if unreadable := re.fullmatch(r"([\w.]+): ([\w ]+?)(: .*)?", part):
        what = _UNREADABLE_SV.get(unreadable[2])
        if what is not None:
            return f"{unreadable[1]}: {what}{unreadable[3] or ''}"
    for pattern, swedish in _PATTERNS_SV:
        if re.fullmatch(pattern, part):
            return re.sub(pattern, swedish, part).rstrip()
    return part
