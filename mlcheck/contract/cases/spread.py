"""Keeps enumerations within a limit: a fixed spread over columns, at least one of every sort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mlcheck.contract.cases.types import Case, Cases


@dataclass(frozen=True, slots=True)
class Group:
    """All cases about one column, tensor or param, not made yet; groups of one sort are alike but for the name.

    With `by_rows` the makers also take a number of rows, and that of the base row to begin with.
    """

    sort: object
    makers: tuple[Callable[..., Case], ...]
    by_rows: bool = False


def take(groups: Iterable[Group], limit: int | None) -> Cases:
    """Return the cases of the groups, or of a fixed spread over them where there are more than the limit."""
    filled = [group for group in groups if group.makers]
    total = sum(len(group.makers) for group in filled)
    chosen = list(range(len(filled))) if limit is None or total <= limit else _choose(filled, limit)
    makers = [maker for i in chosen for maker in filled[i].makers]
    if limit is not None and len(makers) > limit:
        makers = _thin(makers, limit)
    return Cases(tuple(maker() for maker in makers), total, len(chosen), len(filled))


def _choose(groups: Sequence[Group], limit: int) -> list[int]:
    """Return which groups to take: one of every sort whatever it costs, then others while they fit."""
    firsts = list({group.sort: i for i, group in reversed(list(enumerate(groups)))}.values())
    left = limit - sum(len(groups[i].makers) for i in firsts)
    chosen = set(firsts)
    for i in _spread_order(len(groups)):
        if i not in chosen and len(groups[i].makers) <= left:
            chosen.add(i)
            left -= len(groups[i].makers)
    return sorted(chosen)


def _spread_order(size: int) -> list[int]:
    """Return 0 … size-1 so that every beginning of it is spread over the whole."""
    bits = max(1, (size - 1).bit_length())
    reverse = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(2**bits))
    return [i for i in reverse if i < size]


def _thin(makers: Sequence[Callable[[], Case]], limit: int) -> list[Callable[[], Case]]:
    return [makers[i * len(makers) // limit] for i in range(limit)]
