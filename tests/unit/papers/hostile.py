"""Texts as nobody should have them in his books, and somebody has."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

SEEDED = settings(derandomize=True, deadline=None, database=None)

FIXED = (
    '=HYPERLINK("http://a.example")',
    "#strong[x] $a^2$ *b* _c_ `d` \\ // e <f> @g #panic()",
    "\u202eGNP.exe\u202c",
    "株式会社 日本",
    "مرحبا",
    "W" * 300,
    "e\u0301\u0301\u0301" * 20,
    "\x00\x1b[31m\r\n\t;,\"'",
    "\ufeff\u200b\u00ad",
    "\ue000\U0010ffff",
    "👩‍👩‍👧",
    "",
)
NAMES = st.one_of(st.text(max_size=60), st.sampled_from(FIXED), st.text("=+-@\t ;\"',\r\n\x00１＝", max_size=8))
