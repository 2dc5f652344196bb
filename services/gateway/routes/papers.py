"""Schedules on paper: made anew at every request, the same bytes for the same schedule.

A signed one says what is known otherwise since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from services.gateway.auth import CallerDep
from services.gateway.deps import Deps
from services.gateway.language import Language, language_of
from services.gateway.routes.router import Responses, keyed_router, refusals
from shared.papers.csv import csv_of
from shared.papers.evidence import evidence_of
from shared.papers.filenames import file_stem
from shared.papers.pdf import pdf_of
from shared.papers.xlsx import xlsx_of
from shared.schedules.changes import KnownNow
from shared.schedules.content import Schedule
from shared.schedules.hashing import OF_THE_COPY, canonical_json
from shared.schedules.reading import content_of
from shared.schedules.signed import known_since_signed
from shared.store.database import of_firm
from shared.store.schedules import Schedule as StoredSchedule

router = keyed_router("papers")


class Paper(NamedTuple):
    suffix: str
    media_type: str
    made_of: Callable[[Schedule, Language, KnownNow | None], bytes]


XLSX: Final = Paper("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_of)
PDF: Final = Paper("pdf", "application/pdf", pdf_of)
CSV: Final = Paper("csv", "text/csv; charset=utf-8; header=present", csv_of)
ZIP: Final = Paper("zip", "application/zip", evidence_of)


async def _language(
    request: Request,
    lang: Annotated[Language | None, Query(description="Accept-Language decides unless told.")] = None,
) -> Language:
    return lang or language_of(request)


LanguageDep = Annotated[Language, Depends(_language)]


def _described(paper: Paper) -> dict[str, Any]:
    """Describe the file for the OpenAPI document."""
    content = {paper.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}}
    headers = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in (
            ("Content-Disposition", "The name of the file: what it is, of whom, at which day."),
            (
                "ETag",
                "Begins with the content hash; changes with a sign-off, and when a signed one is known otherwise.",
            ),
        )
    }
    responses: Responses = {
        200: {"description": "The file.", "content": content, "headers": headers},
        304: {"description": "The copy that If-None-Match names is the present one."},
        **refusals(404),
    }
    return {"response_class": Response, "responses": responses}


@router.get("/schedules/{schedule_id}.xlsx", **_described(XLSX))
def schedule_as_xlsx(
    schedule_id: UUID, request: Request, deps: Deps, caller: CallerDep, language: LanguageDep
) -> Response:
    """Return the schedule as a workbook: items, ageing, bridge, proposals and source."""
    return _answer(XLSX, schedule_id, request, deps, caller, language)


@router.get("/schedules/{schedule_id}.pdf", **_described(PDF))
def schedule_as_pdf(
    schedule_id: UUID, request: Request, deps: Deps, caller: CallerDep, language: LanguageDep
) -> Response:
    """Return the schedule as it is printed and signed, PDF/A on A4."""
    return _answer(PDF, schedule_id, request, deps, caller, language)


@router.get("/schedules/{schedule_id}.csv", **_described(CSV))
def schedule_as_csv(
    schedule_id: UUID, request: Request, deps: Deps, caller: CallerDep, language: LanguageDep
) -> Response:
    """Return the open items: semicolons and decimal commas in Swedish, RFC 4180 in English."""
    return _answer(CSV, schedule_id, request, deps, caller, language)


@router.get("/schedules/{schedule_id}.zip", **_described(ZIP))
def schedule_as_zip(
    schedule_id: UUID, request: Request, deps: Deps, caller: CallerDep, language: LanguageDep
) -> Response:
    """Return the evidence pack: the papers, the facts as JSON and a checksum of each."""
    return _answer(ZIP, schedule_id, request, deps, caller, language)


def _answer(
    paper: Paper, schedule_id: UUID, request: Request, deps: Deps, caller: CallerDep, language: Language
) -> Response:
    with deps.store.read() as session:
        row = of_firm(session, StoredSchedule, caller.firm_id, schedule_id)
        schedule, now = content_of(row), known_since_signed(session, row)
    tag = entity_tag(schedule, language, now)
    headers = {"ETag": f"W/{tag}", "Vary": "Accept-Language", "Cache-Control": "private, no-cache"}
    if _is_present(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    name = f"{file_stem(schedule, language)}.{paper.suffix}"
    headers |= {"Content-Disposition": f'attachment; filename="{name}"', "Content-Language": language}
    return Response(paper.made_of(schedule, language, now), headers=headers, media_type=paper.media_type)


def entity_tag(schedule: Schedule, language: Language, now: KnownNow | None) -> str:
    """Return a tag of content, sign-offs, what is known since, and language.

    It is weak (RFC 9110, 8.8.1), for the layout may change with us.
    """
    copy = canonical_json([{name: getattr(schedule, name) for name in OF_THE_COPY}, now and now.id])
    return f'"{schedule.content_hash}-{hashlib.sha256(copy).hexdigest()[:16]}-{language}"'


def _is_present(if_none_match: str, tag: str) -> bool:
    known = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in known or "*" in known
