"""The recorded exchanges and the official specification: not part of the project, because they may not be passed on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def load(name: str, left_out: str) -> Any:
    """A file of the reference data, or a skip that says which comparison is left out."""
    folder = Path(os.environ.get("FORTNOX_REFERENCE_DATA", ROOT.parent / "shared" / "data")) / "fortnox"
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{name} is not here (set FORTNOX_REFERENCE_DATA): left out is {left_out}")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded(name: str) -> Any:
    """The `response` of one recorded exchange."""
    return load(name, f"the comparison of our answer with the recorded {name}")["response"]
