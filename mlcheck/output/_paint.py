"""Colours and links for terminals, and text that cannot take a terminal over."""

from __future__ import annotations

import re

from mlcheck.manual import url_of
from mlcheck.output import View

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "help": "32", "bold": "1", "caret": "1;31"}

# A model folder may hold anything, escape sequences and bidirectional overrides included.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def paint(text: str, style: str, view: View) -> str:
    """Return a text in the colour of a style, or as it is."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if view.colour else text


def paint_code(code: str, view: View) -> str:
    """Return a code as a link to its manual page where links can be shown (OSC 8)."""
    return f"\x1b]8;;{url_of(code)}\x1b\\{code}\x1b]8;;\x1b\\" if view.colour else code


def printable(text: str) -> str:
    """Return a text with control characters written as escapes."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
