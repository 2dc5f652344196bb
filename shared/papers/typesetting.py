"""Sets a page in a process of its own: the typesetter keeps what it has set before in memory, hundreds of megabytes.

`python -m shared.papers.typesetting SECONDS` reads the page as JSON from standard input and writes the PDF.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

import typst

TIMEOUT_S: Final = 300
_ONE_AT_A_TIME: Final = threading.Lock()  # each takes up to 300 MB and all of a processor
_STANDARDS: Final = ["a-2a", "ua-1"]


def typeset(page: dict[str, Any], *, made_at: datetime) -> bytes:
    """Return the PDF of a page, one at a time in a process; `made_at` is the date of making that stands in it.

    Raises RuntimeError when the typesetter fails, TimeoutExpired after five minutes.
    """
    with _ONE_AT_A_TIME:
        finished = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, str(int(made_at.timestamp()))],
            input=json.dumps(page, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    if finished.returncode != 0:
        raise RuntimeError(f"the page could not be set: {finished.stderr.decode(errors='replace')[-2000:]}")
    return finished.stdout


def compiled(page: str, made_at: datetime, **output: Any) -> Any:
    """Run the template over a page; only the fonts that come with the typesetter, so that it looks alike everywhere."""
    return typst.compile(
        files("shared.papers").joinpath("schedule.typ").read_bytes(),
        sys_inputs={"page": page, "made_on": made_at.astimezone(UTC).date().isoformat()},
        font_paths=typst.Fonts(include_system_fonts=False),
        timestamp=int(made_at.timestamp()),
        **output,
    )


def main() -> None:
    made_at = datetime.fromtimestamp(int(sys.argv[1]), UTC)
    page = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(compiled(page, made_at, format="pdf", pdf_standards=_STANDARDS))


if __name__ == "__main__":
    main()
