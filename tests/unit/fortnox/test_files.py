"""Files: into the inbox, onto a voucher, and the looks that find out what became of them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from shared.fortnox import FileDraft, OutcomeUnknown, Refused, UnreadableDocument, VoucherKey
from tests.unit.fortnox.stand_in import Fortnox, always, listing

DRAFT = FileDraft("kvitto åäö (FP-AAAAAAAA-BBBBBBBB).pdf", b"%PDF" * 10_000, "application/pdf")
FILE = {"Id": "8a1f", "Name": DRAFT.name, "Path": "Verifikationer", "Size": 40_000, "ArchiveFileId": "77"}
CONNECTION = {"FileId": "8a1f", "VoucherSeries": "A", "VoucherNumber": "17", "VoucherYear": 2}
NOT_FOUND = {"ErrorInformation": {"error": 1, "message": "Filen kunde inte hittas.", "code": 2000704}}


def test_a_file_goes_into_the_inbox_folder_for_vouchers_with_its_name_and_type() -> None:
    fortnox = Fortnox(always(201, {"File": FILE}))
    uploaded = fortnox.client.upload_file(DRAFT)
    assert (uploaded.id, uploaded.name, uploaded.size) == ("8a1f", DRAFT.name, 40_000)
    (request,) = fortnox.requests
    assert (request.method, str(request.url)) == ("POST", "https://fortnox.test/3/inbox?folderid=inbox_v")
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    body = request.content
    assert f'name="file"; filename="{DRAFT.name}"'.encode() in body
    assert b"Content-Type: application/pdf" in body
    assert DRAFT.content in body


@pytest.mark.parametrize(
    "answer", [httpx.Response(201, json={"File": None}), httpx.Response(500), httpx.ReadTimeout("")]
)
def test_an_upload_whose_answer_tells_no_id_is_of_unknown_outcome(answer: httpx.Response | Exception) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(OutcomeUnknown):
        Fortnox(reply).client.upload_file(DRAFT)


def test_an_upload_that_lasts_too_long_is_broken_off_and_of_unknown_outcome() -> None:
    big = FileDraft("stor.pdf", b"x" * 200_000)
    with pytest.raises(OutcomeUnknown) as caught:
        Fortnox(lambda request: httpx.Response(201, content=request.read()), upload_s=0.0).client.upload_file(big)
    assert caught.value.code == "fortnox-answer-lost"


def test_an_upload_turned_away_with_401_is_sent_again_whole() -> None:
    answers = iter(
        [httpx.Response(401, content=b'{"message":"unauthorized"}'), httpx.Response(201, json={"File": FILE})]
    )
    fortnox = Fortnox(lambda _request: next(answers))
    fortnox.client.upload_file(DRAFT)
    assert fortnox.requests[0].content == fortnox.requests[1].content


def test_a_file_is_connected_to_the_voucher_in_its_year() -> None:
    fortnox = Fortnox(always(201, {"VoucherFileConnection": CONNECTION}))
    assert fortnox.client.connect_file("8a1f", VoucherKey("A", 17, 2)).is_of(VoucherKey("A", 17, 2))
    (request,) = fortnox.requests
    assert str(request.url) == "https://fortnox.test/3/voucherfileconnections?financialyear=2"
    sent = {"FileId": "8a1f", "VoucherSeries": "A", "VoucherNumber": "17"}
    assert json.loads(request.content) == {"VoucherFileConnection": sent}


def test_a_file_that_hangs_on_no_voucher_has_no_connection_and_any_other_refusal_is_raised() -> None:
    assert Fortnox(always(400, NOT_FOUND)).client.file_connection("8a1f") is None
    assert Fortnox(always(200, {"VoucherFileConnection": CONNECTION})).client.file_connection("8a1f") is not None
    with pytest.raises(Refused):
        Fortnox(always(400, {"ErrorInformation": {"code": 2000729}})).client.file_connection("8a1f")


def test_the_inbox_and_the_connections_are_listed() -> None:
    folder: dict[str, Any] = {"Folder": {"Id": "inbox_v", "Files": [FILE], "Folders": []}}
    assert [file.id for file in Fortnox(always(200, folder)).client.inbox_files()] == ["8a1f"]
    assert Fortnox(always(200, {"Folder": {"Id": "inbox_v", "Files": None}})).client.inbox_files() == []
    with pytest.raises(UnreadableDocument):
        Fortnox(always(200, {"Folder": {"Files": [{"Name": "no id"}]}})).client.inbox_files()
    connections = listing("VoucherFileConnections", [CONNECTION, {**CONNECTION, "VoucherNumber": "18"}])
    found = list(Fortnox(always(200, connections)).client.file_connections())
    assert [connection.is_of(VoucherKey("A", 17, 2)) for connection in found] == [True, False]
    assert Fortnox(always(200, b"%PDF")).client.stored_file("8a1f") == b"%PDF"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("", b"x", "a/b"),
        ("~.pdf", b"x", "a/b"),
        ("x" * 101, b"x", "a/b"),
        ("x", b"", "a/b"),
        ("x", b"x", "a/b\r\nX: y"),
    ],
)
def test_a_file_that_could_not_be_found_again_is_no_draft(name: str, content: bytes, media_type: str) -> None:
    with pytest.raises(Refused, match="file-draft-invalid"):
        FileDraft(name, content, media_type)
