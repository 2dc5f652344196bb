"""What the export survives (P3, P4, P11): kills, bad answers, the same event again, two exporters, databases from before.

Some cases alone: `python -m tests.chaos.export_alone FAMILY FIRST [LAST] [--seed SEED]`.
"""

from __future__ import annotations

from tests.chaos.counts import Counts, part
from tests.chaos.export_answers import answers_gone_wrong
from tests.chaos.export_crowds import same_event_again, two_exporters
from tests.chaos.export_kills import KILLS, killed_at_a_line
from tests.chaos.export_restores import restored_from_before
from tests.chaos.export_runs import Family, run_family
from tests.chaos.export_servers import kill_postgres, kill_rabbitmq

FAMILIES = {
    "kills": Family("kill -9 at a statement of an export or its undo", sum(KILLS.values()), killed_at_a_line),
    "answers": Family("answers gone wrong", 500, answers_gone_wrong),
    "again": Family("the same event five times", 150, same_event_again),
    "two": Family("two exporters at once", 150, two_exporters),
    "restores": Family("a database restored from before", 250, restored_from_before),
}


@part("export")
def exporter_killed_at_every_statement(seed: int) -> Counts:
    return run_family(FAMILIES, "kills", seed)


@part("export")
def bad_answers(seed: int) -> Counts:
    return run_family(FAMILIES, "answers", seed)


@part("export")
def the_same_event_five_times(seed: int) -> Counts:
    return run_family(FAMILIES, "again", seed)


@part("export")
def two_exporters_at_once(seed: int) -> Counts:
    return run_family(FAMILIES, "two", seed)


@part("export")
def a_database_restored_from_before(seed: int) -> Counts:
    return run_family(FAMILIES, "restores", seed)


@part("export")
def postgres_killed(seed: int) -> Counts:
    return kill_postgres(seed)


@part("export")
def rabbitmq_killed(seed: int) -> Counts:
    return kill_rabbitmq(seed)
