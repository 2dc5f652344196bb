from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fortnox import DraftRow, Refused, VoucherDraft
from shared.money import kronor, ore_from

DRAFT = VoucherDraft(
    series="A",
    transaction_date=date(2025, 12, 31),
    description="Periodisering hyra",
    comments="ref 7c1f",
    rows=(
        DraftRow(account=1710, debit_ore=1_250_050, text="Hyra januari", cost_center="1", project="P2"),
        DraftRow(account=5010, credit_ore=1_250_050),
    ),
)


def test_the_body_holds_what_fortnox_asks_for_and_nothing_it_sets_itself() -> None:
    assert DRAFT.payload() == {
        "Voucher": {
            "VoucherSeries": "A",
            "TransactionDate": "2025-12-31",
            "Description": "Periodisering hyra",
            "Comments": "ref 7c1f",
            "VoucherRows": [
                {
                    "Account": 1710,
                    "Debit": 12500.5,
                    "Credit": 0,
                    "TransactionInformation": "Hyra januari",
                    "CostCenter": "1",
                    "Project": "P2",
                },
                {"Account": 5010, "Debit": 0, "Credit": 12500.5},
            ],
        }
    }


@given(ore=st.integers(1, 10**15 - 1))
def test_every_amount_is_written_as_the_decimal_number_that_was_meant(ore: int) -> None:
    rows = (DraftRow(account=1710, debit_ore=ore), DraftRow(account=5010, credit_ore=ore))
    body = json.dumps(replace(DRAFT, rows=rows).payload())
    written = json.loads(body, parse_float=Decimal)["Voucher"]["VoucherRows"]
    assert ore_from(written[0]["Debit"]) == ore_from(written[1]["Credit"]) == ore, kronor(ore)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"rows": ()}, "no rows"),
        ({"rows": (DraftRow(account=1710, debit_ore=100), DraftRow(account=5010, credit_ore=99))}, "differ"),
        ({"rows": (DraftRow(account=1710, debit_ore=-1), DraftRow(account=5010, credit_ore=-1))}, "more than zero"),
        ({"rows": (DraftRow(account=1710, debit_ore=1, credit_ore=1),)}, "either debit or credit"),
        ({"rows": (DraftRow(account=1710),)}, "more than zero"),
        ({"rows": (DraftRow(account=17, debit_ore=1), DraftRow(account=5010, credit_ore=1))}, "17 is no account"),
        ({"rows": (DraftRow(1710, 10**15), DraftRow(1710, 0, 10**15))}, "more than zero"),
        ({"description": ""}, "description is empty"),
        ({"description": "x" * 201}, "description is too long"),
        ({"description": 'said "no"'}, "characters"),
        ({"comments": "a|b"}, "comments"),
        ({"series": ""}, "series"),
        ({"series": "ABCDEFGHIJK"}, "series"),
        ({"rows": (DraftRow(1710, 1, text="x" * 101), DraftRow(5010, 0, 1))}, "text of row 1"),
    ],
)
def test_what_fortnox_would_refuse_does_not_become_a_draft(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(Refused, match=problem) as refusal:
        replace(DRAFT, **change)
    assert refusal.value.code == "voucher-draft-invalid"
