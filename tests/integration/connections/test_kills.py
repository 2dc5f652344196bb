"""A quick part of `make chaos ONLY=connection`: kill -9 in renewals, and many users of one expired token."""

from __future__ import annotations

from tests.chaos.connection import kill_renewals, users_of_one_expired_token

SEED = 7


def test_a_renewal_that_is_killed_at_any_step_leaves_a_living_connection_or_a_reported_one() -> None:
    # The leases of the dead are ended by hand, so that their 48 seconds need not be waited for.
    counts = kill_renewals(SEED, 12, wait_for_leases=False)
    assert counts.holds, counts
    assert counts.ok + counts.refused == counts.attempted, counts
    assert counts.refused > 0, counts
    assert counts.ok > 0, counts


def test_fifty_users_in_eight_processes_renew_an_expired_token_once() -> None:
    # Fortnox takes 0.7 s for a refresh, and two within that time would both succeed and break the chain.
    counts = users_of_one_expired_token(SEED)
    assert counts.holds, counts
    assert counts.notes == "1 refresh at Fortnox"
