"""Year-end adjustments on their way to Fortnox: what gateway and exporter must agree on."""

from __future__ import annotations

from shared.adjustments.content import (
    AdjustmentContent,
    RowContent,
    TextChange,
    as_it_arrives,
    content_hash,
    content_of,
    draft_of,
    reversal_of,
    text_changes,
)
from shared.adjustments.facts import AccountFacts, YearFacts, read_year_facts
from shared.adjustments.marker import (
    Marker,
    ReversalMarker,
    marker_of,
    markers_in,
    read_marker,
    reversal_marker_of,
    reversal_markers_in,
)
from shared.adjustments.moving import Reason, book, move
from shared.adjustments.plan import plan_export
from shared.adjustments.preflight import verdict
from shared.adjustments.readback import Readback
from shared.adjustments.rules import Fault, faults
from shared.adjustments.sight import Doubt, compare, sight
from shared.adjustments.undo import key_of, plan_undo

__all__ = [
    "AccountFacts",
    "AdjustmentContent",
    "Doubt",
    "Fault",
    "Marker",
    "Readback",
    "Reason",
    "ReversalMarker",
    "RowContent",
    "TextChange",
    "YearFacts",
    "as_it_arrives",
    "book",
    "compare",
    "content_hash",
    "content_of",
    "draft_of",
    "faults",
    "key_of",
    "marker_of",
    "markers_in",
    "move",
    "plan_export",
    "plan_undo",
    "read_marker",
    "read_year_facts",
    "reversal_marker_of",
    "reversal_markers_in",
    "reversal_of",
    "sight",
    "text_changes",
    "verdict",
]
