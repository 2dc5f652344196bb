"""An accountant's browser: it keeps its cookies and follows the way from the engagement to Fortnox and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from services.sandbox.generator import generate
from tests.integration.gateway.house import House
from tests.scene import NO_CERTIFICATES, REDIRECT_URI, SMALL

OTHER_TENANT = 700_999
ORIGIN = REDIRECT_URI.removesuffix("/oauth/fortnox/callback")


class Browser:
    def __init__(self, house: House, language: str = "en") -> None:
        self._house = house
        # Without kept connections there is nothing to close at the end of a test.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(
            base_url=house.url, headers={"Accept-Language": language}, limits=limits, verify=NO_CERTIFICATES
        )

    def ask(self, grant: str = "authorization_code") -> str:
        """Have the upstream system ask for a trip; return the path of the address that the accountant is given."""
        answer = self._house.http.post(self._house.engagement_path("/connection"), json={"grant": grant})
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["authorize_url"]
        assert url.startswith(f"{ORIGIN}/oauth/fortnox/start/")
        return url.removeprefix(ORIGIN)

    def begin(self, grant: str = "authorization_code") -> str:
        """Open that address and press the button; return the address at Fortnox to which it leads."""
        path = self.ask(grant)
        page = self.open(path)
        assert page.status_code == 200, page.text
        answer = self.proceed(path)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def open(self, path: str) -> httpx.Response:
        return page_of(self.http.get(path))

    def proceed(self, path: str) -> httpx.Response:
        """Press the button on the page of that address."""
        return self.http.post(path, headers={"Sec-Fetch-Site": "same-origin"})

    def go(self, grant: str = "authorization_code") -> httpx.Response:
        """Make the whole trip."""
        return self.come_back(approve(self.begin(grant)))

    def come_back(self, query: str) -> httpx.Response:
        return page_of(self.http.get(f"/oauth/fortnox/callback?{query}"))


def approve(authorize_url: str) -> str:
    """Go to Fortnox, which approves or not as the stand-in was told; return the query that the browser comes back with."""
    answer = httpx.get(authorize_url, follow_redirects=False, verify=NO_CERTIFICATES)
    return urlsplit(answer.headers["location"]).query


def state_of(authorize_url: str) -> str:
    return parse_qs(urlsplit(authorize_url).query)["state"][0]


def page_of(answer: httpx.Response) -> httpx.Response:
    """Check what all pages have in common."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    return answer


def control(house: House, **body: Any) -> None:
    """Tell the stand-in how approvals end from now on."""
    httpx.post(f"{house.scene.sandbox.url}/_control/consent", json=body).raise_for_status()


def approve_another_company(house: House) -> None:
    """Have approvals from now on be for another company than the client's, with the number OTHER_TENANT."""
    company, _ = generate(replace(SMALL, seed=2, vouchers_per_year=12))
    company.database_number = OTHER_TENANT
    house.scene.sandbox.state.add_company(company)
    control(house, tenant=OTHER_TENANT)
