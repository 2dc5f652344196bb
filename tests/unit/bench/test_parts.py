"""Parts are run in their order, or one alone; a row knows whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bench.rows import at_least, at_most
from tests.chaos.counts import Counts
from tests.parts import Parts, UnknownPartError


def _two_parts() -> Parts[Callable[[], str]]:
    parts: Parts[Callable[[], str]] = Parts()
    parts.part("export")(lambda: "exported")
    parts.part("import")(lambda: "imported")
    return parts


def test_all_parts_run_in_their_own_order_not_in_that_of_registration() -> None:
    assert [run() for _, run in _two_parts().chosen("")] == ["imported", "exported"]


def test_one_part_runs_alone() -> None:
    assert [name for name, _ in _two_parts().chosen("export")] == ["export"]


def test_a_part_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    with pytest.raises(UnknownPartError, match="connection, import, schedules"):
        _two_parts().chosen("imports")


def test_a_row_holds_up_to_its_target_and_not_beyond() -> None:
    assert at_most("delay", 5.0, "s", target=5, yardstick="P7").holds
    assert not at_most("delay", 5.1, "s", target=5, yardstick="P7").holds
    assert at_least("rate", 100.0, "1/s", target=100, yardstick="a season").holds
    assert not at_least("rate", 99.0, "1/s", target=100, yardstick="a season").holds


@pytest.mark.parametrize("broken", ["lost", "duplicated", "unknown"])
def test_a_chaos_run_holds_only_when_nothing_is_lost_twice_or_unknown(broken: str) -> None:
    good: dict[str, Any] = dict.fromkeys(("attempted", "acknowledged", "ok"), 10) | dict.fromkeys(
        ("lost", "duplicated", "unknown"), 0
    )
    assert Counts(name="", seed=1, recovered=3, **good).holds
    assert not Counts(name="", seed=1, recovered=3, **(good | {broken: 1})).holds
