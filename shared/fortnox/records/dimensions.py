"""Cost centres and projects."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.fortnox.records.base import Record
from shared.fortnox.records.fields import Flag, Key, Text


class CostCenter(Record):
    kind: ClassVar = "cost centre"
    identity: ClassVar = ("Code",)

    code: Key
    description: Text = ""
    active: Flag


class Project(Record):
    """`status` is NOTSTARTED, ONGOING or COMPLETED."""

    kind: ClassVar = "project"
    identity: ClassVar = ("ProjectNumber",)

    number: Key = Field(alias="ProjectNumber")
    description: Text = ""
    status: Text = ""
