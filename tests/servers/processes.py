"""Processes of installed servers: started apart from the terminal, ended with all their children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def start(
    command: list[str | Path], *, log: Path, env: dict[str, str], user: str | None = None
) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C in the terminal ends the tests first and the servers after them."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=log.parent,
            start_new_session=True,
            user=user,
            extra_groups=None if user is None else [],
            umask=0o077,
        )


def stop(process: subprocess.Popen[bytes], by: signal.Signals, *, within_s: float = 30.0) -> None:
    process.send_signal(by)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and to everything that descends from it, whatever session it moved to."""
    for pid in [process.pid, *descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # "pid (name) state parent …": the name may hold anything, so count from its closing bracket.
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
