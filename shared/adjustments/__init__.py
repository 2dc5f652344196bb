"""Year-end adjustments on their way to Fortnox: what gateway and exporter must agree on."""

from __future__ import annotations

from shared.adjustments.content import AdjustmentContent, RowContent, as_it_arrives, content_hash, content_of, draft_of
from shared.adjustments.facts import YearFacts, read_year_facts
from shared.adjustments.marker import Marker, marker_of, markers_in
from shared.adjustments.plan import plan_export
from shared.adjustments.preflight import verdict
from shared.adjustments.rules import Fault, faults

__all__ = [
    "AdjustmentContent",
    "Fault",
    "Marker",
    "RowContent",
    "YearFacts",
    "as_it_arrives",
    "content_hash",
    "content_of",
    "draft_of",
    "faults",
    "marker_of",
    "markers_in",
    "plan_export",
    "read_year_facts",
    "verdict",
]
