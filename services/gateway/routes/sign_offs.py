from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import AfterValidator, StringConstraints

from services.gateway import sign_offs
from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.routes.router import keyed_router, made, refusals
from services.gateway.schemas.schedule_requests import NewSignOff
from services.gateway.schemas.schedules import SignOffView
from shared.schedules.content import Role
from shared.storable import is_storable

router = keyed_router("schedules")


def _can_be_stored(reason: str) -> str:
    if not is_storable(reason):
        raise ValueError("the reason holds NUL or half of a surrogate pair, which cannot be stored")
    return reason


Reason = Annotated[
    Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_can_be_stored)
    ],
    Query(description="Why; kept in the audit log.", examples=["Fel kurs"]),
]


@router.post("/schedules/{schedule_id}/sign-offs", status_code=201, responses=made(201, 404, 409))
def sign_schedule(
    schedule_id: UUID, body: NewSignOff, deps: Deps, caller: CallerDep, response: Response
) -> SignOffView:
    """Sign a schedule as the one who prepared it, then as another one who reviewed it."""
    with deps.store.write() as session:
        signed = sign_offs.sign(session, caller, schedule_id, body, deps.clock.now())
        view = SignOffView.model_validate(signed)
    response.headers["Location"] = f"/v1/schedules/{schedule_id}"
    return view


@router.delete("/schedules/{schedule_id}/sign-offs/{role}", status_code=204, responses=refusals(404, 409))
def withdraw_sign_off(schedule_id: UUID, role: Role, reason: Reason, deps: Deps, caller: CallerDep) -> None:
    """Take a sign-off back, the reviewer's before the preparer's; the audit log keeps it."""
    with deps.store.write() as session:
        sign_offs.withdraw(session, caller, schedule_id, role, reason, deps.clock.now())
