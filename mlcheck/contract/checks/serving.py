"""Family 9xx: what MLflow's scoring server makes of the same input and output."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.behaviour import answered_cases, needs_determinism
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.checks.steady import stays
from mlcheck.contract.compare import difference
from mlcheck.contract.data import Frame, Series
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.inferred import is_null
from mlcheck.contract.outcome import Answered, Served
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.contract.verdict import judge_payload
from mlcheck.finding import Problem, Severity

JSON: Final = "application/json"
PLAIN = (bool, int, float, str, type(None))


@check("MLC808", Severity.ERROR, since="0.1.0")
def output_can_be_serialised(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when MLflow's scoring server can write the output as JSON.

    ## What is done
    Outputs for typical rows are handed to the function that the scoring server writes its answers with.

    ## Why does it matter?
    Decimals, sets, sparse matrices and generators work in a notebook and are a bare 500 behind a server.

    ## What to do
    Return a DataFrame, an array, or lists and dicts of plain numbers and strings.

    ## Based on
    https://github.com/mlflow/mlflow/issues/8220, https://github.com/mlflow/mlflow/issues/2218
    """
    for case in model.enumerated_typical_cases:
        outcome = model.ask_closely(case)
        written = outcome.serialised if isinstance(outcome, Answered) else None
        if written is not None and written.ok is False:
            yield case_problem(
                model,
                case,
                f"the scoring server cannot write the output as JSON: {written.error}"[:400],
                expected="an output that mlflow.pyfunc.scoring_server can serialise",
                happened=written.error,
                hint="return a DataFrame, an array, or lists and dicts of plain numbers and strings",
                subject="json",
                field="outputs",
            )
            return


