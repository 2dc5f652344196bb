"""`python -m services.sandbox`: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from services.sandbox.generator import generate
from services.sandbox.grants import Client
from services.sandbox.server import config, listening_socket
from services.sandbox.sie_company import company_from_sie
from services.sandbox.spec import CompanySpec
from services.sandbox.state import SandboxState

FIRST_TENANT = 500_001


@dataclass(frozen=True)
class Options:
    """`companies` are generated from `seed`; each file of `company_files` (SIE 4) becomes one more."""

    host: str = "127.0.0.1"
    port: int = 8091
    companies: int = 1
    seed: int = 1
    vouchers_per_year: int = 600
    company_files: list[Path] = field(default_factory=list)
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - the documented default of a stand-in
    auto_approve: bool = False


def build_state(options: Options) -> SandboxState:
    """Generate and read the companies; tenants count upwards from FIRST_TENANT."""
    client = Client(options.client_id, options.client_secret)
    state = SandboxState(client=client, auto_approve=options.auto_approve)
    for index in range(options.companies):
        spec = CompanySpec(
            seed=options.seed + index,
            vouchers_per_year=options.vouchers_per_year,
            database_number=FIRST_TENANT + index,
        )
        state.add_company(*generate(spec))
    for index, path in enumerate(options.company_files, FIRST_TENANT + options.companies):
        state.add_company(*company_from_sie(path, database_number=index))
    return state


def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM."""
    state = build_state(options)
    bound = listening_socket(options.host, options.port)
    sys.stdout.write(f"Fortnox sandbox at http://{options.host}:{bound.getsockname()[1]}, controls under /_control/\n")
    for tenant in state.tenants.values():
        company = tenant.company
        sys.stdout.write(f"  {company.database_number}  {company.organisation_number}  {company.name}\n")
    sys.stdout.flush()
    uvicorn.Server(config(state)).run(sockets=[bound])


def parse(arguments: list[str]) -> Options:
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m services.sandbox", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port, help="0 takes a free one")
    parser.add_argument("--companies", type=int, default=defaults.companies, help="how many to generate")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of the first; the next ones count on")
    parser.add_argument("--vouchers-per-year", type=int, default=defaults.vouchers_per_year)
    parser.add_argument("--company-from", dest="company_files", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--client-id", default=defaults.client_id)
    parser.add_argument("--client-secret", default=defaults.client_secret)
    parser.add_argument("--auto-approve", action="store_true", help="consent without asking anybody")
    return Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    run(parse(sys.argv[1:]))
