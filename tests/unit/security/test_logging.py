"""What a log line may show of an exception."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys, structlog
from shared.observability.logging import configure_logging
configure_logging(json=sys.argv[1] == "json", level="debug")
def renew(refresh_token):
    raise RuntimeError("no")
try:
    renew("geheim-4711")
except RuntimeError:
    structlog.get_logger("a").exception("failed", access_token="geheim-4711")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables_and_a_line_no_token(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, form], capture_output=True, text=True, check=True)
    assert "RuntimeError" in done.stderr
    assert "4711" not in done.stderr
