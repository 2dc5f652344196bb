"""The same choice is the same terms, however it is written."""

from __future__ import annotations

from decimal import Decimal

from services.scheduler.terms import Terms

TERMS = Terms(("1580", "1511"), {"USD": (Decimal("9.5"), 1), "JPY": (Decimal("7.10"), 100)})


def test_order_and_closing_zeros_make_no_other_terms() -> None:
    same = Terms(("1511", "1580", "1511"), {"JPY": (Decimal("7.1"), 100), "USD": (Decimal("9.500"), 1)})
    assert (same.to_json(), same.hash) == (TERMS.to_json(), TERMS.hash)


def test_another_account_rate_or_unit_makes_other_terms() -> None:
    others = [
        Terms(),
        Terms(("1511",), TERMS.rates),
        Terms(TERMS.accounts, {"USD": TERMS.rates["USD"]}),
        Terms(TERMS.accounts, {**TERMS.rates, "USD": (Decimal("9.51"), 1)}),
        Terms(TERMS.accounts, {**TERMS.rates, "JPY": (Decimal("7.10"), 1)}),
    ]
    assert len({terms.hash for terms in [TERMS, *others]}) == 1 + len(others)


def test_stored_terms_come_back_as_they_were() -> None:
    again = Terms.from_json(TERMS.to_json())
    assert (again.hash, again.rates["JPY"]) == (TERMS.hash, (Decimal("7.1"), 100))
    assert Terms.from_json(Terms(rates={"IDR": (Decimal(100), 1)}).to_json()).rates == {"IDR": (Decimal(100), 1)}
