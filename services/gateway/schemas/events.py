"""What the sender of events hears."""

from __future__ import annotations

from typing import Literal

from services.gateway.schemas.base import View


class EventResult(View):
    """`duplicate` is an event that was accepted before and has no second effect."""

    id: str
    result: Literal["accepted", "duplicate"]


class EventsAccepted(View):
    events: list[EventResult]
