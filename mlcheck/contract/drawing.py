"""Draws cases with Hypothesis, always the same ones for a seed, and finds the smallest in which something shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.clock import OutOfTimeError

T = TypeVar("T")


def draw_cases(cases: SearchStrategy[Case], look: Callable[[Case], object], count: int, with_seed: int) -> None:
    """Draw up to `count` cases of the strategy, and call `look` with each; what it raises has the case shrunk."""
    # Never the ambient Hypothesis profile: our seed, no database, no deadline.
    profile = settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

    @seed(with_seed)
    @profile
    @given(cases)
    def draw(case: Case) -> None:
        look(case)

    draw()


def shrink(
    cases: SearchStrategy[Case], find: Callable[[Case], T | None], count: int, with_seed: int
) -> tuple[Case, T] | None:
    """Draw cases until `find` returns something, and return the smallest such case with what it returned.

    Where the model cannot be asked any more, it is the smallest so far; raises what kept it from that if there is none.
    """
    best: list[tuple[Case, T]] = []

    def look(case: Case) -> None:
        found = find(case)
        if found is not None:
            best[:] = [(case, found)]
            raise _Found

    try:
        draw_cases(cases, look, count, with_seed)
    except (_Found, Flaky):
        pass
    except (CheckSkipped, OutOfTimeError):
        if not best:
            raise
    return best[0] if best else None


class _Found(Exception):  # noqa: N818 - it tells Hypothesis to shrink, and is no error
    """A case in which something was found."""
