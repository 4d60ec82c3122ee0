"""Families 7xx and 9xx: requests to the scoring server that are malformed, or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Final

from mlcheck.contract.cases import Case, base_case
from mlcheck.contract.checks.behaviour import answered_cases, needs_determinism
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.checks.serving import (
    JSON,
    PLAIN,
    compare_served,
    judge_request,
    needs_threads,
    plain_cell,
    plain_output,
)
from mlcheck.contract.checks.steady import stays
from mlcheck.contract.data import Frame
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Served, Unavailable
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity

CSV: Final = "text/csv"
_WIDE: Final = 50
_READ_AS_MISSING: Final = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"}
    | {"<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)
"""Texts that pandas takes for missing ones when it reads CSV."""


@check("MLC708", Severity.ERROR, since="0.1.0")
def server_refuses_malformed_requests(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when requests that are malformed, or break the signature, never reach the model's own predict.

    ## What is done
    The scoring server's own code gets bodies that are no JSON, wrong keys and content types, tables of wrong shape,
    missing columns and wrong types. It must refuse them before predict is called; where MLflow itself answers 500
    instead of 4xx, that is not the model's fault.

    ## Why does it matter?
    A client's mistake must be told to the client, and not be an outage, or an answer made of something else.

    ## What to do
    Look at what the finding shows: the model was loaded in a way that does not enforce its signature.

    ## Based on
    https://github.com/mlflow/mlflow/issues/7536; measured with MLflow 2.9 to 3.17
    """
    for label, content_type, body in _malformed(model):
        if judge_request(model, body, content_type) != "refuse":
            continue
        served = model.process.serve(body, content_type)
        if isinstance(served, Unavailable):
            raise CheckSkipped(f"the scoring server cannot be had here: {served}")
        if isinstance(served, Served) and served.seen.inner_calls == 0:
            continue
        said = f"answered with {served.status}" if isinstance(served, Served) else explain(served)
        yield case_problem(
            model,
            base_case(model.domain),
            f"a request with {label} reaches the model: {said}"[:400],
            expected="an answer 4xx, before predict is called",
            happened=f"{content_type}: {body[:200].decode('utf-8', 'replace')}: {said}",
            hint="the signature does not protect this model: load it with mlflow.pyfunc and keep enforcement on",
            subject=label,
        )
        return


def _malformed(model: ModelUnderTest) -> Iterator[tuple[str, str, bytes]]:
    """Yield a label, a content type and a body: first what no model can read, then what breaks this signature."""
    for label, body in (
        ("no body", ""),
        ("a body that is not JSON", "{"),
        ("a list for a body", "[1, 2]"),
        ("an empty object", "{}"),
        ("a wrong top key", '{"data": [[1]]}'),
        ("two top keys", '{"inputs": [1], "instances": [1]}'),
        ("a number for a table", '{"dataframe_split": 1}'),
        ("rows of different lengths", '{"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}'),
        ("a text for records", '{"dataframe_records": "word"}'),
        ("null for inputs", '{"inputs": null}'),
    ):
        yield label, JSON, body.encode()
    yield "a body that is not UTF-8", JSON, b"\xff\xfe{}"
    yield "another content type", "application/xml", b"<a/>"
    yield "an unknown option of the content type", f"{JSON}; format=pandas-split", b"{}"
    yield from _breaking(model)


def _breaking(model: ModelUnderTest) -> Iterator[tuple[str, str, bytes]]:
    data = base_case(model.domain).data
    if not isinstance(data, Frame) or not _is_plain(data):
        return
    row = {str(column.name): plain_cell(column.values[0]) for column in data.columns}
    for name in list(row)[: 10 if len(row) < _WIDE else 2]:
        rest = {key: value for key, value in row.items() if key != name}
        yield f"column {name!r} missing", JSON, json.dumps({"dataframe_records": [rest]}).encode()
        for label, wrong in (("a text", "word"), ("an object", {"k": [1]}), ("a list", [1.5, None])):
            records = [{**row, name: wrong}]
            yield f"{label} for column {name!r}", JSON, json.dumps({"dataframe_records": records}).encode()
    yield "a CSV table of another column", CSV, b"mlcheck_other\n1\n"


@check("MLC910", Severity.ERROR, since="0.1.0")
def server_answers_csv_like_predict(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the scoring server answers rows in CSV as predict does.

    ## What is done
    Typical rows are posted as `text/csv` where CSV can carry them: numbers, booleans and texts, none missing.

    ## Why does it matter?
    MLflow reads CSV with the declared types, yet by other rules than JSON: a model that looks at dtypes or at the
    order of columns answers otherwise.

    ## What to do
    Rely on the columns that the signature declares, and on nothing else about the input.

    ## Based on
    https://github.com/mlflow/mlflow/issues/5525, https://github.com/mlflow/mlflow/issues/187
    """
    needs_determinism(model)
    needs_threads(model)
    tried = 0
    for case, output in answered_cases(model)[:2]:
        body, plain = _write_csv(case), plain_output(output)
        if body is None or plain is None or judge_request(model, body, CSV) != "accept":
            continue
        served = model.process.serve(body.encode(), CSV)
        if isinstance(served, Unavailable):
            raise CheckSkipped(f"the scoring server cannot be had here: {served}")
        tried += 1
        different = compare_served(served, plain)
        if different is not None and stays(model, case, output):
            yield case_problem(
                model,
                case,
                f"posted as CSV, the same rows give another answer: {different}"[:400],
                expected="the predictions that predict returns",
                happened=different,
                hint="rely on the declared columns alone, not on dtypes that only one way of reading has",
                subject="csv",
                field="outputs",
            )
            return
    if not tried:
        raise CheckSkipped("these inputs or outputs have no plain form in CSV")


def _write_csv(case: Case) -> str | None:
    data = case.data
    if case.params or not isinstance(data, Frame) or not data.rows or not data.columns or not _is_plain(data):
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in data.columns])
    writer.writerows(zip(*(map(plain_cell, column.values) for column in data.columns), strict=True))
    return text.getvalue()


def _is_plain(frame: Frame) -> bool:
    values = (plain_cell(value) for column in frame.columns for value in column.values)
    return all(
        isinstance(value, PLAIN) and value is not None and value == value and value not in _READ_AS_MISSING  # noqa: PLR0124
        for value in values
    )
