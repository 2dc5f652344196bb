"""Inbox, archive, and what ties a file to a voucher."""

from __future__ import annotations

import json
import uuid

from services.sandbox.call import Call, endpoint
from services.sandbox.company import FileConnection, StoredFile
from services.sandbox.errors import FortnoxError, bad_filter, file_not_found, not_numeric, placeholder
from services.sandbox.lists import listing, ordered
from services.sandbox.records.files import INBOX_FOLDERS, connection, file_row, folder
from services.sandbox.wire import Answer, binary_answer, created, json_answer

ROOT = "root"
PROGRAMS = frozenset(["bat", "cmd", "com", "exe", "js", "msi", "scr", "vbs"])  # which types are refused is nowhere said
ARCHIVE = "archive"
CONNECTION_FIELDS = frozenset(["@url", "FileId", "VoucherDescription", "VoucherNumber", "VoucherSeries", "VoucherYear"])


def inbox(call: Call) -> Answer:
    return json_answer({"Folder": folder(call.company, ROOT, "Inkorg", subfolders=True)})


def inbox_entry(call: Call) -> Answer:
    """Answer a folder when the id is one of the fixed ones, else the bytes of a file that still lies in the inbox."""
    entry = call.args["id"]
    if entry in INBOX_FOLDERS:
        return json_answer({"Folder": folder(call.company, entry, INBOX_FOLDERS[entry], subfolders=False)})
    file = call.company.files.get(entry)
    if file is None or file.folder == ARCHIVE:
        raise file_not_found()
    return binary_answer(file.content)


def upload(call: Call) -> Answer:
    if call.upload is None:
        raise FortnoxError(2001392, "Ingen eller felaktig typ av data.")
    place = call.query.get("folderid", ROOT)
    if place != ROOT and place not in INBOX_FOLDERS:
        raise FortnoxError(2000729, "A valid identifier was not provided.")
    ending = call.upload.name.rpartition(".")[2].lower()
    if ending in PROGRAMS:
        raise placeholder("file_type", ending)
    file = StoredFile(str(uuid.uuid4()), call.upload.name, call.upload.content, place, str(uuid.uuid4()))
    call.company.files[file.id] = file
    return created({"File": file_row(file)}, location="inbox")


def archive(call: Call) -> Answer:
    """Answer the tree, or with `fileid` the bytes of a stored file: the way to one that has left the inbox."""
    if "fileid" not in call.query:
        return json_answer({"Folder": folder(call.company, ARCHIVE, "Arkiv", subfolders=False)})
    return _stored(call, call.query["fileid"])


def archive_entry(call: Call) -> Answer:
    if "fileid" in call.query:
        return _stored(call, call.query["fileid"])
    file = call.company.files.get(call.args["id"])
    if file is None:
        raise file_not_found()
    return binary_answer(file.content)


def connections(call: Call) -> Answer:
    if "filter" in call.query:
        raise bad_filter()
    found = ordered(call, call.company.file_connections, {"fileid": _file_id}, _file_id)
    return listing(call, "VoucherFileConnections", found, lambda item: connection(call.company, item))


def connection_single(call: Call) -> Answer:
    item = next((item for item in call.company.file_connections if item.file_id == call.args["id"]), None)
    if item is None:
        raise file_not_found()
    return json_answer({"VoucherFileConnection": connection(call.company, item)})


def connect(call: Call) -> Answer:
    """Tie a file of the inbox to a voucher; the file then leaves the inbox."""
    try:
        sent = json.loads(call.body)["VoucherFileConnection"]
        file_id, series, number = sent["FileId"], sent["VoucherSeries"], str(sent["VoucherNumber"])
    except (ValueError, KeyError, TypeError):
        raise FortnoxError(2001392, "Ingen eller felaktig typ av data.") from None
    if set(sent) - CONNECTION_FIELDS:
        raise FortnoxError(2001399, "Felaktigt fältnamn.")
    if not number.isdecimal():
        raise not_numeric("VoucherNumber")
    file = call.company.files.get(file_id)
    if file is None:
        raise file_not_found()
    item = FileConnection(file_id, call.year_id(), series, int(number))
    if (item.year, item.series, item.number) not in call.company.vouchers:
        raise placeholder("voucher_not_found")
    file.folder = ARCHIVE
    call.company.file_connections.append(item)
    body = {"VoucherFileConnection": connection(call.company, item)}
    return created(body, location="voucherfileconnections")


def _stored(call: Call, archive_file_id: str) -> Answer:
    file = next((file for file in call.company.files.values() if file.archive_file_id == archive_file_id), None)
    if file is None:
        raise file_not_found()
    return binary_answer(file.content)


def _file_id(item: FileConnection) -> str:
    return item.file_id


ENDPOINTS = [
    endpoint("GET", "inbox", "inbox", inbox),
    endpoint("GET", "inbox/{id}", "inbox", inbox_entry),
    endpoint("POST", "inbox", "inbox", upload, "folderid", "path"),
    endpoint("GET", "archive", "archive", archive, "fileid", "path"),
    endpoint("GET", "archive/{id}", "archive", archive_entry, "fileid"),
    endpoint("GET", "voucherfileconnections", "connectfile", connections, listing=True),
    endpoint("GET", "voucherfileconnections/{id}", "connectfile", connection_single),
    endpoint("POST", "voucherfileconnections", "connectfile", connect),
]
