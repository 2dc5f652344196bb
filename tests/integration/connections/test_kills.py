"""A quick part of `make chaos ONLY=connection`: kill -9 in renewals, and many users of one expired token."""

from __future__ import annotations

from tests.chaos.connection import on_both_stores, use_expired_token
from tests.chaos.kills import STEPS, kill_renewals

SEED = 7


def test_a_renewal_that_is_killed_at_any_step_leaves_a_living_connection_or_a_reported_one() -> None:
    # The leases of the dead are cut short, so that their 48 seconds need not be waited for.
    for counts in on_both_stores(lambda url: kill_renewals(url, SEED, sorted(STEPS), wait_for_leases=False)):
        assert counts.holds, counts
        assert counts.ok + counts.refused == counts.attempted == len(STEPS), counts
        assert counts.refused > 0, counts  # at least the one whose answer was cut off
        assert counts.ok > 0, counts  # at least the one that never came so far as to ask


def test_fifty_users_in_eight_processes_renew_an_expired_token_once() -> None:
    # Fortnox takes 0.7 s for a refresh, and two within that time would both succeed and break the chain.
    for counts in on_both_stores(lambda url: use_expired_token(url, SEED)):
        assert counts.holds, counts
        assert [(row.name, row.value) for row in counts.targets] == [("refreshes at Fortnox", 1)]
