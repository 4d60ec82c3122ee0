"""What a model gives for typical input: kind, names, dtypes and shape of the output, and how long a call takes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from mlcheck.card.types import Seen
from mlcheck.contract.compare import row_count
from mlcheck.contract.data import Frame, Series, Sparse
from mlcheck.contract.outcome import Answered
from mlcheck.contract.outputs import describe_output

if TYPE_CHECKING:
    from mlcheck.contract.under_test import ModelUnderTest

_CALLS: Final = 5


def see_outputs(model: ModelUnderTest) -> Iterator[Seen]:
    """Yield the output for one, two and many typical rows; `seconds` is the median time in predict of five calls."""
    for case in model.enumerated_typical_cases:
        outcome = model.ask(case)
        if isinstance(outcome, Answered):
            seconds = statistics.median(model.ask_again(case).seen.seconds for _ in range(_CALLS))
            yield _see(outcome.output, row_count(case.data), seconds)


def _see(output: Any, rows: int | None, seconds: float) -> Seen:
    columns = tuple((str(column.name), column.dtype) for column in output.columns) if isinstance(output, Frame) else ()
    if isinstance(output, Frame):
        shape: tuple[int, ...] = (output.rows, len(columns))
    elif isinstance(output, Series | list):
        shape = (len(output.values if isinstance(output, Series) else output),)
    else:
        shape = tuple(getattr(output, "shape", ()))
    dtype = "" if isinstance(output, Frame) else str(getattr(output, "dtype", ""))
    return Seen(rows, describe_output(output), _kind(output), dtype, shape, columns, round(seconds, 6))


def _kind(output: object) -> str:
    names = {Frame: "pandas.DataFrame", Series: "pandas.Series", Sparse: "scipy.sparse matrix"}
    kind = type(output)
    return names.get(kind, f"{kind.__module__}.{kind.__name__}".removeprefix("builtins."))
