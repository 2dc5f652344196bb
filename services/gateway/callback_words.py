"""What the pages at the end of a trip to Fortnox say, by outcome: what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Said(NamedTuple):
    title: str
    happened: str
    do_next: str


class Words(NamedTuple):
    """`status` is 400 where the link or the answer was at fault, 502 where Fortnox gave no usable answer, 503 for us."""

    status: int
    sv: Said
    en: Said


_AGAIN_SV = "Gå tillbaka till uppdraget och anslut till Fortnox på nytt."
_AGAIN_EN = "Go back to the engagement and connect to Fortnox again."

CONNECTED = Words(
    200,
    Said(
        "Anslutet till Fortnox",
        "Anslutningen är klar och bokföringen börjar hämtas.",
        "Stäng den här sidan och gå tillbaka till uppdraget. Gäller anslutningen fel företag avvisas den, och det syns "
        "i uppdraget.",
    ),
    Said(
        "Connected to Fortnox",
        "The connection is made, and the books are about to be read.",
        "Close this page and go back to the engagement. Should it be the wrong company, the connection is refused and "
        "the engagement says so.",
    ),
)

_LINKS = {
    "start-unknown": Words(
        400,
        Said("Länken känns inte igen", "Ingen anslutning till Fortnox börjar på den här adressen.", _AGAIN_SV),
        Said("The link is not known", "No connection to Fortnox begins at this address.", _AGAIN_EN),
    ),
    "start-used": Words(
        400,
        Said(
            "Länken är redan använd",
            "Varje länk leder till Fortnox en gång, och den här har använts förut, kanske i en annan webbläsare.",
            _AGAIN_SV,
        ),
        Said(
            "The link has been used already",
            "Each link leads to Fortnox once, and this one has been used, perhaps in another browser.",
            _AGAIN_EN,
        ),
    ),
    "start-expired": Words(
        400,
        Said("Länken har gått ut", "En länk till Fortnox gäller i tio minuter.", _AGAIN_SV),
        Said("The link has expired", "A link to Fortnox holds for ten minutes.", _AGAIN_EN),
    ),
    "state-missing": Words(
        400,
        Said(
            "Svaret hör inte till någon påbörjad anslutning",
            "Det som visar vilken anslutning svaret gäller saknades, så ingenting anslöts.",
            _AGAIN_SV,
        ),
        Said(
            "The answer belongs to no connection that was begun",
            "What tells which connection the answer is for was missing, so nothing was connected.",
            _AGAIN_EN,
        ),
    ),
    "state-unknown": Words(
        400,
        Said("Svaret känns inte igen", "Anslutningen har inte påbörjats härifrån, så ingenting anslöts.", _AGAIN_SV),
        Said("The answer is not known", "This connection was not begun here, so nothing was connected.", _AGAIN_EN),
    ),
    "state-used": Words(
        400,
        Said(
            "Svaret är redan använt",
            "Varje svar från Fortnox tas emot en gång. Det händer när sidan laddas om eller öppnas ur historiken.",
            "Titta i uppdraget om anslutningen är klar. Är den inte det, anslut till Fortnox på nytt.",
        ),
        Said(
            "The answer has been used already",
            "Each answer from Fortnox is taken once. This happens when the page is reloaded or opened from the history.",
            "See in the engagement whether the connection is made. If it is not, connect to Fortnox again.",
        ),
    ),
    "state-expired": Words(
        400,
        Said(
            "Det tog för lång tid",
            "Anslutningen ska godkännas inom tio minuter. Den tiden har gått, så ingenting anslöts.",
            _AGAIN_SV,
        ),
        Said(
            "It took too long",
            "The connection has to be approved within ten minutes. They have passed, so nothing was connected.",
            _AGAIN_EN,
        ),
    ),
    "other-browser": Words(
        400,
        Said(
            "Fel webbläsare",
            "Anslutningen påbörjades i en annan webbläsare, eller så har den här inte sparat sin kaka.",
            "Tillåt kakor för den här webbplatsen, och gör sedan hela anslutningen i samma webbläsare, från uppdraget "
            "till Fortnox och tillbaka.",
        ),
        Said(
            "Another browser",
            "The connection was begun in another browser, or this one did not keep its cookie.",
            "Allow cookies for this site, then make the whole connection in one browser, from the engagement to Fortnox "
            "and back.",
        ),
    ),
}

_APPROVAL = {
    "consent-denied": Words(
        400,
        Said(
            "Anslutningen godkändes inte",
            "Åtkomsten nekades i Fortnox, så ingenting anslöts.",
            "Var det ett misstag? Gå tillbaka till uppdraget, anslut på nytt och välj att godkänna.",
        ),
        Said(
            "The connection was not approved",
            "Access was denied in Fortnox, so nothing was connected.",
            "Was it a mistake? Go back to the engagement, connect again and choose to approve.",
        ),
    ),
    "licence-missing": Words(
        400,
        Said(
            "En licens saknas i Fortnox",
            "Företaget saknar en licens för något som anslutningen behöver läsa eller skriva.",
            "Be den som är systemadministratör i Fortnox att aktivera licensen. Anslut sedan på nytt från uppdraget.",
        ),
        Said(
            "A licence is missing in Fortnox",
            "The company lacks a licence for something that the connection has to read or write.",
            "Ask whoever is system administrator in Fortnox to activate the licence. Then connect again from the "
            "engagement.",
        ),
    ),
    "scope-invalid": Words(
        400,
        Said(
            "Integrationen saknar en behörighet",
            "Fortnox känner inte till någon av de behörigheter som integrationen bad om. Felet ligger hos oss, inte hos "
            "dig.",
            "Kontakta supporten och ange koden nedan.",
        ),
        Said(
            "The integration lacks a permission",
            "Fortnox does not know one of the permissions that the integration asked for. The fault is ours, not yours.",
            "Contact support and give the code below.",
        ),
    ),
    "service-account-not-allowed": Words(
        400,
        Said(
            "Tjänstekonto är inte tillåtet",
            "Fortnox tillåter inte integrationen att använda ett tjänstekonto.",
            "Anslut på nytt från uppdraget med din egen inloggning, eller kontakta supporten och ange koden nedan.",
        ),
        Said(
            "A service account is not allowed",
            "Fortnox does not allow the integration to use a service account.",
            "Connect again from the engagement with your own login, or contact support and give the code below.",
        ),
    ),
    "consent-failed": Words(
        400,
        Said(
            "Fortnox kunde inte ge åtkomst",
            "Fortnox avbröt godkännandet, så ingenting anslöts.",
            "Kontrollera att du har rätt att godkänna integrationer i företaget; för ett tjänstekonto måste du vara "
            "systemadministratör. Anslut sedan på nytt från uppdraget.",
        ),
        Said(
            "Fortnox could not give access",
            "Fortnox broke off the approval, so nothing was connected.",
            "Check that you may approve integrations in the company; for a service account you must be system "
            "administrator. Then connect again from the engagement.",
        ),
    ),
    "account-locked": Words(
        400,
        Said(
            "Fortnox skickade inget svar",
            "Du kom tillbaka från Fortnox utan svar. Det händer när företagets konto i Fortnox är spärrat, till exempel "
            "för obetalda fakturor.",
            "Logga in i Fortnox och se om kontot är spärrat. Anslut på nytt från uppdraget när det är öppet igen.",
        ),
        Said(
            "Fortnox sent no answer",
            "You came back from Fortnox without an answer. That happens when the company's Fortnox account is locked, "
            "for example for unpaid invoices.",
            "Log in to Fortnox and see whether the account is locked. Connect again from the engagement when it is open.",
        ),
    ),
    "cancelled": Words(
        400,
        Said(
            "Anslutningen har kopplats från",
            "Medan godkännandet var på väg kopplade någon från klienten i uppdraget, så ingenting anslöts.",
            "Ska klienten vara ansluten, gå tillbaka till uppdraget och anslut till Fortnox på nytt.",
        ),
        Said(
            "The client has been disconnected",
            "While the approval was on its way, somebody disconnected the client in the engagement, so nothing was "
            "connected.",
            "If the client is to be connected, go back to the engagement and connect to Fortnox again.",
        ),
    ),
    "wrong-company": Words(
        400,
        Said(
            "Fel företag",
            "Klienten är redan ansluten till ett annat företag i Fortnox än det du godkände. Den anslutningen är kvar, "
            "och det nya godkännandet används inte.",
            "Anslut på nytt och välj klientens företag i Fortnox. Har klienten bytt företag där, koppla då först från "
            "anslutningen i uppdraget.",
        ),
        Said(
            "The wrong company",
            "The client is connected already to another company in Fortnox than the one you approved. That connection "
            "stands, and the new approval is not used.",
            "Connect again and choose the client's company in Fortnox. If the client has moved to another one there, "
            "disconnect in the engagement first.",
        ),
    ),
}

_EXCHANGE = {
    "code-missing": Words(
        400,
        Said("Svaret från Fortnox var ofullständigt", "Koden som ger åtkomst saknades i svaret.", _AGAIN_SV),
        Said("The answer from Fortnox was incomplete", "The code that gives access was missing.", _AGAIN_EN),
    ),
    "code-refused": Words(
        400,
        Said(
            "Fortnox tog inte emot koden",
            "Koden som ger åtkomst är redan använd eller äldre än tio minuter.",
            _AGAIN_SV,
        ),
        Said(
            "Fortnox did not take the code",
            "The code that gives access has been used already, or is older than ten minutes.",
            _AGAIN_EN,
        ),
    ),
    "grant-incomplete": Words(
        502,
        Said(
            "Fortnox gav inte den åtkomst som behövs",
            "Godkännandet gick fram, men det Fortnox svarade räcker inte för en anslutning.",
            f"{_AGAIN_SV} Händer det igen, kontakta supporten och ange koden nedan.",
        ),
        Said(
            "Fortnox did not give the access that is needed",
            "The approval came through, but what Fortnox answered is not enough for a connection.",
            f"{_AGAIN_EN} If it happens again, contact support and give the code below.",
        ),
    ),
    "client-refused": Words(
        502,
        Said(
            "Integrationen känns inte igen av Fortnox",
            "Fortnox godtog inte integrationens egna uppgifter. Felet ligger hos oss, inte hos dig.",
            "Kontakta supporten och ange koden nedan.",
        ),
        Said(
            "Fortnox does not know the integration",
            "Fortnox did not accept the integration's own credentials. The fault is ours, not yours.",
            "Contact support and give the code below.",
        ),
    ),
    "exchange-refused": Words(
        502,
        Said(
            "Fortnox nekade åtkomsten",
            "Godkännandet gick fram, men Fortnox lämnade inte ut den åtkomst som det gäller.",
            f"{_AGAIN_SV} Händer det igen, kontakta supporten och ange koden nedan.",
        ),
        Said(
            "Fortnox refused the access",
            "The approval came through, but Fortnox did not hand out the access it is for.",
            f"{_AGAIN_EN} If it happens again, contact support and give the code below.",
        ),
    ),
    "exchange-answer-lost": Words(
        502,
        Said(
            "Svaret från Fortnox kom inte fram",
            "Fortnox kan ha godkänt anslutningen, men svaret med åtkomsten gick förlorat på vägen. Den kan inte hämtas "
            "en gång till, så ingenting anslöts.",
            f"{_AGAIN_SV} Du godkänner då en gång till i Fortnox.",
        ),
        Said(
            "The answer from Fortnox was lost",
            "Fortnox may have approved the connection, but its answer was lost on the way. It cannot be fetched again, so "
            "nothing was connected.",
            f"{_AGAIN_EN} You will approve once more in Fortnox.",
        ),
    ),
    "fortnox-unavailable": Words(
        502,
        Said(
            "Fortnox går inte att nå",
            "Fortnox gav ingen åtkomst just nu, så ingenting anslöts.",
            f"Vänta en stund. {_AGAIN_SV}",
        ),
        Said(
            "Fortnox cannot be reached",
            "Fortnox gave no access just now, so nothing was connected.",
            f"Wait a little. {_AGAIN_EN}",
        ),
    ),
}

_OURS = {
    "database-away": Words(
        503,
        Said(
            "Vi kan inte ta emot dig just nu",
            "Vår databas svarar inte. Ingenting har hänt med anslutningen ännu.",
            "Vänta en liten stund och ladda om sidan.",
        ),
        Said(
            "We cannot receive you just now",
            "Our database does not answer. Nothing has happened to the connection yet.",
            "Wait a little and reload the page.",
        ),
    ),
    "grant-not-stored": Words(
        503,
        Said(
            "Anslutningen kunde inte sparas",
            "Fortnox gav åtkomst, men vår databas tog inte emot den. Felet ligger hos oss, inte hos dig, och ingenting "
            "anslöts.",
            f"Vänta en liten stund. {_AGAIN_SV} Du godkänner då en gång till i Fortnox.",
        ),
        Said(
            "The connection could not be stored",
            "Fortnox gave access, but our database did not take it. The fault is ours, not yours, and nothing was "
            "connected.",
            f"Wait a little. {_AGAIN_EN} You will approve once more in Fortnox.",
        ),
    ),
}

FAILED: Mapping[str, Words] = MappingProxyType(_LINKS | _APPROVAL | _EXCHANGE | _OURS)
