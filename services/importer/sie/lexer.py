r"""Text to lines to fields, without any idea of what a post means.

The rules are those of 5.4-5.7: fields are separated by blanks or tabs; a field may stand in quotes, where blanks, tabs and
braces are text and `\"` is a quote; a backslash before anything else is a backslash; an object list in braces is one field.
Real files break the rule of the quotes, so a quote that no separator follows is taken for text, and a text that is not closed
ends with its line. Both are noted on the line; whether they matter depends on the post and is not decided here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import polars as pl

Field = str | tuple[str, ...]
"""A text, or the items of an object list."""

STRAY = "a quote stands unescaped inside a text"
UNCLOSED = "a quote is not closed before the line ends"
UNCLOSED_LIST = "an object list is not closed before the line ends"

BLANKS = " \t"
_WORD = re.compile(r"[^ \t]+")
_WORD_IN_LIST = re.compile(r"[^ \t}]+")

_TEXT = r'"[^"\\]*+"'
_BARE = r'[^ \t"{}\\]++'
_LIST = rf"\{{[ \t]*+(?:(?:{_TEXT}|{_BARE})(?:[ \t]++|(?=\}})))*+\}}"
_PLAIN_POST = re.compile(rf"({_BARE})(?:[ \t]++(?:{_BARE}|{_LIST}|{_TEXT}))*+")
_PLAIN_FIELD = re.compile(rf'({_BARE})|({_LIST})|"([^"]*+)"')


class Broken(NamedTuple):
    field: int
    why: str


class Line(NamedTuple):
    """One line that is not blank; `label` is "#…", "{" or "}", or "" for a line that is none of these."""

    number: int
    label: str
    fields: list[Field]
    broken: tuple[Broken, ...] = ()


def split_lines(utf8: bytes) -> pl.DataFrame:
    """Return the lines that are not blank as columns: `line`, counted from 1, and `text` without the blanks around it.

    Lines end with LF, CRLF or CR, and with nothing else: other control characters and separators are text here.
    """
    lines = _split_at_lf_and_crlf(utf8)
    text = pl.col("text")
    ends = [test(blank) for test in (text.str.starts_with, text.str.ends_with) for blank in BLANKS]
    found = lines.select(has_cr=text.str.contains("\r", literal=True).any(), is_padded=pl.any_horizontal(ends))
    if found["has_cr"][0]:
        return split_lines(utf8.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    padded = found["is_padded"].arg_true()  # few in most files, and the others need no copy
    bare = lines["text"].scatter(padded, lines["text"].gather(padded).str.strip_chars(BLANKS))
    return lines.with_columns(bare).filter(text != "")


def _split_at_lf_and_crlf(utf8: bytes) -> pl.DataFrame:
    return pl.read_lines(utf8, name="text", row_index_name="line", row_index_offset=1)


def lex(number: int, text: str) -> Line:
    """Return a line's fields; `text` is not blank and has no blanks around it."""
    if text.startswith("#"):
        return _plain_post(number, text) or _any_post(number, text)
    if text in {"{", "}"}:
        return Line(number, text, [])
    return Line(number, "", [text])


def _plain_post(number: int, stripped: str) -> Line | None:
    """Take a line without any backslash in which every quote and brace is in its place: nearly all of them, and in C."""
    plain = _PLAIN_POST.fullmatch(stripped)
    if plain is None:
        return None
    found = _PLAIN_FIELD.findall(stripped, plain.end(1))
    return Line(
        number, plain[1], [word or (_plain_list(braced) if braced else quoted) for word, braced, quoted in found]
    )


@lru_cache(maxsize=4096)
def _plain_list(braced: str) -> tuple[str, ...]:
    return tuple(word or quoted for word, _, quoted in _PLAIN_FIELD.findall(braced[1:-1]))


def _any_post(number: int, stripped: str) -> Line:
    label = re.split("[ \t]", stripped, maxsplit=1)[0]
    fields, broken = split_fields(stripped[len(label) :])
    return Line(number, label, fields, tuple(broken))


def split_fields(raw: str) -> tuple[list[Field], list[Broken]]:
    """Return the fields of a line after its label, and what is broken in which of them."""
    scanner = _Scanner(raw)
    fields: list[Field] = []
    while scanner.next_field():
        fields.append(scanner.object_list() if raw[scanner.at] == "{" else scanner.item(_WORD, BLANKS))
        scanner.field += 1
    return fields, scanner.broken


class _Scanner:
    """A place in a line, and what was found broken on the way there."""

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self.at = 0
        self.field = 0
        self.broken: list[Broken] = []

    def next_field(self) -> bool:
        """Move over blanks and tell whether anything is left."""
        while self.at < len(self._raw) and self._raw[self.at] in BLANKS:
            self.at += 1
        return self.at < len(self._raw)

    def object_list(self) -> tuple[str, ...]:
        items: list[str] = []
        self.at += 1
        while self.next_field():
            if self._raw[self.at] == "}":
                self.at += 1
                return tuple(items)
            items.append(self.item(_WORD_IN_LIST, BLANKS + "}"))
        self._note(UNCLOSED_LIST)
        return tuple(items)

    def item(self, word: re.Pattern[str], after_quote: str) -> str:
        """Take a text in quotes, which ends where one of `after_quote` or the line's end follows, or else a word."""
        if self._raw[self.at] == '"':
            return self._quoted(after_quote)
        start = self.at
        self.at = word.match(self._raw, start).end()  # type: ignore[union-attr]  # what starts a field starts a word
        plain = self._raw[start : self.at]
        if plain.count('"') != plain.count('\\"'):
            self._note(STRAY)
        return plain.replace('\\"', '"')

    def _quoted(self, after_quote: str) -> str:
        raw, start = self._raw, self.at + 1
        end = raw.find('"', start)
        while end >= 0:
            escaped = end > start and raw[end - 1] == "\\"
            if not escaped:
                if end + 1 == len(raw) or raw[end + 1] in after_quote:
                    self.at = end + 1
                    return raw[start:end].replace('\\"', '"')
                self._note(STRAY)
            end = raw.find('"', end + 1)
        self._note(UNCLOSED)
        self.at = len(raw)
        return raw[start:].replace('\\"', '"')

    def _note(self, why: str) -> None:
        broken = Broken(self.field, why)
        if self.broken[-1:] != [broken]:
            self.broken.append(broken)
