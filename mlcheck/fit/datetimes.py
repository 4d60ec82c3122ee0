"""Which texts pandas and numpy read as a time without a zone, as far as that can be said for certain."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

_ISO: Final = (
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:(?P<mark>[T ])(?P<time>[0-9]{2}:[0-9]{2}(?P<seconds>:[0-9]{2})?)(?P<fraction>[.][0-9]{1,9})?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_EMPTY: Final = frozenset({"", "nat", "nan", "none", "null"})
_NOW: Final = frozenset({"now", "today"})
_WORD: Final = r"[^\W\d_]+"
_MONTHS: Final = "january february march april may june july august september october november december"
_DAYS: Final = "monday tuesday wednesday thursday friday saturday sunday"
_SMALL_WORDS: Final = (
    "sept am pm a p t z utc gmt st nd rd th of and at on ad h m s hour hours minute minutes second sec"
)
_TIME_WORDS: Final = frozenset(
    word for full in f"{_MONTHS} {_DAYS} {_SMALL_WORDS} seconds min hr hrs q w".split() for word in (full, full[:3])
)
_FEWEST_DIGITS = 4  # a year
# Nanoseconds in 64 bits reach no further
_FIRST_YEAR, _LAST_YEAR = 1678, 2261


def explain_unreadable(text: str, *, years: bool = True) -> str:
    """Return why pandas cannot read the text as a naive datetime, empty if it can or may.

    `years`: whether it must lie where nanoseconds in 64 bits reach, as in a DataFrame.
    """
    stripped = text.strip()
    if stripped.lower() in _EMPTY:
        return ""
    match = re.fullmatch(_ISO, stripped)
    if match is None:
        return "" if _may_be_a_time(stripped) else "it is no date"
    if match["zone"]:
        return "it has a time zone, and MLflow takes none"
    return _explain_parts(match, years=years)


def _explain_parts(match: re.Match[str], *, years: bool) -> str:
    clock = (match["time"] or "00:00") + ("" if match["seconds"] else ":00")
    try:
        moment = dt.datetime.fromisoformat(f"{match['date']}T{clock}")
    except ValueError:
        return "there is no such date"
    if years and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return f"pandas' nanoseconds reach from {_FIRST_YEAR - 1} to {_LAST_YEAR + 1}"
    return ""


def _may_be_a_time(text: str) -> bool:
    """Tell whether dateutil, which pandas asks in the end, may read a text: certain only about those that it cannot."""
    if text.lower() in _NOW:
        return True
    if not any(character.isdigit() for character in text) or (text.isdecimal() and len(text) < _FEWEST_DIGITS):
        return False
    # Short words in capitals may be names of time zones.
    return all((word.isupper() and len(word) <= 5) or word.lower() in _TIME_WORDS for word in re.findall(_WORD, text))


def is_iso(text: str) -> bool:
    """Return whether numpy reads the text as a datetime64 (a zone is dropped with a warning)."""
    stripped = text.strip()
    if stripped.lower() in _EMPTY or re.fullmatch(r"-?[0-9]+(-[0-9]{2})?", stripped):
        return True
    match = re.fullmatch(_ISO, stripped)
    return match is not None and not _explain_parts(match, years=False)


def first_of_another_form(texts: Sequence[object]) -> int | None:
    """Return the index of the first ISO text that is written otherwise than the first one, None if all are alike.

    pandas 2 and newer guess the format from the first value and refuse the others (MLflow 3.12 and newer).
    """
    forms = [(index, _form(text)) for index, text in enumerate(texts) if not _is_empty(text)]
    if any(form is None for _, form in forms):
        return None
    return next((index for index, form in forms if form != forms[0][1]), None)


def differ_by_fraction(texts: Sequence[object]) -> bool:
    """Return whether ISO texts are written alike but for their fractions of a second."""
    forms = {_form(text) for text in texts if not _is_empty(text)}
    return None not in forms and len({form[:-1] for form in forms if form is not None}) == 1


def _is_empty(text: object) -> bool:
    return text is None or (isinstance(text, str) and text.strip().lower() in _EMPTY)


def _form(text: object) -> tuple[bool, ...] | None:
    match = re.fullmatch(_ISO, text.strip()) if isinstance(text, str) else None
    if match is None or match["zone"]:
        return None
    return (match["mark"] == " ", *(match[part] is not None for part in ("time", "seconds", "fraction")))
