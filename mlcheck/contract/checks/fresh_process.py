"""Family 9xx: another process gives the same answers, whatever it was asked before and wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case, Intent
from mlcheck.contract.checks.behaviour import answered_cases, changed_problem, needs_determinism
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import stays
from mlcheck.contract.compare import difference, row_count, take_rows
from mlcheck.contract.data import ColumnData, Frame
from mlcheck.contract.launcher import OTHER_HASH_SEED, THIRD_HASH_SEED
from mlcheck.contract.outcome import Answered
from mlcheck.contract.own_code import makes_hashes
from mlcheck.contract.process import ModelProcess
from mlcheck.contract.snippet import show_case
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace

_ZONE: Final = "<+0545>-05:45"
"""Five hours and three quarters before Greenwich, as POSIX writes it: such a zone needs no database of zones."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How another process differs from the first one, and what is wrong where it answers otherwise."""

    message: str
    subject: str
    hash_seed: int = 0
    time_zone: str = ""
    backwards: bool = False


_MOST_MIXED: Final = 8
_MOST_PARAMS: Final = 8
_HASHES: Final = "a fresh process with another seed for the hashes of texts gives another output"
_ALL: Final = _Way("a fresh process gives another output", "process", OTHER_HASH_SEED, _ZONE, backwards=True)
_SINGLE: Final = (
    _Way("a fresh process gives another output", "process"),
    _Way(_HASHES, "hashes", hash_seed=OTHER_HASH_SEED),
    _Way("a process that was asked other rows or params first gives another output", "order of calls", backwards=True),
    _Way("a process in another time zone gives another output", "time zone", time_zone=_ZONE),
)


@check("MLC902", Severity.ERROR, since="0.1.0")
def fresh_process_gives_same_output(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when a fresh process gives the same output, whatever it was asked before and wherever it runs.

    ## What is done
    The model is loaded again in a new process, with another seed for the hashes of texts and in another time zone,
    and asked the same typical rows in another order, after rows that are like them in all columns but one and after
    other params. Where an answer differs, it is found out which of these it depends on; the time zone is a warning.
    A model whose own code makes sets or calls `hash` is tried with one more seed.

    ## Why does it matter?
    Servers run many processes, in many places. An order taken from a set, a code given out at the first sight of
    a value, an answer kept under a key that lacks a column or a param, a seed or an hour from the local clock makes
    them disagree.

    ## What to do
    Sort what comes from sets, learn encodings at training time, fix seeds at load, and name the time zone.

    ## Based on
    measured: no MLflow thread names it, callers see two answers to one question
    """
    needs_determinism(model)
    cases = answered_cases(model)
    found = _find_difference(model, cases, _ALL)
    if found is None:
        yield from _other_hashes(model, cases)
        return
    for way in _SINGLE:
        again = _find_difference(model, cases, way)
        if again is not None:
            yield _problem(model, way, *again)
            return
    yield _problem(model, _ALL, *found)


def _other_hashes(model: ModelUnderTest, cases: Sequence[tuple[Case, object]]) -> Iterator[Problem]:
    """Try a third seed where it may matter: by the second alone, every other order of two texts stays the same."""
    way = _Way(_HASHES, "hashes", hash_seed=THIRD_HASH_SEED)
    found = _find_difference(model, cases, way) if makes_hashes(model.folder) else None
    if found is not None:
        yield _problem(model, way, *found)


def _problem(model: ModelUnderTest, way: _Way, case: Case, changed: str) -> Problem:
    problem = changed_problem(model, case, way.message, changed, way.subject)
    if way.subject == "time zone":
        hint = "name the time zone that is meant instead of taking that of the machine"
        return replace(problem, severity=Severity.WARNING, hint=hint)
    if way.backwards:
        hint = "keep no state in predict, and no answers under a key that lacks a column or a param"
        return replace(problem, hint=hint, details=(*problem.details, *_describe_before(model)))
    return problem


def _describe_before(model: ModelUnderTest) -> Iterator[tuple[str, str]]:
    for case in _asked_before(model):
        yield "asked before", show_case(case.data, case.params)


def _find_difference(model: ModelUnderTest, cases: Sequence[tuple[Case, object]], way: _Way) -> tuple[Case, str] | None:
    """Return the smallest case that a process of that way answers otherwise, and how."""
    smallest: tuple[Case, str] | None = None
    with _process(model, way) as process:
        for case, output in reversed(cases) if way.backwards else cases:
            other = process.predict(case.data, case.params)
            changed = difference(output, other.output) if isinstance(other, Answered) else str(other)
            if changed is not None and (smallest is None or way.backwards) and stays(model, case, output):
                smallest = case, changed
    return smallest


@contextmanager
def _process(model: ModelUnderTest, way: _Way) -> Iterator[ModelProcess]:
    process = model.host.new_process(hash_seed=way.hash_seed, time_zone=way.time_zone)
    try:
        if way.backwards:
            for case in _asked_before(model):
                process.predict(case.data, case.params)
            process.predict(_backwards(model.enumerated_typical_cases[-1].data))
        yield process
    finally:
        process.stop()


def _asked_before(model: ModelUnderTest) -> list[Case]:
    """Return cases that a cache may take for typical ones: rows that differ in one column alone, and other params."""
    params = [case for case in model.edge_cases if case.intent.place == "param" and case.intent.what == "value"]
    mixed = _mix_rows(make.base_data(model.domain, 2, 0))
    found = [*params[:: len(params) // _MOST_PARAMS or 1][:_MOST_PARAMS], *([mixed] if mixed is not None else [])]
    accepted = (case for case in found if model.verdict(case).kind == "accept")
    return [case for case in accepted if isinstance(model.ask(case), Answered)]


def _mix_rows(rows: object) -> Case | None:
    """Return for each of some columns a row that has the second row's value there, and the first row's elsewhere."""
    if not isinstance(rows, Frame) or not len(rows.columns) > 1:
        return None
    step = len(rows.columns) // _MOST_MIXED or 1
    places = range(0, len(rows.columns), step)[:_MOST_MIXED]
    columns = tuple(
        ColumnData(one.name, one.dtype, [one.values[int(number == place)] for place in places])
        for number, one in enumerate(rows.columns)
    )
    return Case(Frame(columns, len(places)), None, "typical", Intent("rows", "rows are mixed"))


def _backwards(data: object) -> object:
    return take_rows(data, range(row_count(data) or 0)[::-1]) if row_count(data) else data
