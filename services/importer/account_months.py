"""The account months that a year's rows belong to: found by account and month, and added where they are the first there."""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.importer import bulk
from services.importer.target import Target
from shared.store.ledger import AccountMonth

KEY = ("account", "period")
_SCHEMA = {"account": pl.String, "period": pl.String, "account_month_id": pl.Int64}


def account_months(session: Session, target: Target, year_from: date, keys: pl.DataFrame) -> pl.DataFrame:
    """Return `account`, `period` and `account_month_id` of every account month of the year; each of `keys` has one then."""
    stored = stored_account_months(session, target, year_from)
    # by account: ids that grew with the dates, as rows do, would let PostgreSQL take a month for one stretch of the table
    missing = keys.join(stored, on=KEY, how="anti").sort(KEY)
    ids = bulk.reserve_ids(session, AccountMonth, missing.height)
    added = missing.with_columns(ids)
    of_year = {"firm_id": target.firm_id.hex, "engagement_id": target.engagement_id.hex, "year_from": year_from}
    bulk.write_frame(
        session, AccountMonth, added.with_columns(pl.lit(value).alias(name) for name, value in of_year.items())
    )
    bulk.refresh_statistics(session, AccountMonth, ("id", "engagement_id", "year_from", *KEY), added.height)
    return pl.concat([stored, added.select(*KEY, account_month_id="id")])


def stored_account_months(session: Session, target: Target, year_from: date) -> pl.DataFrame:
    """Return `account`, `period` and `account_month_id` of those that the year has."""
    stored = session.execute(
        select(AccountMonth.account, AccountMonth.period, AccountMonth.id).where(
            AccountMonth.engagement_id == target.engagement_id, AccountMonth.year_from == year_from
        )
    )
    return pl.DataFrame([tuple(row) for row in stored], schema=_SCHEMA, orient="row")
