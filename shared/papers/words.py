"""The words of the papers, as the trade uses them in Swedish and in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Language = Literal["sv", "en"]


class Said(NamedTuple):
    sv: str
    en: str

    def in_(self, language: Language) -> str:
        return self.sv if language == "sv" else self.en


_HEADS: Final = {
    "receivables": Said("Kundfordringar", "Accounts receivable"),
    "payables": Said("Leverantörsskulder", "Accounts payable"),
    "schedule": Said("Bilaga", "Schedule"),
    "specification": Said("Specifikation av balanspost", "Specification of balance-sheet item"),
    "as_at": Said("per", "as at"),
    "company": Said("Företag", "Company"),
    "organisation_number": Said("Organisationsnummer", "Organisation number"),
    "financial_year": Said("Räkenskapsår", "Financial year"),
    "balance_date": Said("Balansdag", "Balance date"),
    "account": Said("Konto", "Account"),
    "accounts": Said("Konton", "Accounts"),
    "description": Said("Benämning", "Description"),
    "amounts_label": Said("Belopp i", "Amounts in"),
    "amounts_in_sek": Said("kronor (SEK)", "Swedish kronor (SEK)"),
    "page": Said("Sida", "Page"),
    "of": Said("av", "of"),
    "incomplete": Said("OFULLSTÄNDIG", "NOT COMPLETE"),
    "incomplete_why": Said(
        "Underlagen nedan kunde inte bedömas. Bilagan får inte användas som färdig specifikation förrän de är utredda.",
        "The documents below could not be judged. Do not use this schedule as final until they have been looked into.",
    ),
    "incomplete_unnamed": Said(
        "Reskontran kunde inte läsas i sin helhet. Bilagan får inte användas som färdig specifikation.",
        "The sub-ledger could not be read in full. Do not use this schedule as final.",
    ),
    "incomplete_see_source": Said(
        "OFULLSTÄNDIG – alla underlag kunde inte bedömas, se bladet Källa.",
        "NOT COMPLETE – not all documents could be judged, see the sheet Source.",
    ),
    "faults": Said("Underlag som inte kunde bedömas", "Documents that could not be judged"),
    "document": Said("Underlag", "Document"),
    "reason": Said("Orsak", "Reason"),
    "none": Said("Inga", "None"),
    "complete": Said("Fullständig", "Complete"),
    "yes": Said("Ja", "Yes"),
    "no": Said("Nej", "No"),
}

_RECONCILIATION: Final = {
    "reconciliation": Said("Avstämning mot huvudboken", "Reconciliation with the ledger"),
    "ledger_balance": Said("Saldo enligt huvudboken", "Balance in the ledger"),
    "total_open": Said("Summa öppna poster enligt reskontran", "Total open items in the sub-ledger"),
    "difference": Said("Differens (reskontra minus huvudbok)", "Difference (sub-ledger less ledger)"),
    "explained": Said("Förklarad differens", "Explained difference"),
    "unexplained": Said("Oförklarat", "Unexplained"),
    "of_which": Said("Varav", "Of which"),
    "agrees": Said(
        "Reskontran och huvudboken stämmer överens på balansdagen.",
        "Sub-ledger and ledger agree at the balance date.",
    ),
    "parted_on": Said(
        "Reskontran och huvudboken skiljer sig åt från och med", "Sub-ledger and ledger have differed since"
    ),
    "remarks": Said("Övriga iakttagelser utan belopp", "Further observations without amount"),
    "cause": Said("Orsak", "Cause"),
    "code": Said("Kod", "Code"),
    "line": Said("Rad", "Line"),
    "first_date": Said("Från", "From"),
    "last_date": Said("Till", "To"),
    "amount": Said("Belopp", "Amount"),
    "note": Said("Anmärkning", "Note"),
    "documents": Said("Underlag", "Documents"),
    "vouchers": Said("Verifikationer", "Vouchers"),
    "voucher": Said("Verifikation", "Voucher"),
    "behind_the_lines": Said("Underlag och verifikationer per rad", "Documents and vouchers behind each line"),
    "sort": Said("Slag", "Sort"),
    "number": Said("Nummer", "Number"),
    "check": Said("Kontroll (ska vara 0)", "Check (must be 0)"),
}

_ITEMS: Final = {
    "items": Said("Öppna poster", "Open items"),
    "no_items": Said("Det fanns inga öppna poster på balansdagen.", "There were no open items at the balance date."),
    "document_number": Said("Nr", "No."),
    "document_number_long": Said("Fakturanr", "Invoice no."),
    "external_number": Said("Externt nr", "External no."),
    "receivables_party": Said("Kund", "Customer"),
    "payables_party": Said("Leverantör", "Supplier"),
    "receivables_party_number": Said("Kundnr", "Customer no."),
    "payables_party_number": Said("Leverantörsnr", "Supplier no."),
    "invoice_date": Said("Fakturadatum", "Invoice date"),
    "accounting_date": Said("Bokföringsdatum", "Accounting date"),
    "due_date": Said("Förfallodatum", "Due date"),
    "days": Said("Dagar", "Days"),
    "days_past_due": Said("Dagar efter förfall", "Days past due"),
    "bucket": Said("Åldersgrupp", "Age"),
    "currency": Said("Valuta", "Currency"),
    "rate": Said("Kurs", "Rate"),
    "unit": Said("Kursenhet", "Rate per"),
    "billed": Said("Fakturerat", "Billed"),
    "settled": Said("Betalt", "Settled"),
    "credited": Said("Krediterat", "Credited"),
    "reduced": Said("Reglerat", "Settled"),
    "open": Said("Öppet", "Open"),
    "open_in_currency": Said("Öppet i valuta", "Open in currency"),
    "at_rate": Said("till kurs", "at"),
    "per_unit": Said("per", "per"),
    "paid_after": Said("Reglerat efter balansdagen", "Settled after the balance date"),
    "paid_after_short": Said("Reglerat efter\nbalansdagen", "Settled after\nbalance date"),
    "paid_after_on": Said("Senast reglerat", "Last settled on"),
    "remark": Said("Anmärkning", "Remark"),
    "sum": Said("Summa", "Total"),
    "sum_all": Said("Summa alla poster", "Total of all items"),
    "sum_shown": Said("Summa visade poster", "Total of items shown"),
    "items_counted": Said("poster", "items"),
    "others": Said("Övriga", "Others"),
    "summed": Said(
        "Posterna är för många för att skrivas ut och visas här summerade per motpart. "
        "Varje enskild post finns i bilagans XLSX- och CSV-fil.",
        "The items are too many to be printed and are summed by counterparty here. "
        "The XLSX and CSV files of this schedule have each of them.",
    ),
    "not_judged": Said("Kunde inte bedömas", "Could not be judged"),
    "items_note": Said(
        "Öppet = fakturerat − reglerat till och med balansdagen; reglerat är betalt och krediterat. "
        "Dagar räknas från förfallodatum till balansdag. Sista kolumnen visar vad som reglerats efter balansdagen, "
        "så långt det var känt när uppgifterna lästes.",
        "Open = billed − settled up to the balance date; settled means paid or credited. Days run from the due date to "
        "the balance date. The last column shows what was settled after the balance date, as far as was known when "
        "the books were read.",
    ),
}

_AGEING: Final = {
    "ageing": Said("Åldersfördelning", "Ageing"),
    "ageing_by": Said("efter förfallodatum", "by due date"),
    "not_due": Said("Ej förfallet", "Not due"),
    "1_30": Said("Förfallet 1–30 dagar", "1–30 days past due"),
    "31_60": Said("Förfallet 31–60 dagar", "31–60 days past due"),
    "61_90": Said("Förfallet 61–90 dagar", "61–90 days past due"),
    "over_90": Said("Förfallet mer än 90 dagar", "More than 90 days past due"),
    "no_due_date": Said("Utan förfallodatum", "No due date"),
    "number_of_items": Said("Antal poster", "Items"),
    "positive": Said("Varav positiva poster", "Of which positive"),
    "negative": Said("Varav negativa poster", "Of which negative"),
    "share": Said("Andel", "Share"),
}

_PROPOSALS: Final = {
    "proposals": Said("Förslag till bokslutshändelser", "Proposed closing entries"),
    "proposals_note": Said(
        "Förslagen är inte bokförda och ingår inte i beloppen ovan. Debet är positivt, kredit negativt.",
        "The proposals are not booked and not in the amounts above. Debit is positive, credit negative.",
    ),
    "revaluation": Said("Omvärdering till balansdagskurs", "Revaluation at the closing rate"),
    "booked": Said("Bokfört", "Booked"),
    "closing_rate": Said("Balansdagskurs", "Closing rate"),
    "no_closing_rate": Said("Balansdagskurs saknas", "No closing rate given"),
    "revalued": Said("Omvärderat", "Revalued"),
    "change": Said("Kursdifferens", "Exchange difference"),
    "entry": Said("Kontering", "Entry"),
    "reversed_on": Said("återförs", "reversed on"),
    "reversal_date": Said("Återföringsdag", "Reversal date"),
    "receivables_reclassification": Said(
        "Omklassificering av kreditsaldon", "Reclassification of balances on the wrong side"
    ),
    "payables_reclassification": Said(
        "Omklassificering av debetsaldon", "Reclassification of balances on the wrong side"
    ),
    "from_account": Said("Från konto", "From account"),
    "to_account": Said("Till konto", "To account"),
}

_SOURCE: Final = {
    "source": Said("Källa och version", "Source and version"),
    "data_source": Said("Datakälla", "Data source"),
    "import": Said("Hämtning", "Import"),
    "import_id": Said("Hämtningens id", "Import id"),
    "import_number": Said("nr", "no."),
    "ledger_read": Said("Huvudboken läst", "Ledger read"),
    "subledger_read": Said("Reskontran läst", "Sub-ledger read"),
    "known_at": Said("Visar det som var känt", "Shows what was known at"),
    "requests": Said("Anrop till datakällan", "Requests to the data source"),
    "number_of_requests": Said("Antal", "Number"),
    "schedule_id": Said("Bilagans id", "Schedule id"),
    "version": Said("Version", "Version"),
    "hash": Said("SHA-256 över innehållet", "SHA-256 of the content"),
    "sign_offs": Said("Underskrifter", "Sign-off"),
    "preparer": Said("Upprättad av", "Prepared by"),
    "reviewer": Said("Granskad av", "Reviewed by"),
    "not_signed": Said("Ej signerad", "Not signed"),
    "name": Said("Namn", "Name"),
    "date": Said("Datum", "Date"),
    "signature": Said("Underskrift", "Signature"),
    "comment": Said("Kommentar", "Comment"),
    "placeholder_note": Said(
        "□ står för ett tecken som inte kan visas här. Texten finns oförändrad i XLSX- och CSV-filen.",
        "□ stands for a character that cannot be shown here. XLSX and CSV have the text as it is.",
    ),
    "sheet_items": Said("Poster", "Items"),
    "sheet_ageing": Said("Åldersfördelning", "Ageing"),
    "sheet_bridge": Said("Avstämning", "Bridge"),
    "sheet_proposals": Said("Förslag", "Proposals"),
    "sheet_source": Said("Källa", "Source"),
}

_CHANGES: Final = {
    "changed": Said("ÄNDRAD EFTER SIGNERING", "CHANGED SINCE SIGNED"),
    "changed_why": Said(
        "Uppgifter om tiden till och med balansdagen har ändrats sedan bilagan signerades. Den visar det som signerades; "
        "vad som nu är känt står under rubriken Signerat och känt nu.",
        "What is known of the time up to the balance date has changed since this schedule was signed. It shows what was "
        "signed; what is known now stands under the heading As signed and as known now.",
    ),
    "changed_see_sheet": Said(
        "ÄNDRAD EFTER SIGNERING – se bladet Ändringar.", "CHANGED SINCE SIGNED – see the sheet Changes."
    ),
    "signed_and_now": Said("Signerat och känt nu", "As signed and as known now"),
    "known_now_at": Said("Känt nu enligt version", "Known now by version"),
    "figure": Said("Uppgift", "Figure"),
    "as_signed": Said("Signerat", "As signed"),
    "as_known_now": Said("Känt nu", "As known now"),
    "changed_by": Said("Ändring", "Change"),
    "changed_items": Said("Ändrade poster", "Changed items"),
    "touches": Said("Berör", "Touches"),
    "new_faults": Said("Underlag som inte längre kan bedömas", "Documents that can no longer be judged"),
    "other_facts": Said("endast andra uppgifter om posten", "only other facts about the item"),
    "sheet_changes": Said("Ändringar", "Changes"),
    "open_now": Said("Ändrad efter signering, öppet nu", "Changed since signed, open now"),
    "readme_changed": Said(
        "OBS: uppgifter har ändrats sedan bilagan signerades, se changes.json och rubriken Signerat och känt nu.",
        "NOTE: figures have changed since this schedule was signed, see changes.json and As signed and as known now.",
    ),
}

_README: Final = {
    "readme_files": Said(
        "{stem}.pdf    bilagan som den skrivs ut (PDF/A)\n"
        "{stem}.xlsx   bilagan med formler\n"
        "{stem}.csv    de öppna posterna\n"
        "content.json    allt innehåll som maskinläsbara fakta; belopp i ören\n"
        "copy.json       id, version och underskrifter för detta exemplar\n"
        "SHA256SUMS      kontrollsummor för filerna",
        "{stem}.pdf    the schedule as it is printed (PDF/A)\n"
        "{stem}.xlsx   the schedule with formulas\n"
        "{stem}.csv    the open items\n"
        "content.json    the whole content as facts for programs; amounts in öre\n"
        "copy.json       id, version and sign-off of this copy\n"
        "SHA256SUMS      checksums of the files",
    ),
    "readme_check": Said(
        "Kontrollera att ingen fil har ändrats:\n"
        "  sha256sum -c SHA256SUMS                        (Linux; macOS: shasum -a 256 -c SHA256SUMS)\n"
        "  Get-FileHash -Algorithm SHA256 *               (Windows PowerShell, jämför med SHA256SUMS)\n"
        "Kontrollsumman för content.json är den SHA-256 som står på bilagan.",
        "To check that no file has been changed:\n"
        "  sha256sum -c SHA256SUMS                        (Linux; macOS: shasum -a 256 -c SHA256SUMS)\n"
        "  Get-FileHash -Algorithm SHA256 *               (Windows PowerShell, compare with SHA256SUMS)\n"
        "The checksum of content.json is the SHA-256 that stands on the schedule.",
    ),
    "readme_proven": Said(
        "När arkivet skapades stämde innehållet med bilagans SHA-256.",
        "When this pack was made, the content agreed with the SHA-256 of the schedule.",
    ),
    "readme_not_proven": Said(
        "VARNING: när arkivet skapades stämde innehållet INTE med bilagans SHA-256.",
        "WARNING: when this pack was made, the content did NOT agree with the SHA-256 of the schedule.",
    ),
}

SAID: Final = _HEADS | _RECONCILIATION | _ITEMS | _AGEING | _PROPOSALS | _SOURCE | _CHANGES | _README

_BY_LANGUAGE: Final[Mapping[Language, Mapping[str, str]]] = {
    "sv": MappingProxyType({key: said.sv for key, said in SAID.items()}),
    "en": MappingProxyType({key: said.en for key, said in SAID.items()}),
}


def words(language: Language) -> Mapping[str, str]:
    """Return all words of the papers by key."""
    return _BY_LANGUAGE[language]
