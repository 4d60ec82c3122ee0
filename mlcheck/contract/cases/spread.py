"""Keeps enumerations within a limit: a fixed spread over columns, at least one of every sort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

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
    everything = [(i, k) for i, group in enumerate(filled) for k in range(len(group.makers))]
    chosen = everything if limit is None or total <= limit else _choose(filled, limit)
    cases = tuple(filled[i].makers[k]() for i, k in chosen)
    return Cases(cases, total, len({i for i, _ in chosen}), len(filled))


def _choose(groups: Sequence[Group], limit: int) -> list[tuple[int, int]]:
    """Return which maker of which group to take: all of one group of every sort, then one after the other of each.

    Each group begins with another maker than the one before, so that every kind of case comes about.
    """
    firsts = list({group.sort: i for i, group in reversed(list(enumerate(groups)))}.values())
    chosen = [(i, k) for i in sorted(firsts) for k in range(len(groups[i].makers))]
    if len(chosen) > limit:
        chosen = [chosen[i * len(chosen) // limit] for i in range(limit)]
    rest = [i for i in _spread_order(len(groups)) if i not in set(firsts)]
    most = max((len(groups[i].makers) for i in rest), default=0)
    more = (
        (i, (turn + place) % len(groups[i].makers))
        for turn in range(most)
        for place, i in enumerate(rest)
        if turn < len(groups[i].makers)
    )
    return sorted([*chosen, *islice(more, limit - len(chosen))])


def _spread_order(size: int) -> list[int]:
    """Return 0 … size-1 so that every beginning of it is spread over the whole."""
    bits = max(1, (size - 1).bit_length())
    reverse = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(2**bits))
    return [i for i in reverse if i < size]
