"""The metrics; base units, no label with a firm or a client in it (there are thousands)."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("pipeline_messages_total", "Messages that a consumer dealt with.", ["consumer", "result"])
MESSAGE_SECONDS = Histogram(
    "pipeline_message_seconds",
    "Time a consumer spent on a message.",
    ["consumer"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 180),
)
EVENTS_ACCEPTED = Counter("pipeline_events_accepted_total", "Events received over HTTP.", ["name", "result"])
EVENTS_PUBLISHED = Counter("pipeline_events_published_total", "Events that the broker confirmed.", ["name"])
OUTBOX_OLDEST_S = Gauge("pipeline_outbox_oldest_seconds", "Age of the oldest event that is due and not published.")
DEAD_LETTERS = Gauge("pipeline_dead_letters", "Dead letters that wait for a decision.")
FORTNOX_SECONDS = Histogram(
    "pipeline_fortnox_request_seconds",
    "Time of a call to Fortnox.",
    ["operation", "status"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
TOKEN_RENEWALS = Counter("pipeline_token_renewals_total", "Renewals of a Fortnox token.", ["result"])
RENEWALS_OLDEST_PENDING_S = Gauge(
    "pipeline_renewals_oldest_pending_seconds", "Age of the oldest renewal whose answer may have been lost."
)
CONNECTIONS = Gauge("pipeline_connections", "Connections to Fortnox by their state.", ["state"])
CONNECTIONS_ENDED = Counter("pipeline_connections_ended_total", "Connections that ended, by reason.", ["code"])
IMPORTS_FINISHED = Counter("pipeline_imports_finished_total", "Imports by their final state.", ["state"])
VOUCHERS_FINISHED = Counter("pipeline_vouchers_finished_total", "Exported vouchers by their state.", ["state"])
