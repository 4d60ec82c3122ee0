"""Reads what the configuration says about the domain: `min`, `max`, `choices`, `pattern`, `nullable` per input."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import hypothesis
from hypothesis import strategies as st

from mlcheck.contract.domain.coercion import coerce_scalar
from mlcheck.contract.domain.sample import DomainError
from mlcheck.contract.domain.values import Values, is_null

KEYS: Final = ("min", "max", "choices", "pattern", "nullable")
_ORDERED: Final = ("integer", "long", "float", "double", "datetime")
# Texts that are drawn to have some different ones, and how many are kept
_TRIED: Final = 20
_SEVERAL: Final = 5
_ASCII: Final = st.characters(codec="ascii")


def apply_configuration(values: Values, settings: Mapping[str, Any], scalar: str, name: object) -> Values:
    """Return the values narrowed or replaced by the settings of one input; raise DomainError for senseless ones."""
    _check_keys(settings, scalar, name)
    found = values
    if "choices" in settings:
        choices = tuple(_read(item, scalar, name, "choices") for item in settings["choices"])
        found = Values(choices, nullable=values.nullable, source="configuration")
    elif "pattern" in settings:
        made = matching_texts(settings["pattern"])
        fitting = tuple(text for text in values.choices if re.fullmatch(settings["pattern"], text))
        seen = fitting if values.source != "plain" else ()
        found = Values(seen + made, pattern=settings["pattern"], nullable=values.nullable, source="configuration")
    elif "min" in settings or "max" in settings:
        found = _limit(values, settings, scalar, name)
    return replace(found, nullable=settings.get("nullable", found.nullable))


def _limit(values: Values, settings: Mapping[str, Any], scalar: str, name: object) -> Values:
    low = _read(settings["min"], scalar, name, "min") if "min" in settings else _lowest(values)
    high = _read(settings["max"], scalar, name, "max") if "max" in settings else _highest(values)
    if low > high and {"min", "max"} <= settings.keys():
        raise DomainError(f"domain of {name!r}: min {low!r} is greater than max {high!r}")
    if low > high:
        low, high = (low, low) if "min" in settings else (high, high)
    choices = tuple(value for value in values.choices if low <= value <= high)
    return Values(choices or (low,), low, high, nullable=values.nullable, source="configuration")


def _lowest(values: Values) -> Any:
    return min(values.choices) if values.low is None else values.low


def _highest(values: Values) -> Any:
    return max(values.choices) if values.high is None else values.high


def _check_keys(settings: Mapping[str, Any], scalar: str, name: object) -> None:
    for key in settings:
        if key not in KEYS:
            close = difflib.get_close_matches(key, KEYS, 1)
            hint = f", did you mean {close[0]!r}?" if close else f", known are {', '.join(KEYS)}"
            raise DomainError(f"domain of {name!r}: unknown key {key!r}{hint}")
    if {"min", "max"} & settings.keys() and scalar not in _ORDERED:
        raise DomainError(f"domain of {name!r}: min and max are for numbers and times, {name!r} is {scalar}")
    if "pattern" in settings and scalar != "string":
        raise DomainError(f"domain of {name!r}: pattern is for strings, {name!r} is {scalar}")
    if not isinstance(settings.get("pattern", ""), str):
        raise DomainError(f"domain of {name!r}: pattern must be a regular expression, not {settings['pattern']!r}")
    given = [key for key in ("choices", "pattern", "min") if key in settings or (key == "min" and "max" in settings)]
    if len(given) > 1:
        raise DomainError(f"domain of {name!r}: give only one of choices, pattern and min with max")
    if "choices" in settings and (not isinstance(settings["choices"], list) or not settings["choices"]):
        raise DomainError(f"domain of {name!r}: choices must be a list with at least one value")
    if not isinstance(settings.get("nullable", False), bool):
        raise DomainError(f"domain of {name!r}: nullable must be true or false, not {settings['nullable']!r}")


def _read(value: object, scalar: str, name: object, key: str) -> Any:
    if isinstance(value, dt.time):
        raise DomainError(f"domain of {name!r}: {key} must be a date or a date with time, not {value!r}")
    if key in {"min", "max"} and (is_null(value) or (isinstance(value, float) and math.isinf(value))):
        raise DomainError(f"domain of {name!r}: {key} must be finite, not {value!r}; leave it out for no limit")
    try:
        return coerce_scalar(value, scalar)
    except (ValueError, TypeError, OverflowError) as error:
        raise DomainError(f"domain of {name!r} ({scalar}), {key}: {error}") from error


@lru_cache(maxsize=256)
def matching_texts(pattern: str) -> tuple[str, ...]:
    """Return some texts that all of the pattern matches; raise DomainError where there are none."""
    found: dict[str, None] = {}

    @hypothesis.settings(
        max_examples=_TRIED,
        phases=[hypothesis.Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(texts_matching(pattern))
    def collect(text: str) -> None:
        found[text] = None

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:
        pass
    except hypothesis.errors.HypothesisException as error:
        raise DomainError(f"pattern {pattern!r} cannot be used: {error}") from error
    if not found:
        raise DomainError(f"pattern {pattern!r} matches no text")
    return tuple(found)[:_SEVERAL]


def texts_matching(pattern: str) -> st.SearchStrategy[str]:
    """Return the strategy of texts that all of the pattern matches, ASCII only where the pattern itself is."""
    try:
        compiled = re.compile(pattern, re.ASCII if pattern.isascii() else 0)
    except re.error as error:
        raise DomainError(f"pattern {pattern!r} cannot be used: {error}") from error
    return st.from_regex(compiled, fullmatch=True, alphabet=_ASCII if pattern.isascii() else None)
