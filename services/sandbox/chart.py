"""The chart of accounts of a generated company: the commonly used part of a BAS-like Swedish chart.

Each line: account, SRU code of the tax return (`-` for none), VAT code (`-` for none), name. A name that begins with `~`
belongs to an inactive account.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.sandbox.company import Account

_LINES = """
1010 7201 - ~Utvecklingsutgifter
1019 7201 - ~Ackumulerade avskrivningar på utvecklingsutgifter
1030 7201 - ~Patent
1050 7201 - ~Varumärken
1070 7201 - ~Goodwill
1110 7214 - ~Byggnader
1119 7214 - ~Ackumulerade avskrivningar på byggnader
1130 7214 - ~Mark
1210 7215 - Maskiner och andra tekniska anläggningar
1219 7215 - Ackumulerade avskrivningar på maskiner
1220 7215 - Inventarier och verktyg
1229 7215 - Ackumulerade avskrivningar på inventarier och verktyg
1240 7215 - Bilar och andra transportmedel
1249 7215 - Ackumulerade avskrivningar på bilar
1250 7215 - Datorer
1259 7215 - Ackumulerade avskrivningar på datorer
1310 7230 - ~Andelar i koncernföretag
1320 7232 - ~Långfristiga fordringar hos koncernföretag
1350 7231 - ~Andelar och värdepapper i andra företag
1380 7235 - Andra långfristiga fordringar
1385 7235 - Värde av kapitalförsäkring
1410 7241 - Lager av råvaror
1460 7243 - Lager av handelsvaror
1470 7242 - ~Pågående arbeten
1480 7246 - Förskott för varor och tjänster
1510 7251 - Kundfordringar
1511 7251 - Kundfordringar, särskilda
1512 7251 - Belånade kundfordringar (factoring)
1513 7251 - Kundfordringar – delad faktura
1515 7251 - Osäkra kundfordringar
1519 7251 - Nedskrivning av kundfordringar
1560 7250 - ~Kundfordringar hos koncernföretag
1610 7261 - Kortfristiga fordringar hos anställda
1630 7261 - Avräkning för skatter och avgifter (skattekonto)
1640 7261 - Skattefordringar
1650 7261 - Momsfordran
1680 7261 - Andra kortfristiga fordringar
1710 7263 - Förutbetalda hyreskostnader
1720 7263 - ~Förutbetalda leasingavgifter
1730 7263 - Förutbetalda försäkringspremier
1790 7263 - Övriga förutbetalda kostnader och upplupna intäkter
1810 7271 - ~Andelar i börsnoterade företag
1910 7281 - Kassa
1920 7281 - PlusGiro
1930 7281 - Företagskonto/checkkonto/affärskonto
1940 7281 - Övriga bankkonton
1941 7281 - Valutakonto EUR
2010 - - ~Eget kapital
2080 7301 - ~Bundet eget kapital
2081 7301 - Aktiekapital
2085 7301 - ~Uppskrivningsfond
2086 7301 - Reservfond
2091 7302 - Balanserad vinst eller förlust
2093 7302 - Erhållna aktieägartillskott
2098 7302 - Vinst eller förlust från föregående år
2099 7302 - Årets resultat
2110 7321 - ~Periodiseringsfonder
2123 7321 - Periodiseringsfond 2023
2124 7321 - Periodiseringsfond 2024
2125 7321 - Periodiseringsfond 2025
2150 7322 - Ackumulerade överavskrivningar
2220 7331 - ~Avsättningar för garantier
2330 7350 - ~Checkräkningskredit
2350 7352 - Andra långfristiga skulder till kreditinstitut
2393 7354 - Lån från närstående personer
2410 7360 - ~Andra kortfristiga låneskulder
2420 7362 - Förskott från kunder
2421 7362 - ~Ej inlösta presentkort
2440 7365 - Leverantörsskulder
2441 7365 - Leverantörsskulder, särskilda
2445 7365 - ~Tvistiga leverantörsskulder
2460 7367 - ~Leverantörsskulder till koncernföretag
2490 7369 - Övriga kortfristiga skulder
2510 7368 - Skatteskulder
2512 7368 - Beräknad inkomstskatt
2518 7368 - Betald F-skatt
2610 7369 - ~Utgående moms, 25 %
2611 7369 U1 Utgående moms på försäljning inom Sverige, 25 %
2614 7369 UOS1 Utgående moms, omvänd skattskyldighet, 25 %
2621 7369 U2 Utgående moms på försäljning inom Sverige, 12 %
2631 7369 U3 Utgående moms på försäljning inom Sverige, 6 %
2640 7369 I Ingående moms
2641 7369 I Debiterad ingående moms
2645 7369 I Beräknad ingående moms på förvärv från utlandet
2650 7369 R2 Redovisningskonto för moms
2710 7369 - Personalskatt
2731 7369 - Avräkning lagstadgade sociala avgifter
2732 7369 - Avräkning särskild löneskatt
2790 7369 - Övriga löneavdrag
2820 7369 - Kortfristiga skulder till anställda
2890 7369 - Övriga kortfristiga skulder, diverse
2893 7369 - Skulder till närstående personer, kortfristig del
2910 7370 - Upplupna löner
2920 7370 - Upplupna semesterlöner
2940 7370 - Upplupna lagstadgade sociala och andra avgifter
2970 7370 - Förutbetalda intäkter
2990 7370 - Övriga upplupna kostnader och förutbetalda intäkter
3001 7410 MP1 Försäljning inom Sverige, 25 % moms
3002 7410 MP2 Försäljning inom Sverige, 12 % moms
3003 7410 MP3 Försäljning inom Sverige, 6 % moms
3004 7410 MF Försäljning inom Sverige, momsfri
3041 7410 MP1 Försäljning tjänster 25 % moms Sverige
3105 7410 E Försäljning varor till land utanför EU
3106 7410 - ~Försäljning varor till annat EU-land, momspliktig
3108 7410 VTEU Försäljning varor till annat EU-land, momsfri
3305 7410 TFEU Försäljning tjänster till land utanför EU
3308 7410 ETEU Försäljning tjänster till annat EU-land
3540 7410 - Faktureringsavgifter
3590 7410 - Övriga fakturerade kostnader
3730 7410 - Lämnade rabatter
3740 7410 - Öres- och kronutjämning
3920 7413 - ~Provisionsintäkter
3960 7413 - Valutakursvinster på fordringar och skulder av rörelsekaraktär
3973 7413 - Vinst vid avyttring av maskiner och inventarier
3990 7413 - Övriga ersättningar och intäkter
4010 7512 - Inköp av varor och material
4056 7512 - ~Inköp av varor från EU, 25 %
4400 7512 - Inköpta tjänster i Sverige, omvänd skattskyldighet
4515 7512 - Inköp av varor från annat EU-land, 25 %
4531 7512 - Inköp av tjänster från land utanför EU, 25 % moms
4535 7512 - Inköp av tjänster från annat EU-land, 25 %
4600 7512 - Legoarbeten och underentreprenader
4731 7512 - ~Erhållna kassarabatter
4990 7512 - Lagerförändring
5010 7513 - Lokalhyra
5020 7513 - El för belysning
5060 7513 - Städning och renhållning
5090 7513 - Övriga lokalkostnader
5210 7513 - ~Hyra av maskiner och andra tekniska anläggningar
5410 7513 - Förbrukningsinventarier
5420 7513 - Programvaror
5460 7513 - Förbrukningsmaterial
5500 7513 - ~Reparation och underhåll (gruppkonto)
5611 7513 - Drivmedel för personbilar
5612 7513 - Försäkring och skatt för personbilar
5615 7513 - ~Leasing av personbilar
5710 7513 - Frakter, transporter och försäkringar vid varudistribution
5800 7513 - Resekostnader (gruppkonto)
5810 7513 - Biljetter
5831 7513 - Kost och logi i Sverige
5910 7513 - Annonsering
6071 7513 - Representation, avdragsgill
6072 7513 - Representation, ej avdragsgill
6110 7513 - Kontorsmateriel
6212 7513 - Mobiltelefon
6230 7513 - Datakommunikation
6250 7513 - Postbefordran
6310 7513 - Företagsförsäkringar
6351 7513 - Konstaterade förluster på kundfordringar
6352 7513 - Befarade förluster på kundfordringar
6420 7513 - Ersättningar till revisor
6530 7513 - Redovisningstjänster
6540 7513 - IT-tjänster
6550 7513 - Konsultarvoden
6570 7513 - Bankkostnader
6590 7513 - Övriga externa tjänster
6970 7513 - Tidningar, tidskrifter och facklitteratur
6981 7513 - Föreningsavgifter, avdragsgilla
6992 7513 - Övriga externa kostnader, ej avdragsgilla
7010 7514 - Löner till kollektivanställda
7082 7514 - Sjuklöner
7210 7514 - Löner till tjänstemän
7220 7514 - ~Löner till företagsledare
7290 7514 - Förändring av semesterlöneskuld
7321 7514 - Skattefria traktamenten, Sverige
7385 7514 - Kostnader för fri bil
7410 7514 - Pensionsförsäkringspremier
7510 7514 - Arbetsgivaravgifter 31,42 %
7533 7514 - Särskild löneskatt för pensionskostnader
7570 7514 - Premier för arbetsmarknadsförsäkringar
7631 7514 - Personalrepresentation, avdragsgill
7690 7514 - Övriga personalkostnader
7810 7515 - ~Avskrivningar på immateriella anläggningstillgångar
7832 7515 - Avskrivningar på inventarier och verktyg
7834 7515 - Avskrivningar på bilar och andra transportmedel
7835 7515 - Avskrivningar på datorer
7960 7517 - Valutakursförluster på fordringar och skulder av rörelsekaraktär
8310 7417 - Ränteintäkter från omsättningstillgångar
8314 7417 - Skattefria ränteintäkter
8410 7522 - Räntekostnader för långfristiga skulder
8423 7522 - Räntekostnader för skatter och avgifter
8811 7525 - Avsättning till periodiseringsfond
8819 7420 - Återföring från periodiseringsfond
8850 7419 - ~Förändring av överavskrivningar
8910 7528 - Skatt som belastar årets resultat
8999 - - Årets resultat
"""


def accounts() -> Iterator[Account]:
    """Yield the whole chart, active and inactive, without opening balances."""
    for line in _LINES.strip().splitlines():
        number, sru, vat_code, name = line.split(" ", 3)
        yield Account(
            int(number),
            name.removeprefix("~"),
            active=not name.startswith("~"),
            sru=None if sru == "-" else int(sru),
            vat_code=None if vat_code == "-" else vat_code,
        )


def is_balance_account(number: int) -> bool:
    """Tell classes 1 and 2, whose balances are carried forward, from the result accounts."""
    return str(number)[0] in "12"


STANDARD_SERIES = {
    "A": "Redovisning",
    "B": "Kundfakturor",
    "C": "Inbetalningar",
    "D": "Leverantörsfakturor",
    "E": "Utbetalningar",
    "F": "Kassa",
    "G": "Avskrivning",
    "H": "Periodisering",
    "I": "Bokslut",
    "J": "Revisor",
    "K": "Lön",
    "L": "Kontantfaktura",
    "M": "Momsrapport",
}
"""Fortnox' standard series; by default only A accepts manual vouchers, and here I too."""

MANUAL_SERIES = ("A", "I")

PREDEFINED_ACCOUNTS = {
    "CUSTCLAIM": 1510,
    "SUPDEBT": 2440,
    "SALES": 3001,
    "VATOUT": 2611,
    "VATIN": 2641,
    "VATACCOUNT": 2650,
    "CASH": 1910,
    "BANK": 1930,
    "ROUNDOFF": 3740,
    "CURRENCYGAIN": 3960,
    "CURRENCYLOSS": 7960,
    "ADVANCECUST": 2420,
    "YEARRESULT": 2099,
}
"""CUSTCLAIM and SUPDEBT are Fortnox' own names; the others stand for the ones whose names are not known."""

PREDEFINED_SERIES = {
    "INVOICE": "B",
    "INVOICEPAYMENT": "C",
    "SUPPLIERINVOICE": "D",
    "SUPPLIERPAYMENT": "E",
    "CASHINVOICE": "L",
    "ACCRUAL": "H",
    "MANUAL": "A",
}
