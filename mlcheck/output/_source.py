"""The source line of a finding with a caret under its column."""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache

from mlcheck.finding import Finding
from mlcheck.output import View
from mlcheck.output._paint import paint, printable

_MAX_BYTES = 1 << 20
_WIDTH = 96


def source_lines(finding: Finding, view: View) -> list[str]:
    """Return the line that a finding is about and a caret, nothing where there is no line to show.

    Long lines (signatures are one line of JSON) are cut around the column.
    """
    number, column = finding.location.line, (finding.location.column or 1) - 1
    lines = _read_lines(os.path.abspath(finding.path))
    if not number or number > len(lines):
        return []
    line = lines[number - 1].replace("\t", " ")
    start = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    before, after = printable(line[start:column]), printable(line[column : start + _WIDTH])
    before = f"…{before}" if start else before
    after = f"{after}…" if len(line) > start + _WIDTH else after
    margin = f"{number} | "
    blank = " " * (len(str(number)) + 1) + "| "
    return [margin + before + after, blank + " " * _columns(before) + paint("^", "caret", view)]


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: letters of East Asia take two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


@lru_cache(maxsize=16)
def _read_lines(path: str) -> tuple[str, ...]:
    if os.path.islink(path):
        return ()
    try:
        with open(path, "rb") as stream:
            raw = stream.read(_MAX_BYTES)
    except (OSError, ValueError):
        return ()
    return tuple(line.rstrip("\r") for line in raw.decode("utf-8-sig", "replace").split("\n"))
