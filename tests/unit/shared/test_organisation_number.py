from __future__ import annotations

import pytest

from shared.errors import Rejected
from shared.organisation_number import is_same, normalised, require_company


@pytest.mark.parametrize(
    "text", ["556016-0680", "5560160680", "165560160680", "16556016-0680", " 556016-0680 ", "556016 0680"]
)
def test_an_organisation_number_has_one_form_however_it_was_written(text: str) -> None:
    assert normalised(text) == "556016-0680"


@pytest.mark.parametrize("text", ["811228-9874", "19811228-9874", "198112289874", "811228+9874"])
def test_a_sole_trader_has_a_personal_number(text: str) -> None:
    assert normalised(text) == "811228-9874"


def test_a_coordination_number_has_sixty_added_to_its_day() -> None:
    assert normalised("701063-2391") == "701063-2391"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ten digits"),
        ("556016-068", "ten digits"),
        ("55601-60680", "ten digits"),
        ("SE556016068001", "ten digits"),
        ("٥٥٦٠١٦٠٦٨٠", "ten digits"),
        ("556016-0681", "check digit"),
        ("811328-9873", "neither"),
    ],
)
def test_what_is_no_organisation_number_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        normalised(text)


@pytest.mark.parametrize("written", ["556016-0680", "5560160680", "165560160680", "16556016-0680", " 556016 - 0680 "])
def test_an_organisation_number_is_the_same_however_it_is_written(written: str) -> None:
    assert is_same("556016-0680", written)
    require_company("556016-0680", written, "the company")


@pytest.mark.parametrize("other", ["556016-0681", "", "6556016068"])
def test_another_organisation_number_is_refused(other: str) -> None:
    with pytest.raises(Rejected, match="wrong-company"):
        require_company("556016-0680", other, "the company")
