"""The evidence pack: one ZIP with the papers, the facts and a checksum of each, to be kept with the accounts.

`content.json` holds exactly the bytes over which the schedule's content hash is, so that `sha256sum content.json` gives
the hash that stands on the papers; `copy.json` names and signs this copy. `changes.json` is there
when figures have changed since it was signed.
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.papers import figures
from shared.papers.characters import printable
from shared.papers.csv import csv_of
from shared.papers.filenames import file_stem
from shared.papers.pdf import pdf_of
from shared.papers.words import Language, words
from shared.papers.xlsx import xlsx_of
from shared.schedules.changes import KnownNow
from shared.schedules.content import Schedule
from shared.schedules.hashing import OF_THE_COPY, canonical_json, content

SUMS: Final = "SHA256SUMS"
_FILE_MODE: Final = 0o100644 << 16
_UNIX: Final = 3


def evidence_of(schedule: Schedule, language: Language, now: KnownNow | None = None) -> bytes:
    """Return the pack; the same bytes for the same schedule and language, and what is known otherwise `now`."""
    stem, said = file_stem(schedule, language), words(language)
    facts = canonical_json(content(schedule))
    files = {
        f"{stem}.pdf": pdf_of(schedule, language, now),
        f"{stem}.xlsx": xlsx_of(schedule, language, now),
        f"{stem}.csv": csv_of(schedule, language, now),
        "content.json": facts,
        "copy.json": canonical_json({name: getattr(schedule, name) for name in sorted(OF_THE_COPY)}),
    }
    if now is not None:
        files["changes.json"] = canonical_json(now)
    proof = said["readme_proven" if _sha256(facts) == schedule.content_hash else "readme_not_proven"]
    files["README.txt"] = _readme(schedule, language, stem, [proof] if now is None else [proof, said["readme_changed"]])
    sums = "".join(f"{_sha256(data)}  {name}\n" for name, data in files.items())
    return _zipped(schedule, files | {SUMS: sums.encode()})


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _zipped(schedule: Schedule, files: dict[str, bytes]) -> bytes:
    made_at = schedule.known_at.astimezone(UTC).timetuple()[:6]
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as pack:
        for name, data in files.items():
            info = ZipInfo(name, made_at)
            info.compress_type = ZIP_DEFLATED
            info.create_system, info.external_attr = _UNIX, _FILE_MODE
            pack.writestr(info, data)
    return buffer.getvalue()


def _readme(schedule: Schedule, language: Language, stem: str, notes: list[str]) -> bytes:
    said = words(language)
    signed = [
        f"{said[sign.role]}: {printable(sign.name)}, {figures.instant(sign.at)}" for sign in schedule.sign_offs
    ] or [said["not_signed"]]
    lines = [
        f"{said[schedule.kind]} {said['as_at']} {schedule.balance_date}",
        f"{printable(schedule.company_name)}, {schedule.organisation_number}",
        *([] if schedule.complete else [said["incomplete"]]),
        "",
        f"{said['known_at']}: {figures.instant(schedule.known_at)}",
        f"{said['version']}: {schedule.version}",
        f"{said['hash']}: {schedule.content_hash}",
        *signed,
        "",
        said["readme_files"].format(stem=stem),
        "",
        said["readme_check"],
        *(line for note in notes for line in ("", note)),
    ]
    text = "\n".join(lines) + "\n"
    return text.replace("\n", "\r\n").encode("utf-8-sig")
