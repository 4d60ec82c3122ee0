"""Puts together what fails for one and the same cause, so that one fault is one finding."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

from mlcheck.contract.cases import Case
from mlcheck.contract.outcome import Died, Outcome, Raised, Refused

_NAMED: Final = 3
"""Columns, tensors or params that are named beside the first."""

_DETAIL: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(\.\d+)?")
_LIST: Final = re.compile(r"#(\W{1,4}#)+")


def by_cause(failures: Iterable[tuple[Case, Outcome]]) -> Iterator[list[tuple[Case, Outcome]]]:
    """Yield failures of one cause together; of each column, tensor or param only the first one counts.

    One cause: the same was done, and what came of it differs only in names and numbers. Input in which several
    columns were changed at once is left out where one of them fails alone.
    """
    groups: dict[Hashable, list[tuple[Case, Outcome]]] = {}
    seen: set[tuple[Hashable, object]] = set()
    for case, outcome in failures:
        alone = case.intent.name is not None
        key = _cause(case, outcome)
        if (case.intent.what, case.intent.name) in seen or (not alone and _has_same_kind(groups, outcome)):
            continue
        seen.add((case.intent.what, case.intent.name))
        groups.setdefault(key, []).append((case, outcome))
    yield from groups.values()


def _has_same_kind(groups: dict[Hashable, list[tuple[Case, Outcome]]], outcome: Outcome) -> bool:
    return any(_kind(other) == _kind(outcome) for group in groups.values() for _, other in group)


def _cause(case: Case, outcome: Outcome) -> Hashable:
    return case.kind, case.intent.what, _kind(outcome), _words(outcome, str(case.intent.name))


def _kind(outcome: Outcome) -> tuple[str, str]:
    return outcome.kind, outcome.error.type if isinstance(outcome, (Raised, Refused)) else ""


def _words(outcome: Outcome, name: str) -> str:
    if isinstance(outcome, (Raised, Refused)):
        nameless = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "#", outcome.error.message)
        return _LIST.sub("#", _DETAIL.sub("#", nameless))
    return str(outcome) if isinstance(outcome, Died) else ""


def likewise(others: Sequence[Case]) -> str:
    """Return " (likewise 'b', 'c' and 5 more)" for a sentence about the first; nothing where there are no others."""
    names = list(dict.fromkeys(repr(case.intent.name) for case in others if case.intent.name is not None))
    if not names:
        return ""
    listed, rest = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return f" (likewise {listed} and {rest} more)" if rest > 0 else f" (likewise {listed})"
