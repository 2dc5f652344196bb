"""What logs hide, and that alerts watch metrics that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.observability import metrics

RULES = Path(__file__).parents[3] / "deploy/prometheus/rules.yml"
# In a process of its own: logging is set up once for all.
LOGS = """
import structlog
from shared.observability.logging import configure_logging
configure_logging(json={json}, level="info")
log = structlog.get_logger("test")
def fail():
    refresh_token = "geh" + "eim"
    raise ValueError("why it failed")
try:
    fail()
except ValueError:
    log.exception("it_failed", access_token="geh" + "eim", Authorization="geh" + "eim", client="kept")
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_neither_secret_values_nor_local_variables_of_a_traceback_are_logged(as_json: bool) -> None:
    script = LOGS.format(json=as_json)
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr
    assert "geheim" not in output
    assert "why it failed" in output
    assert "kept" in output
    if as_json:
        assert json.loads(output)["access_token"] == "[hidden]"


def test_every_alert_watches_a_metric_that_exists() -> None:
    assert metrics.MESSAGES is not None
    known = {sample for family in REGISTRY.collect() for sample in (family.name, f"{family.name}_total")}
    watched = set(re.findall(r"pipeline_[a-z_]+", RULES.read_text()))
    assert watched
    assert watched <= known
