"""Debian as root: the packages, without the services that come with them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.server import ServerError

POLICY = Path("/usr/sbin/policy-rc.d")
LOCK = Path("/run/lock/test-servers-install")


def can_install() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of several test processes that miss the same packages, one installs and the others wait."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(packages: Sequence[str]) -> None:
    # Past pytest's capture: nobody should wonder what the machine is doing.
    print(f"tests: apt-get install {' '.join(packages)} (no service is started)", file=sys.__stderr__, flush=True)
    with _no_service_starts():
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """A policy of 101 forbids starting services; a machine that has a policy of its own keeps it."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _apt_get(*arguments: str) -> None:
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            ["apt-get", *arguments],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            output.seek(0)
            raise ServerError(f"apt-get {' '.join(arguments)} failed:\n{output.read()[-4000:]}")
