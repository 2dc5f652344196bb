"""The client has a second company in Fortnox, with the same organisation number, and the connection leads there now."""

from __future__ import annotations

import copy

import pytest

from services.sandbox.company import Company
from tests.integration.exporter.closing import Closing


@pytest.fixture
def second(closing: Closing) -> Company:
    """A company without our vouchers, whose tenant id is another one."""
    company = copy.deepcopy(closing.scene.company)
    company.database_number += 1
    closing.scene.sandbox.state.add_company(company)
    return company


def switch_to(closing: Closing, company: Company) -> None:
    closing.scene.sandbox.state.chosen_tenant = company.database_number
    closing.scene.reconnect()
    assert closing.scene.connection().tenant_id == company.database_number


def ours(company: Company) -> list[str]:
    return [voucher.comments for voucher in company.vouchers.values() if voucher.comments and "FP" in voucher.comments]


def test_what_was_sent_to_one_company_is_not_missed_in_another(closing: Closing, second: Company) -> None:
    closing.adjust("V", 1)
    closing.misbehave("cut-after-commit")
    closing.misbehave("500", method="GET", nth=2)  # the look right after the POST
    closing.deliver(closing.plan())
    assert closing.states() == [("unknown", "fortnox-answer-lost")]
    switch_to(closing, second)
    assert closing.finish().state == "completed"
    (voucher,) = closing.vouchers()
    assert (voucher.state, voucher.reason_code) == ("needs-human", "other-company-found")
    assert voucher.reason is not None
    assert str(closing.scene.company.database_number) in voucher.reason
    assert (len(closing.booked()), ours(second)) == (1, [])


def test_a_voucher_of_one_company_is_not_taken_back_in_another(closing: Closing, second: Company) -> None:
    closing.adjust("V", 1)
    closing.deliver(closing.plan())
    assert closing.vouchers()[0].tenant_id == closing.scene.company.database_number
    switch_to(closing, second)
    closing.deliver(closing.undo())
    assert closing.states() == [("refused", "other-company-found")]
    assert closing.statuses() == {"V1": "transferred"}
    assert ours(second) == []


def test_a_file_does_not_follow_into_another_company(closing: Closing, second: Company) -> None:
    """The numbers of vouchers say nothing there: the file would hang on somebody else's."""
    closing.attach(closing.adjust("V", 1), "hyra.pdf", b"hyra")
    closing.misbehave("429", path="/3/inbox")
    closing.deliver(closing.plan())
    assert (closing.states(), closing.file_states()) == ([("posted", None)], [("planned", None)])
    switch_to(closing, second)
    closing.finish()
    assert closing.file_states() == [("needs-human", "other-company-found")]
    assert second.files == {}
