"""What a restart of the embedded default does to the leases of the process that died."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from fortnox_pipeline.embedded import forget_leases
from shared.connections.tokens import AFTER_LOST_ANSWER
from shared.store.connections import Connection
from tests.scene import open_scene


@pytest.mark.parametrize(
    ("was_renewing", "rest"),
    [(True, AFTER_LOST_ANSWER), (False, None)],
    ids=["a renewal under way", "no renewal under way"],
)
def test_only_a_renewal_that_was_under_way_is_waited_for(
    sqlite_url: str, was_renewing: bool, rest: timedelta | None
) -> None:
    # The process died with its refresh at Fortnox: a second one beside it would break the chain of tokens.
    with open_scene(sqlite_url) as scene:
        now = scene.clock.now()
        with scene.store.write() as session:
            row = session.get_one(Connection, scene.connection_id)
            row.lease_owner, row.lease_until = uuid4(), now + timedelta(minutes=1)
            row.pending_since = now if was_renewing else None
        forget_leases(scene.store, now)
        with scene.store.read() as session:
            row = session.get_one(Connection, scene.connection_id)
        assert row.lease_owner is None
        assert row.lease_until == (now + rest if rest else None)
