"""The files of one slice: into Fortnox' inbox, then onto their vouchers; a file changes nothing about its voucher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog

from services.exporter.file_look import FileLook, Place
from services.exporter.file_steps import FileJob, FileSteps
from services.exporter.reconcile import other_company
from shared.adjustments import Doubt
from shared.clock import Clock
from shared.errors import PipelineError
from shared.fortnox import (
    UNUSABLE_CONNECTION,
    FileDraft,
    FortnoxClient,
    OutcomeUnknown,
    PermissionMissing,
    Refused,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")


def send_files(fortnox: FortnoxClient, steps: FileSteps, clock: Clock, ends_at: datetime) -> None:
    """Send the files of posted vouchers one at a time; raises what concerns all of them."""
    looks = FileLook(fortnox)
    jobs = list(steps.to_send())
    while jobs:
        job = jobs.pop(0)
        try:
            _send(fortnox, steps, looks, job)
        except UNUSABLE_CONNECTION:
            raise
        except PermissionMissing as error:
            # Nothing that follows may be sent either; the vouchers are posted all the same.
            for refused in (job, *jobs):
                steps.refused(refused.file, error)
            return
        except Refused as error:
            steps.refused(job.file, error)
        if clock.now() >= ends_at:
            return


def find_out_files(fortnox: FortnoxClient, steps: FileSteps) -> None:
    """Look for the files whose outcome is unknown."""
    looks = FileLook(fortnox)
    for job in steps.to_find_out():
        try:
            found = _find(fortnox, steps, looks, job)
        except UNUSABLE_CONNECTION:
            raise
        except Refused as error:
            found = Doubt(error.code, error.reason)
        if found is None:
            steps.missed(job)
        else:
            _note(steps, job, found)


def _send(fortnox: FortnoxClient, steps: FileSteps, looks: FileLook, job: FileJob) -> None:
    """Upload and connect the file, but for what an earlier life of this database has done already (P11)."""
    found = _find(fortnox, steps, looks, job)
    if found is not None:
        _note(steps, job, found)
    if isinstance(found, Doubt) or (found is not None and found.is_connected):
        return
    file_id = found.file_id if found else job.file.fortnox_file_id or _upload(fortnox, steps, job)
    if file_id is not None:
        _connect(fortnox, steps, job, file_id)


def _find(fortnox: FortnoxClient, steps: FileSteps, looks: FileLook, job: FileJob) -> Place | Doubt | None:
    """Return how far the file has come in Fortnox beyond what is known here."""
    if elsewhere := other_company(job.voucher.tenant_id, steps.tenant_id):
        return elsewhere
    file_id = job.file.fortnox_file_id
    if file_id is None:
        return looks.find(job.file, job.key, job.others)
    connection = fortnox.file_connection(file_id)
    if connection is None:
        return None
    if connection.is_of(job.key):
        return Place(file_id, is_connected=True)
    return Doubt("file-on-other-voucher", f"{job.file.name} hangs on {connection.series}{connection.number}")


def _note(steps: FileSteps, job: FileJob, found: Place | Doubt) -> None:
    if isinstance(found, Doubt):
        steps.needs_human(job.file, found)
    elif found.is_connected:
        steps.connected(job.file, found.file_id)
    else:
        steps.uploaded(job.file, found.file_id)


def _upload(fortnox: FortnoxClient, steps: FileSteps, job: FileJob) -> str | None:
    """Return the file's id in the inbox, None when that is not known."""
    draft = FileDraft(job.file.name, steps.content(job.file), job.file.file.media_type)
    steps.uploading(job.file)
    uploaded = _ask(steps, job, lambda: fortnox.upload_file(draft))
    if uploaded is None:
        return None
    steps.uploaded(job.file, uploaded.id)
    return uploaded.id


def _connect(fortnox: FortnoxClient, steps: FileSteps, job: FileJob, file_id: str) -> None:
    steps.connecting(job.file)
    if _ask(steps, job, lambda: fortnox.connect_file(file_id, job.key)) is not None:
        steps.connected(job.file, file_id)


def _ask(steps: FileSteps, job: FileJob, request: Callable[[], T]) -> T | None:
    """Return the answer, None when its outcome is not known; a refusal is left to the caller."""
    try:
        return request()
    except OutcomeUnknown as error:
        log.warning("file_outcome_unknown", code=error.code, reason=error.reason)
        steps.unknown(job.file, error)
        return None
    except UNUSABLE_CONNECTION:
        steps.not_sent(job.file)
        raise
    except Refused:
        raise
    except PipelineError:
        # Every other error proves that nothing left: no turn, no token, no connection.
        steps.not_sent(job.file)
        raise
