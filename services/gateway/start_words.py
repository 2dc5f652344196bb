"""What the page before a trip to Fortnox says, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from services.gateway.language import Language

MONTHS: Mapping[Language, str] = MappingProxyType(
    {
        "sv": "januari februari mars april maj juni juli augusti september oktober november december",
        "en": "January February March April May June July August September October November December",
    }
)


class Words(NamedTuple):
    """`{client}` stands for the client's name, `{day}` for the last day of the financial year."""

    title: str
    lead: str
    lead_as_administrator: str
    firm: str
    client: str
    organisation_number: str
    year: str
    year_ends: str
    access: str
    own_login: str
    service_account: str
    allowed: str
    both_ways: str
    proceed: str
    harmless: str


WORDS: Mapping[Language, Words] = MappingProxyType(
    {
        "sv": Words(
            title="Anslut {client} till Fortnox",
            lead="Du går vidare till Fortnox, loggar in, väljer företaget nedan och godkänner.",
            lead_as_administrator="Du går vidare till Fortnox, loggar in som systemadministratör, väljer företaget nedan "
            "och godkänner.",
            firm="Byrå",
            client="Klient",
            organisation_number="Organisationsnummer",
            year="Räkenskapsår",
            year_ends="till och med {day}",
            access="Anslutning",
            own_login="med din inloggning, 30 dagar i taget",
            service_account="med ett tjänstekonto, tills den tas tillbaka",
            allowed="Det här ger du tillgång till",
            both_ways="I Fortnox gäller varje behörighet både läsning och ändring. Vi läser. Det enda vi skriver är de "
            "bokslutsverifikationer som byrån väljer att exportera, med sina filer.",
            proceed="Fortsätt till Fortnox",
            harmless="Ingenting händer förrän du fortsätter. Länken gäller i tio minuter.",
        ),
        "en": Words(
            title="Connect {client} to Fortnox",
            lead="You go on to Fortnox, log in, choose the company below and approve.",
            lead_as_administrator="You go on to Fortnox, log in as system administrator, choose the company below and "
            "approve.",
            firm="Firm",
            client="Client",
            organisation_number="Organisation number",
            year="Financial year",
            year_ends="ending {day}",
            access="Connection",
            own_login="with your login, for 30 days at a time",
            service_account="with a service account, until taken back",
            allowed="What you give access to",
            both_ways="In Fortnox each permission covers both reading and changing. We read. All that we write are the "
            "year-end vouchers that the firm chooses to export, with their files.",
            proceed="Continue to Fortnox",
            harmless="Nothing happens until you continue. The link holds for ten minutes.",
        ),
    }
)

SCOPE_WORDS: Mapping[Language, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sv": {
            "bookkeeping": ("Bokföring", "kontoplan, serier och verifikationer"),
            "invoice": ("Kundfakturor", "till bilagan över kundfordringar"),
            "supplierinvoice": ("Leverantörsfakturor", "till bilagan över leverantörsskulder"),
            "payment": ("Betalningar", "av kund- och leverantörsfakturor"),
            "settings": ("Inställningar", "förvalda konton, låst period"),
            "companyinformation": ("Företagsuppgifter", "namn och organisationsnummer"),
            "costcenter": ("Kostnadsställen", "som bokslutshändelser bokförs på"),
            "project": ("Projekt", "som bokslutshändelser bokförs på"),
            "inbox": ("Inkorg", "filer till bokslutshändelser"),
            "connectfile": ("Filkopplingar", "filen till sin verifikation"),
            "archive": ("Arkiv", "om filen redan finns vid verifikationen"),
        },
        "en": {
            "bookkeeping": ("Bookkeeping", "accounts, series and vouchers"),
            "invoice": ("Customer invoices", "for the schedule of receivables"),
            "supplierinvoice": ("Supplier invoices", "for the schedule of payables"),
            "payment": ("Payments", "of customer and supplier invoices"),
            "settings": ("Settings", "predefined accounts, locked period"),
            "companyinformation": ("Company information", "name and organisation number"),
            "costcenter": ("Cost centres", "that adjustments are booked on"),
            "project": ("Projects", "that adjustments are booked on"),
            "inbox": ("Inbox", "files of adjustments"),
            "connectfile": ("File connections", "the file to its voucher"),
            "archive": ("Archive", "whether a file is with its voucher already"),
        },
    }
)
