"""A disconnect beside a renewal: whoever comes first, the end of the connection is told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.sandbox.faults import FaultRule
from shared.connections.states import ACTIVE
from shared.errors import Later
from shared.store.connections import Connection
from tests.integration.gateway.house import House
from tests.waiting import wait_for


def test_a_renewal_that_is_refused_in_the_middle_of_a_disconnect_tells_of_the_end_and_the_disconnect_does_not_again(
    house: House,
) -> None:
    # Fortnox has taken the consent back for the disconnect, and its answer is on the way. A worker renews, is refused
    # and ends the connection as lost. Then the disconnect gets its answer and finds the row ended: it puts its own
    # reason there, because that is what a person did, and says nothing on the bus.
    scene = house.scene
    consents = scene.sandbox.state.grants._consents
    scene.sandbox.state.faults.add(FaultRule("latency", path="/oauth-v1/revoke", seconds=0.7))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(house.http.delete, house.engagement_path("/connection"))
        wait_for(lambda: all(consent.revoked for consent in consents), what="the revocation")
        with pytest.raises(Later, match="reconnect-needed"):
            scene.access.tokens(scene.connection_id).renew_now()
        assert not answer.done()
        assert answer.result().status_code == 204
    assert [message.name for message in house.outbox()] == ["connection-lost"]
    assert (scene.connection().state, scene.connection().state_code) == ("revoked", "disconnected")
    assert house.audited() == ["connection-lost", "connection-revoked", "connection-removed"]


def test_two_disconnects_at_once_tell_of_the_end_once(house: House) -> None:
    # Both revoke before either has locked the row; the second one finds it ended.
    house.scene.sandbox.state.faults.add(FaultRule("latency", path="/oauth-v1/revoke", count=None, seconds=0.3))
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(house.http.delete, house.engagement_path("/connection")) for _ in range(2)]
        assert [answer.result().status_code for answer in answers] == [204, 204]
    assert [message.name for message in house.outbox()] == ["connection-lost"]


def test_a_consent_on_which_another_firm_lives_is_forgotten_and_not_revoked(house: House) -> None:
    scene = house.scene
    scene.change(Connection, house.other.ids["connection_id"], state=ACTIVE, tenant_id=scene.company.database_number)
    assert house.http.delete(house.engagement_path("/connection")).status_code == 204
    assert not any(consent.revoked for consent in scene.sandbox.state.grants._consents)
    row, removed = scene.connection(), house.audit()[-1]
    assert (row.state_code, row.access_token, row.refresh_token) == ("disconnected", None, None)
    assert (removed.details["revoked_at_fortnox"], removed.details["may_be_shared"]) == (False, True)


def test_what_the_wrong_company_left_behind_goes_with_a_disconnect(house: House) -> None:
    scene = house.scene
    scene.change(Connection, scene.connection_id, state="revoked", state_code="wrong-company", access_token=None)
    assert house.http.delete(house.engagement_path("/connection")).status_code == 204
    assert scene.connection().refresh_token is None
    assert all(consent.revoked for consent in scene.sandbox.state.grants._consents)
    assert house.outbox() == []
