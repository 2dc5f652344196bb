from __future__ import annotations

from sqlalchemy import select

from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.paging import Page
from services.gateway.routes.router import keyed_router
from services.gateway.schemas.audit import AuditView
from services.gateway.schemas.base import Listing
from shared.store.firms import AuditEntry

router = keyed_router("audit")


@router.get("/audit")
def list_audit(deps: Deps, caller: CallerDep, page: Page) -> Listing[AuditView]:
    """Return the firm's audit log, newest first; entries are only ever added."""
    with deps.store.read() as session:
        statement = select(AuditEntry).where(AuditEntry.firm_id == caller.firm_id)
        rows, next_cursor = page.read(session, statement, AuditEntry.id)
    return Listing(items=[AuditView.model_validate(row) for row in rows], next_cursor=next_cursor)
