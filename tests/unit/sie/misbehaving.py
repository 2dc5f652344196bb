"""Cases that end as none should, to see that the fleet notices."""

from __future__ import annotations

import os
import threading

from tests.fuzz.fleet import UntrueError


def judge(seed: int, number: int) -> str:
    match number:
        case 3:
            threading.Event().wait()
        case 7:
            os.abort()
        case 11:
            raise ZeroDivisionError
        case 13:
            raise UntrueError("it says something else")
    return "taken"