@check("MLC909", Severity.ERROR, since="0.1.0")
def server_answers_like_predict(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the scoring server answers the same rows as predict does, in every JSON form.

    ## What is done
    Typical rows are posted to the scoring server's own code as `dataframe_split`, `dataframe_records`, or for
    arrays and lists `inputs` and `instances`, and its predictions compared with those of predict. Times are written
    as text, bytes in base 64.

    ## Why does it matter?
    The server reads JSON by other rules than pandas: dtypes, containers and column order may differ from what the
    model was tried with.

    ## What to do
    Rely on the columns that the signature declares, and on nothing else about the input.

    ## Based on
    https://github.com/mlflow/mlflow/issues/5525, https://github.com/mlflow/mlflow/pull/24390
    """
    needs_determinism(model)
    needs_threads(model)
    tried = 0
    for case, output in answered_cases(model)[:2]:
        plain = plain_output(output)
        for form, payload in _payloads(case):
            body = json.dumps(payload)
            if plain is None or judge_request(model, body) != "accept":
                continue
            served = model.process.serve(body.encode(), JSON)
            if served.kind == "unavailable":
                raise CheckSkipped(f"the scoring server cannot be had here: {served}")
            tried += 1
            different = compare_served(served, plain)
            if different is not None and stays(model, case, output):
                yield _problem(model, case, form, different)
                return
    if not tried:
        raise CheckSkipped("these inputs or outputs have no plain JSON form")


def judge_request(model: ModelUnderTest, body: str | bytes, content_type: str = JSON) -> str:
    """Return what the scoring server must do with a request: `accept`, `refuse` or `unspecified`."""
    assert model.signature is not None
    versions = {"mlflow_version": model.mlflow_version, "pandas_version": model.pandas_version}
    return judge_payload(model.signature, body, content_type=content_type, **versions).kind


def compare_served(served: Any, plain: object) -> str | None:
    """Return how the answer of the server differs from a plain output, `None` where it does not."""
    if not isinstance(served, Served):
        return explain(served)
    if served.status != 200:
        return f"the server answered {served.status}: {served.error or _find_cause(served.body)}"
    answer = json.loads(served.body)
    predictions = answer.get("predictions", answer) if isinstance(answer, dict) else answer
    return difference(plain, predictions, tolerance_bytes=4)


def _find_cause(body: bytes) -> str:
    """Return what the model raised, which is the last line of the trace that the server sends; else the body."""
    text = body.decode("utf-8", "replace")
    with suppress(ValueError, KeyError, TypeError, IndexError, AttributeError):
        return str(json.loads(text)["stack_trace"].strip().splitlines()[-1][:300])
    return text[:300]


def needs_threads(model: ModelUnderTest) -> None:
    """Skip the check where calls in other threads fail, for in such the server calls predict."""
    if model.fails_in_threads:
        raise CheckSkipped("calls in other threads fail: see concurrent-calls-give-same-output")


def _problem(model: ModelUnderTest, case: Case, form: str, different: str) -> Problem:
    return case_problem(
        model,
        case,
        f"posted as {form}, the same rows give another answer: {different}"[:400],
        expected="the predictions that predict returns",
        happened=different,
        hint="rely on the declared columns alone, not on dtypes or containers that only pandas has",
        subject=form,
        field="outputs",
    )


def _payloads(case: Case) -> Iterator[tuple[str, dict[str, object]]]:
    extra = {"params": case.params} if case.params else {}
    data = case.data
    if isinstance(data, Frame) and data.rows:
        yield from ((form, {form: part, **extra}) for form, part in _table_forms(data))
    elif isinstance(data, list) and data:
        with suppress(TypeError):
            yield "inputs", {"inputs": _json_cell(data), **extra}
    elif _is_small(data):
        rows = data.tolist()  # type: ignore[attr-defined]
        yield from ((form, {form: rows, **extra}) for form in ("inputs", "instances"))
    elif isinstance(data, dict) and data and all(map(_is_small, data.values())):
        yield "inputs", {"inputs": {name: value.tolist() for name, value in data.items()}, **extra}


def _is_small(data: object) -> bool:
    return isinstance(data, np.ndarray) and data.size <= 20_000 and data.dtype.kind in "iufb"


def _table_forms(frame: Frame) -> Iterator[tuple[str, object]]:
    try:
        columns = [(column.name, [_json_cell(value) for value in column.values]) for column in frame.columns]
    except TypeError:
        return
    names = [name for name, _ in columns]
    rows = [list(row) for row in zip(*(values for _, values in columns), strict=True)]
    yield "dataframe_split", {"columns": names, "data": rows}
    # Not as `inputs` or `instances`: MLflow makes one row of a dict of lists of texts
    yield "dataframe_records", [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _json_cell(value: Any) -> object:
    """Return a cell the way a client writes it in JSON: a time as text, bytes in base 64.

    Raises TypeError for what has no such form.
    """
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dt.datetime) and not is_null(value):
        return value.isoformat()
    if isinstance(value, np.datetime64) and not is_null(value):
        return str(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return _json_cell(list(value) if isinstance(value, np.ndarray) else value.item())
    if isinstance(value, (list, tuple)):
        return [_json_cell(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json_cell(item) for key, item in value.items()}
    raise TypeError(f"{value!r} has no form in JSON")


def plain_cell(value: object) -> object:
    """Return a numpy scalar as Python's own, anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def plain_output(output: object) -> object | None:
    """Return an output the way the server writes it, `None` where it holds more than numbers and texts."""
    if isinstance(output, Frame):
        columns = [(str(column.name), [plain_cell(value) for value in column.values]) for column in output.columns]
        rows = [{name: values[row] for name, values in columns} for row in range(output.rows)]
        return rows if all(isinstance(value, PLAIN) for row in rows for value in row.values()) else None
    if isinstance(output, Series) or output is None:
        return None
    if isinstance(output, np.ndarray):
        return output.tolist() if output.dtype.kind in "iufbU" else None
    if isinstance(output, dict):
        return _plain_dict(output)
    if isinstance(output, (list, tuple)):
        return _plain_list(output)
    return None


def _plain_list(output: Sequence[Any]) -> list[object] | None:
    cells = [plain_cell(value) for value in output]
    plain = [cell if isinstance(cell, PLAIN) else plain_output(cell) for cell in cells]
    unknown = (one is None and cell is not None for one, cell in zip(plain, cells, strict=True))
    return None if any(unknown) else plain


def _plain_dict(output: dict[Any, Any]) -> dict[str, object] | None:
    plain = {
        str(name): plain_output(value) if not isinstance(value, PLAIN) else value for name, value in output.items()
    }
    return plain if all(value is not None for value in plain.values()) else None
