"""Exports listed and followed: in numbers, from the plan to the end."""

from __future__ import annotations

import json
from uuid import UUID

from shared.store.tables import Export, ExportVoucher
from tests.integration.gateway.exporting import SERIES, Exporting, adjustment
from tests.integration.gateway.house import problem_of
from tests.integration.gateway.test_progress import events


def test_an_export_is_followed_to_its_end(exporting: Exporting) -> None:
    house = exporting.house
    exporting.send_in(adjustment("V", 1), adjustment("V", 2))
    started = house.http.post(house.engagement_path("/exports"), json={"series": SERIES})
    path, export_id = f"{started.headers['location']}/progress", UUID(started.json()["id"])
    voucher = next(row for row in house.rows(ExportVoucher) if row.export_id == export_id)
    with house.http.stream("GET", path, timeout=30) as answer:
        following = events(answer)
        first = next(following)
        assert (first["event"], json.loads(first["data"])["vouchers_by_state"]) == ("progress", {"planned": 2})
        house.scene.change(ExportVoucher, voucher.id, state="posted")
        said = json.loads(next(following)["data"])
        assert (said["vouchers_by_state"], said["share_done"]) == ({"planned": 1, "posted": 1}, 0.5)
        assert "vouchers" not in said
        house.scene.change(Export, export_id, state="completed")
        end = next(following)
        assert end["event"] == "done"
    assert house.http.get(path, headers={"Last-Event-ID": end["id"]}).status_code == 204
    with house.as_firm(house.other) as other:
        problem_of(other.get(path), 404, "not-found")


def test_exports_and_undos_are_listed_newest_first_in_numbers(exporting: Exporting) -> None:
    house = exporting.house
    exporting.send_in(adjustment("V", 1), adjustment("V", 2, debit="9998"))
    export = exporting.export()
    undo = exporting.undo(export)
    listed = house.http.get(house.engagement_path("/exports")).json()
    assert [(item["id"], item["undoes_id"], item["vouchers_by_state"]) for item in listed["items"]] == [
        (undo["id"], export["id"], {"posted": 1}),
        (export["id"], None, {"refused": 1, "reversed": 1}),
    ]
    assert listed["items"][1]["share_done"] == 1
    assert listed["items"][1]["requested_by"] == "Bokslutsprogrammet"
    page = house.http.get(house.engagement_path("/exports?limit=1")).json()
    assert [item["id"] for item in page["items"]] == [undo["id"]]
    following = house.http.get(house.engagement_path(f"/exports?limit=1&cursor={page['next_cursor']}")).json()
    assert [item["id"] for item in following["items"]] == [export["id"]]
