"""What a person does inside Fortnox, behind the back of every integration."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from services.sandbox.clock import STOCKHOLM
from services.sandbox.company import (
    Account,
    Company,
    Invoice,
    Payment,
    Series,
    SupplierInvoice,
    Voucher,
    VoucherKey,
    VoucherRow,
)
from services.sandbox.state import SandboxState, Tenant

USER = "Sandra Sandlåda"


class EditError(ValueError):
    """The edit names something that is not there or makes no sense."""


class Desk:
    """One user at work in one company; every method changes the books at the state's present time."""

    def __init__(self, state: SandboxState, tenant: Tenant) -> None:
        self._state = state
        self._tenant = tenant

    @property
    def _company(self) -> Company:
        return self._tenant.company

    def add_voucher(
        self,
        year: int,
        series: str,
        *,
        day: date,
        description: str,
        rows: list[VoucherRow],
        comments: str | None = None,
    ) -> Voucher:
        """Book a voucher, locked period or not and manual series or not."""
        if sum(row.amount_ore for row in rows):
            raise EditError("the rows do not balance")
        now = self._state.clock.now()
        voucher = Voucher(
            year=year,
            series=series,
            number=self._company.next_voucher_number(year, series),
            date=day,
            description=description,
            rows=rows,
            registered=now.astimezone(STOCKHOLM).date(),
            modified=now,
            comments=comments,
        )
        self._company.vouchers[voucher.key] = voucher
        return voucher

    def edit_voucher(self, key: VoucherKey, rows: list[VoucherRow]) -> Voucher:
        """Replace the booked rows; the old ones stay as struck history."""
        voucher = self._voucher(key)
        if sum(row.amount_ore for row in rows):
            raise EditError("the rows do not balance")
        for row in voucher.booked_rows:
            row.removed, row.removed_by = True, USER
        for row in rows:
            row.added_by = USER
        voucher.rows.extend(rows)
        voucher.modified = self._state.clock.now()
        return voucher

    def delete_voucher(self, key: VoucherKey) -> None:
        """Gone without a trace: `lastmodified` never tells."""
        self._voucher(key)
        del self._company.vouchers[key]

    def add_payment(self, kind: str, invoice_number: int, day: date, amount_ore: int, *, booked: bool) -> Payment:
        """Register a payment of an invoice in SEK; `kind` is `customer` or `supplier`."""
        invoice, register = self._invoice(kind, invoice_number), self._payments(kind)
        payment = Payment(
            number=max(register, default=0) + 1,
            invoice_number=invoice_number,
            date=day,
            amount_ore=amount_ore,
            amount_minor=amount_ore,
            modified=self._state.clock.now(),
            currency=invoice.currency,
            rate=invoice.rate,
            unit=invoice.unit,
            booked=False,
        )
        register[payment.number] = payment
        return self.book_payment(kind, payment.number) if booked else payment

    def book_payment(self, kind: str, number: int) -> Payment:
        """Book a registered payment: its voucher is made and the invoice's balance falls."""
        payment = self._payment(kind, number)
        if payment.booked:
            raise EditError(f"payment {number} is booked already")
        year = self._company.year_of(payment.date)
        if year is None:
            raise EditError(f"no financial year holds {payment.date}")
        payment.booked, payment.modified = True, self._state.clock.now()
        voucher = self.add_voucher(
            year.id,
            _series(kind),
            day=payment.date,
            description=f"Betalning {payment.invoice_number}",
            rows=self._rows(kind, payment),
        )
        payment.voucher = voucher.key
        self._settle(kind, payment, _settled_minor(payment))
        return payment

    def change_payment(self, kind: str, number: int, amount_ore: int) -> Payment:
        """Give a payment another amount; a booked one gets new rows in its voucher."""
        payment = self._payment(kind, number)
        before = payment.amount_minor
        payment.amount_ore = payment.amount_minor = amount_ore
        payment.modified = self._state.clock.now()
        if payment.voucher is not None:
            self.edit_voucher(payment.voucher, self._rows(kind, payment))
            self._settle(kind, payment, amount_ore - before)
        return payment

    def delete_payment(self, kind: str, number: int) -> None:
        payment = self._payment(kind, number)
        del self._payments(kind)[number]
        if payment.voucher in self._company.vouchers:
            self.delete_voucher(payment.voucher)
        if payment.booked:
            self._settle(kind, payment, -_settled_minor(payment))

    def spoil(self, record: str, shown: dict[str, Any]) -> None:
        """Have lists show fields of one record otherwise than they are; `record` is like `invoices/17`."""
        self._tenant.spoiled[record] = shown

    def lock_period(self, until: date | None) -> None:
        self._company.locked_until = until

    def serve_sie(self, year: int, content: bytes | None) -> None:
        """Let the SIE file of a year be these bytes, whatever they are; None: the company's own again."""
        if content is None:
            self._tenant.sie_files.pop(year, None)
        else:
            self._tenant.sie_files[year] = content

    def add_account(self, year: int, account: Account) -> None:
        self._company.accounts[year, account.number] = account
        self._tenant.touched["account", (year, account.number)] = self._state.clock.now()

    def add_series(self, year: int, series: Series) -> None:
        self._company.series[year, series.code] = series

    def _voucher(self, key: VoucherKey) -> Voucher:
        if key not in self._company.vouchers:
            raise EditError(f"no voucher {key[1]} {key[2]} in year {key[0]}")
        return self._company.vouchers[key]

    def _payments(self, kind: str) -> dict[int, Payment]:
        return self._company.invoice_payments if _is_customer(kind) else self._company.supplier_payments

    def _payment(self, kind: str, number: int) -> Payment:
        if number not in self._payments(kind):
            raise EditError(f"no {kind} payment {number}")
        return self._payments(kind)[number]

    def _invoice(self, kind: str, number: int) -> Invoice | SupplierInvoice:
        register: dict[int, Any] = self._company.invoices if _is_customer(kind) else self._company.supplier_invoices
        if number not in register:
            raise EditError(f"no {kind} invoice {number}")
        invoice: Invoice | SupplierInvoice = register[number]
        return invoice

    def _rows(self, kind: str, payment: Payment) -> list[VoucherRow]:
        name, standard = ("CUSTCLAIM", 1510) if _is_customer(kind) else ("SUPDEBT", 2440)
        claim = self._company.predefined_accounts.get(name, standard)
        bank = payment.mode_of_payment_account
        incoming = _is_customer(kind) == (payment.amount_ore >= 0)
        debit, credit = (bank, claim) if incoming else (claim, bank)
        moved_ore = abs(payment.amount_ore)
        return [VoucherRow(debit, debit_ore=moved_ore), VoucherRow(credit, credit_ore=moved_ore)]

    def _settle(self, kind: str, payment: Payment, minor: int) -> None:
        invoice = self._invoice(kind, payment.invoice_number)
        invoice.balance_minor -= minor
        invoice.final_pay_date = payment.date if invoice.balance_minor == 0 else None
        invoice.modified = self._state.clock.now()


def _settled_minor(payment: Payment) -> int:
    """Return what the payment takes off its invoice, in the invoice's currency: the money and what was let off."""
    written_off = sum(item.amount_ore for item in payment.write_offs) * payment.unit / Decimal(payment.rate)
    return payment.amount_minor + round(written_off)


def row_from(sent: dict[str, Any]) -> VoucherRow:
    """Make a row from JSON with the names of VoucherRow; EditError when a name is unknown."""
    unknown = set(sent) - {field.name for field in fields(VoucherRow)}
    if unknown:
        raise EditError(f"unknown fields of a row: {sorted(unknown)}")
    return VoucherRow(**sent)


def _is_customer(kind: str) -> bool:
    if kind not in ("customer", "supplier"):
        raise EditError("kind is customer or supplier")
    return kind == "customer"


def _series(kind: str) -> str:
    """Fortnox's standard set: C Inbetalningar, E Utbetalningar."""
    return "C" if _is_customer(kind) else "E"
