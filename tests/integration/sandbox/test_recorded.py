"""Our answers beside recorded ones of the real Fortnox."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.sandbox.conftest import Visitor
from tests.integration.sandbox.reference import recorded

# Headers of the recording that say something about its contents; the rest belongs to the web server in front.
TOLD = ("content-type", "cache-control", "pragma", "server")
PRESENT = ("x-uid", "x-build", "x-rack-responsetime")


def kind(value: object) -> str:
    """The JSON type, integers and fractions taken together."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def kinds(items: list[dict[str, Any]]) -> dict[str, set[str]]:
    return {name: {kind(item[name]) for item in items} for name in items[0]}


def assert_same_headers(answer: httpx.Response, response: dict[str, Any]) -> None:
    headers = {name.lower(): values[0] for name, values in response["headers"].items()}
    for name in TOLD:
        assert answer.headers.get(name) == headers.get(name), name
    for name in PRESENT:
        assert (name in answer.headers) == (name in headers), name


def test_a_token_answer_is_shaped_as_recorded(visitor: Visitor) -> None:
    response = recorded("oauth_token_200.json")
    answer = visitor.refresh(visitor.tokens["refresh_token"])
    assert list(answer.json()) == list(response["body_json"])
    assert answer.json()["expires_in"] == response["body_json"]["expires_in"]
    assert answer.json()["token_type"] == response["body_json"]["token_type"]
    assert_same_headers(answer, response)


def test_a_bad_refresh_token_is_refused_as_recorded(visitor: Visitor) -> None:
    response = recorded("oauth_token_400_invalid_refresh_token.json")
    answer = visitor.refresh("nonsense")
    assert (answer.status_code, answer.text) == (response["status"], response["body_raw"])
    assert_same_headers(answer, response)


def test_a_wrong_secret_is_refused_as_recorded(visitor: Visitor) -> None:
    response = recorded("oauth_token_401_invalid_authorization.json")
    wrong = httpx.BasicAuth("sandbox-client", "wrong")
    answer = visitor.token(wrong, grant_type="refresh_token", refresh_token=visitor.tokens["refresh_token"])
    assert (answer.status_code, answer.text) == (response["status"], response["body_raw"])
    assert_same_headers(answer, response)


def test_an_expired_token_is_refused_as_recorded(visitor: Visitor) -> None:
    response = recorded("customers_get_list_401_expired_token.json")
    visitor.control("clock", {"advance_s": 3601})
    answer = visitor.get("customers")
    assert (answer.status_code, answer.text) == (response["status"], response["body_raw"])
    assert answer.headers["content-length"] == response["headers"]["Content-Length"][0]
    assert_same_headers(answer, response)


def test_an_unknown_filter_is_refused_as_recorded(visitor: Visitor) -> None:
    response = recorded("invoices_get_list_400_filter_invalid.json")
    answer = visitor.get("invoices/", filter="doesntexist")
    assert (answer.status_code, answer.text) == (response["status"], response["body_raw"])
    assert_same_headers(answer, response)


def test_an_unknown_invoice_is_missing_as_recorded(visitor: Visitor) -> None:
    response = recorded("invoices_get_single_404_find_failure.json")
    answer = visitor.get("invoices/123456789")
    assert (answer.status_code, answer.text) == (response["status"], response["body_raw"])
    assert_same_headers(answer, response)


@pytest.mark.parametrize(("name", "path"), [("customers", "Customers"), ("invoices", "Invoices")])
def test_a_list_is_shaped_as_recorded(visitor: Visitor, name: str, path: str) -> None:
    response = recorded(f"{name}_get_list_200.json")
    answer = visitor.get(f"{name}/")
    ours, theirs = answer.json(), response["body_json"]
    assert list(ours) == list(theirs)
    assert kinds([ours["MetaInformation"]]) == kinds([theirs["MetaInformation"]])
    assert ours[path][0].keys() == theirs[path][0].keys()
    recorded_kinds = kinds(theirs[path])
    for field, found in kinds(ours[path]).items():
        # Every recorded invoice has a due date; the company made by hand has one without.
        assert found <= recorded_kinds[field] | ({"null"} if field == "DueDate" else set()), field
    assert_same_headers(answer, response)


def test_a_single_invoice_is_shaped_as_recorded(visitor: Visitor) -> None:
    theirs = recorded("invoices_get_single_200.json")["body_json"]["Invoice"]
    # Not paid, not booked, as the recorded one.
    ours = visitor.get("invoices/103").json()["Invoice"]
    assert ours.keys() == theirs.keys()
    assert {**kinds([ours]), "DueDate": {"string"}} == kinds([theirs])
    for part in ("EDIInformation", "EmailInformation"):
        assert kinds([ours[part]]) == kinds([theirs[part]])


def test_the_bytes_are_escaped_as_recorded(visitor: Visitor) -> None:
    assert "https:\\/\\/" in recorded("invoices_get_list_200.json")["body_raw"]
    text = visitor.get("companyinformation").text
    assert '"CompanyName":"\\u00c5keri & S\\u00f6ner AB"' in text
    assert '"@url":"https:\\/\\/api.fortnox.se\\/3\\/financialyears\\/1"' in visitor.get("financialyears").text
