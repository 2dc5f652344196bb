"""Sign-off: who prepared and who reviewed a schedule, in this order, and nothing of it is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from shared.errors import Rejected
from shared.schedules.reading import read_schedule
from shared.store.schedules import Schedule
from tests.integration.gateway.closing import Closing
from tests.integration.gateway.house import problem_of

UNEXPLAINED = {
    "code": "D99",
    "amount_ore": 17_00,
    "documents": [],
    "vouchers": [],
    "first_date": None,
    "last_date": None,
    "note": "no cause was found",
}


def test_preparer_and_reviewer_sign_one_after_the_other_and_are_shown(closing_on_both: Closing) -> None:
    closing = closing_on_both
    schedule = closing.newest()
    problem_of(closing.sign(schedule, "reviewer", "Bo"), 409, "preparer-missing")
    first = closing.sign(schedule, "preparer", "Anna Ek", comment="Stämmer")
    assert (first.status_code, first.headers["location"]) == (201, f"/v1/schedules/{schedule}")
    problem_of(closing.sign(schedule, "preparer", "Bo"), 409, "sign-off-exists")
    problem_of(closing.sign(schedule, "reviewer", " anna  EK"), 409, "reviewer-is-preparer")
    assert closing.sign(schedule, "reviewer", "Bo").status_code == 201
    shown = closing.get(f"/v1/schedules/{schedule}")["sign_offs"]
    assert [(each["role"], each["name"], each["comment"]) for each in shown] == [
        ("preparer", "Anna Ek", "Stämmer"),
        ("reviewer", "Bo", ""),
    ]
    listed = closing.get(closing.house.engagement_path("/schedules?kind=receivables"))["items"]
    assert [each["sign_offs"] for each in listed] == [shown]
    assert [sign_off.name for sign_off in closing.content(schedule).sign_offs] == ["Anna Ek", "Bo"]
    assert closing.house.audited() == ["schedule-signed", "schedule-signed"]


def test_a_sign_off_is_withdrawn_with_a_reason_and_stays_on_record(closing_on_both: Closing) -> None:
    closing = closing_on_both
    schedule = closing.newest()
    problem_of(closing.withdraw(schedule, "preparer"), 404, "not-found")
    closing.sign(schedule, "preparer", "Anna")
    closing.sign(schedule, "reviewer", "Bo")
    problem_of(closing.withdraw(schedule, "preparer"), 409, "sign-off-reviewed")
    assert closing.withdraw(schedule, "reviewer", "fel underlag").status_code == 204
    assert closing.withdraw(schedule, "preparer", "fel person").status_code == 204
    assert closing.get(f"/v1/schedules/{schedule}")["sign_offs"] == []
    assert closing.sign(schedule, "preparer", "Cia").status_code == 201
    kept = [(each.name, each.withdrawn_reason) for each in closing.row(schedule).sign_offs]
    assert kept == [("Anna", "fel person"), ("Bo", "fel underlag"), ("Cia", None)]
    withdrawn = closing.house.audit()[2]
    assert (withdrawn.action, withdrawn.subject) == ("schedule-sign-off-withdrawn", UUID(schedule))
    assert (withdrawn.details["role"], withdrawn.details["reason"]) == ("reviewer", "fel underlag")


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ({"bridge": [UNEXPLAINED]}, "unexplained-difference"),
        (
            {"complete": False, "faults": [{"document": "17", "code": "unreadable", "reason": "?"}]},
            "schedule-incomplete",
        ),
    ],
)
def test_what_leaves_a_question_is_signed_with_a_comment_only(
    closing: Closing, stored: dict[str, object], code: str
) -> None:
    schedule = closing.newest()
    closing.scene.change(Schedule, UUID(schedule), **stored)
    for role, name in (("preparer", "Anna"), ("reviewer", "Bo")):
        problem_of(closing.sign(schedule, role, name), 409, code)
        problem_of(closing.sign(schedule, role, name, comment="  "), 409, code)
        assert closing.sign(schedule, role, name, comment="Utredd").status_code == 201


def test_two_who_sign_at_the_same_instant_do_not_both_stand(closing_on_both: Closing) -> None:
    """Both look for a preparer before either has written one; the second waits for the row and then finds the first."""
    schedule = closing_on_both.newest()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: closing_on_both.sign(schedule, "preparer", name), ("A", "B", "C", "D")))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(closing_on_both.row(schedule).sign_offs) == 1


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"role": "boss", "name": "Anna"}, ["body", "role"]),
        ({"role": "preparer", "name": " "}, ["body", "name"]),
        ({"role": "preparer", "name": "A" * 101}, ["body", "name"]),
        ({"role": "preparer"}, ["body", "name"]),
        ({"role": "preparer", "name": "Anna", "comment": "x" * 2001}, ["body", "comment"]),
        ({"role": "preparer", "name": "Anna", "comment": 1}, ["body", "comment"]),
        ({"role": "preparer", "name": "Anna", "at": "2025-12-31"}, ["body", "at"]),
    ],
)
def test_a_sign_off_that_is_wrong_is_refused_by_its_field(
    lasting_closing: Closing, body: dict[str, object], location: list[str]
) -> None:
    path = f"/v1/schedules/{lasting_closing.newest()}/sign-offs"
    faults = problem_of(lasting_closing.house.http.post(path, json=body), 422, "invalid-request")["errors"]
    assert [fault["location"] for fault in faults] == [location]


@pytest.mark.parametrize("query", ["", "?reason=", "?reason=%20", "?reason=%00", "?reason=" + "x" * 2001])
def test_nothing_is_withdrawn_without_a_reason(lasting_closing: Closing, query: str) -> None:
    path = f"/v1/schedules/{lasting_closing.newest()}/sign-offs/preparer{query}"
    faults = problem_of(lasting_closing.house.http.delete(path), 422, "invalid-request")["errors"]
    assert [fault["location"] for fault in faults] == [["query", "reason"]]


def test_no_firm_reads_or_signs_another_firms_schedule(lasting_closing: Closing) -> None:
    schedule = lasting_closing.newest()
    with lasting_closing.house.as_firm(lasting_closing.house.other) as other:
        for method, path in [("GET", ""), ("GET", "/changes"), ("POST", "/sign-offs")]:
            body = {"role": "preparer", "name": "Eva"} if method == "POST" else None
            problem_of(other.request(method, f"/v1/schedules/{schedule}{path}", json=body), 404, "not-found")
    with lasting_closing.scene.store.read() as session, pytest.raises(Rejected, match="not-found"):
        read_schedule(session, uuid4(), UUID(schedule))
