"""Both sides of a schedule out of a generated company, as a faultless reader of all its books would have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from services.sandbox.company import Company, Invoice, SupplierInvoice
from services.sandbox.company import Payment as BookedPayment
from services.sandbox.company import VoucherKey as CompanyKey
from services.scheduler.accounts import BAS_DEFAULT, SIGN, Kind, claim_accounts
from services.scheduler.compute import Figures, compute
from services.scheduler.open_items import hit_accounts
from services.scheduler.subledger import Document, Payment, Subledger
from services.scheduler.vouchers import Ledger, LedgerYear, Posting, VoucherKey


@dataclass(frozen=True)
class Books:
    """Both sides of one kind; `ledger.accounts` are all that can hold its claims or debts.

    `cancelled_on` tells of each cancelled document since when, as far as it was not so from the beginning.
    """

    kind: Kind
    subledger: Subledger
    ledger: Ledger
    cancelled_on: Mapping[str, date] = field(default_factory=dict)

    @property
    def ledger_account(self) -> str:
        return BAS_DEFAULT[self.kind]

    def on(self, balance_date: date) -> Ledger:
        """The ledger on the accounts of the schedule at the balance date, as the schedule builder chooses them."""
        first = self.ledger_account
        others = hit_accounts(self.subledger.documents, self.ledger, balance_date) - {first}
        return replace(self.ledger, accounts=(first, *sorted(others)))

    def at(self, balance_date: date) -> Figures:
        return compute(self.kind, self.subledger, self.on(balance_date), balance_date)


def read(company: Company, kind: Kind, first_day: date = date.min) -> Books:
    """Read a company's books; of the years that begin before `first_day` there are documents and no vouchers."""
    years = [year for year in company.years_by_date() if year.from_date >= first_day]
    imported = {year.id for year in years}
    accounts = claim_accounts(kind, BAS_DEFAULT[kind])
    invoices = company.invoices if kind == "receivables" else company.supplier_invoices
    payments = company.invoice_payments if kind == "receivables" else company.supplier_payments
    parties = company.customers if kind == "receivables" else company.suppliers
    documents = [_document(company, invoice, parties[_party(invoice)].name) for invoice in invoices.values()]
    postings: dict[VoucherKey, Posting] = {}
    for voucher in company.vouchers.values():
        rows = [(str(row.account), SIGN[kind] * row.amount_ore) for row in voucher.booked_rows]
        if voucher.year in imported and any(account in accounts for account, _ in rows):
            posting = postings[_key(company, voucher.key)] = Posting(voucher.date, {}, text=voucher.description)
            for account, amount_ore in rows:
                if account in accounts:
                    posting.claims_ore[account] = posting.claims_ore.get(account, 0) + amount_ore
                else:
                    posting.others_ore.add(amount_ore)
                    posting.counter_accounts.add(account)
    openings = {
        year.id: {
            str(account.number): SIGN[kind] * account.opening_ore
            for account in company.accounts_of(year.id)
            if str(account.number) in accounts
        }
        for year in years
    }
    ledger_years = tuple(
        LedgerYear(year.from_date, year.to_date, openings[year.id], cash=year.accounting_method == "CASH")
        for year in years
    )
    ledger = Ledger(postings, accounts, years[0].from_date, years[-1].to_date, ledger_years)
    cancelled_on = {_number(each): each.cancelled_on for each in invoices.values() if each.cancelled_on}
    listed = [_payment(company, each) for each in payments.values()]
    return Books(kind, Subledger(documents, listed, cancelled_on), ledger, cancelled_on)


def known_by(books: Books, today: date) -> Books:
    """The same books as they were on a day, before anything that happened afterwards."""
    documents = [
        replace(
            document,
            final_pay_date=_by(document.final_pay_date, today),
            booked=document.booked and books.ledger.accounting_date(document.voucher, document.invoice_date) <= today,
            cancelled=document.cancelled and books.cancelled_on.get(document.number, today) <= today,
            further_vouchers=tuple(key for key in document.further_vouchers if _is_dated(books, key, today)),
        )
        for document in books.subledger.documents
        if document.invoice_date <= today
        or books.ledger.accounting_date(document.voucher, document.invoice_date) <= today
    ]
    documents = [document if document.booked else replace(document, voucher=None) for document in documents]
    payments = [
        payment
        for payment in books.subledger.payments
        if books.ledger.accounting_date(payment.voucher, payment.date) <= today
    ]
    postings = {key: posting for key, posting in books.ledger.postings.items() if posting.date <= today}
    cancelled_on = {number: day for number, day in books.cancelled_on.items() if day <= today}
    subledger = Subledger(documents, payments, cancelled_on)
    return Books(books.kind, subledger, replace(books.ledger, postings=postings), cancelled_on)


def _is_dated(books: Books, key: VoucherKey, today: date) -> bool:
    posting = books.ledger.postings.get(key)
    return posting is not None and posting.date <= today


def _by(day: date | None, today: date) -> date | None:
    return day if day is not None and day <= today else None


def _party(invoice: Invoice | SupplierInvoice) -> str:
    return invoice.customer_number if isinstance(invoice, Invoice) else invoice.supplier_number


def _number(invoice: Invoice | SupplierInvoice) -> str:
    return str(invoice.number if isinstance(invoice, Invoice) else invoice.given_number)


def _key(company: Company, key: CompanyKey) -> VoucherKey:
    year, series, number = key
    return company.years[year].from_date, series, str(number)


def _document(company: Company, invoice: Invoice | SupplierInvoice, name: str) -> Document:
    return Document(
        number=_number(invoice),
        counterparty_number=_party(invoice),
        counterparty_name=name,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        final_pay_date=invoice.final_pay_date,
        currency=invoice.currency,
        rate=Decimal(invoice.rate),
        unit=invoice.unit,
        total_minor=invoice.total_minor,
        booked=invoice.booked,
        cancelled=invoice.cancelled,
        credit_of=str(invoice.credit_of) if invoice.credit_of else None,
        voucher=_key(company, invoice.voucher) if invoice.voucher else None,
        external_number=None if isinstance(invoice, Invoice) else invoice.external_number,
        further_vouchers=_further(company, invoice),
    )


def _further(company: Company, invoice: Invoice | SupplierInvoice) -> tuple[VoucherKey, ...]:
    """Fortnox names all vouchers of a supplier invoice, and of a customer invoice the first only."""
    if isinstance(invoice, Invoice) or invoice.reversal is None:
        return ()
    return (_key(company, invoice.reversal),)


def _payment(company: Company, payment: BookedPayment) -> Payment:
    written_off = sum(each.amount_ore for each in payment.write_offs)  # the sandbox writes off in SEK only
    return Payment(
        number=str(payment.number),
        document_number=str(payment.invoice_number),
        date=payment.date,
        amount_ore=payment.amount_ore,
        settled_minor=payment.amount_minor + written_off,
        booked=payment.booked,
        voucher=_key(company, payment.voucher) if payment.voucher else None,
        currency=payment.currency,
    )
