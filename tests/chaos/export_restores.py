"""A database that comes back from before: whatever it has forgotten, Fortnox ends up with each voucher once (P11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from shared.messaging.events import Event
from shared.store.adjustments import AdjustmentRow
from tests.chaos.export_cases import Case
from tests.chaos.export_judge import is_behind

ELSEWHERE = ({"V": "A", "S": "I"}, {"V": "I", "S": "A"}, {"V": "I", "S": "I"})
ONE_VOUCHER = timedelta(0)  # a slice that is over after one
CHANGED = 0.08  # of the cases: an adjustment is changed after the copy was made, and Fortnox has what it says then
WHILE_IT_STANDS = (3, 9)  # the steps after which it does
Step = Callable[[], None]


def restored_from_before(case: Case) -> None:
    """Export, take back and export again; bring a copy of some moment back at a later one; then go on from there.

    Events of the time that the copy does not know may still be in the queue, and come again. What the copy believes to
    stand although it was taken back since is taken back and exported once more: that brings the rows up to date.
    """
    case.interrupted = True
    rng = case.rng
    case.adjust(rng.choices("VS", k=rng.randint(1, 3)), files=(rng.choice((0, 1)),))
    history = History(case)
    saved_after = rng.randrange(len(history.steps))
    restored_after = rng.randint(saved_after + 1, len(history.steps))
    if is_changed := rng.random() < CHANGED:
        saved_after, restored_after = 0, rng.choice(WHILE_IT_STANDS)
    case.about = f"copied after {saved_after} steps, back after {restored_after}"
    for done, step in enumerate(history.steps[:restored_after]):
        if done == saved_after:
            case.save()
            if is_changed:
                history.change_the_first()
        step()
    case.restore()
    if rng.random() < 0.5:
        history.deliver_again()
    history.deliver_unfinished()
    history.go_on()


class History:
    """What is done to the adjustments of a case, step by step, and the events that came of it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._events: list[Event] = []
        again = (self._one_voucher, self._finish)
        self.steps: tuple[Step, ...] = (self._plan, *again, self._undo, *again, self._plan, *again)

    def change_the_first(self) -> None:
        """Change what an adjustment says after the copy was made."""
        case = self._case
        case.asked[0] = replace(case.asked[0], may_differ=True)
        with case.closing.scene.store.write() as session:
            first = AdjustmentRow.adjustment_id == case.asked[0].id
            session.execute(update(AdjustmentRow).where(first, AdjustmentRow.position == 1).values(text="rättad"))

    def deliver_again(self) -> None:
        for event in self._events:
            self._case.deliver(event)

    def deliver_unfinished(self) -> None:
        """Ask for a slice of every export that the copy has in the middle of its work, as an operator does."""
        for export in self._case.exports():
            if export.state not in {"completed", "failed"}:
                self._case.deliver(self._case.ask_for(export.id))
        self._case.finish()

    def go_on(self) -> None:
        """Export what waits; perhaps take it back, perhaps export it again."""
        case = self._case
        self._plan()
        self._finish()
        must_catch_up = is_behind(case)
        if must_catch_up or case.rng.random() < 0.6:
            self._undo()
            self._finish()
            case.taken_back = True
            if must_catch_up or case.rng.random() < 0.5:
                self._plan()
                self._finish()
                case.taken_back = False

    def _plan(self) -> None:
        event = self._case.plan(self._case.rng.choice(ELSEWHERE))
        self._events += [event] if event is not None else []

    def _undo(self) -> None:
        self._events += self._case.undo()

    def _one_voucher(self) -> None:
        self._case.deliver(self._events[-1], slice_time=ONE_VOUCHER)

    def _finish(self) -> None:
        if self._events:
            self._case.deliver(self._events[-1])
        self._case.finish()
