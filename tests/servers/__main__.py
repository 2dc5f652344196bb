"""`python -m tests.servers run [--durable] -- COMMAND…`: both servers up, the command with their addresses, both down.

Exits with the command's code. The addresses are in TEST_DATABASE_URL, TEST_BROKER_URL and TEST_BROKER_MANAGEMENT_URL.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType

from tests.servers import ServerError, shared_postgres, shared_rabbitmq
from tests.servers.source import BROKER_VARIABLE, DATABASE_VARIABLE, MANAGEMENT_VARIABLE


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    run = parser.add_subparsers(required=True).add_parser("run", help="run a command with both servers")
    run.add_argument("--durable", action="store_true", help="PostgreSQL waits for the disk, as in production")
    run.add_argument("command", nargs="+", metavar="COMMAND")
    arguments = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _leave)
    try:
        return run_with_servers(arguments.command, durable=arguments.durable)
    except ServerError as error:
        parser.exit(1, f"{error}\n")


def run_with_servers(command: list[str], *, durable: bool) -> int:
    with ExitStack() as up, ThreadPoolExecutor() as threads:
        postgres, rabbitmq = shared_postgres(durable=durable), shared_rabbitmq()
        starting = threads.submit(up.enter_context, postgres), threads.submit(up.enter_context, rabbitmq)
        database_url, broker = starting[0].result(), starting[1].result()
        named = {
            DATABASE_VARIABLE: database_url,
            BROKER_VARIABLE: broker.url,
            MANAGEMENT_VARIABLE: broker.management_url,
        }
        with subprocess.Popen(command, env=os.environ | named) as process:
            try:
                return process.wait()
            except KeyboardInterrupt:
                return process.wait()  # the terminal has told the command too: let it finish its report
            except SystemExit:
                process.terminate()
                raise


def _leave(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the servers must still be ended
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
