"""Family 8xx: outputs that `mlflow.pyfunc.spark_udf` can turn into a Spark column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.checks.promised import has_both
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import input_rows
from mlcheck.contract.compare import row_count
from mlcheck.contract.data import to_pandas
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.outputs import describe_output, output_mismatches
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.signature import Schema, Signature, Tensor

_TAKEN: Final[dict[str, list[Any]]] = {
    "integer": [np.byte, np.ubyte, np.short, np.ushort, np.int32],
    "long": [np.byte, np.ubyte, np.short, np.ushort, int],
    "float": [np.number],
    "double": [np.number],
    "boolean": [bool, np.bool_],
}
"""By declared type, the dtypes that spark_udf looks for in a one-column result (MLflow 2.9 to 3.17)."""


def _has_outputs(signature: Signature | None) -> bool:
    return has_both(signature) and bool(signature and signature.outputs)


@check("MLC810", Severity.WARNING, since="0.1.0", applies=_has_outputs)
def output_fits_spark_udf(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when `mlflow.pyfunc.spark_udf` finds the declared result in what predict returns.

    ## What is done
    Outputs for typical rows that fit the output schema are looked at as spark_udf does: it takes the result type
    from the schema, makes a DataFrame of the output and picks the columns of fitting dtypes. Spark is not needed.

    ## Why does it matter?
    Numbers in a column of dtype object, pandas' nullable Int64 or a dict of single values work everywhere else, and
    end a Spark job with "did not produce any values compatible with the requested type".

    ## What to do
    Return plain numpy dtypes, one value for each row; give spark_udf a `result_type` of its own elsewhere.

    ## Based on
    https://github.com/mlflow/mlflow/issues/8173, https://github.com/mlflow/mlflow/pull/15058
    """
    assert model.signature is not None
    assert model.signature.outputs is not None
    for case in model.enumerated_typical_cases:
        outcome = model.ask(case) if model.verdict(case).kind == "accept" else None
        if not isinstance(outcome, Answered) or not row_count(outcome.output):
            continue
        if any(not item.mild for item in output_mismatches(model.signature.outputs, outcome.output, None)):
            return  # said by other checks
        why = find_spark_obstacle(model.signature.outputs, outcome.output)
        if why is not None and input_rows(model, case) is not None:
            yield case_problem(
                model,
                case,
                f"mlflow.pyfunc.spark_udf cannot use the output: {why}"[:400],
                expected="an output that spark_udf turns into a column of the declared type",
                happened=f"{why}; predict returned {describe_output(outcome.output)}",
                hint="return plain numpy dtypes with one value for each row, or call spark_udf with a result_type",
                subject="spark",
                field="outputs",
            )
            return


def find_spark_obstacle(schema: Schema, output: object) -> str | None:
    """Return why spark_udf cannot turn an output that fits its schema into a column, `None` where it can."""
    if len(schema) != 1:
        return None
    spec, result = schema[0], to_pandas(output)
    if isinstance(spec, Tensor):
        return None if len(spec.shape) in {1, 2} else f"it takes tensors of one or two dimensions, not {spec.shape}"
    if isinstance(result, dict) and any(not hasattr(value, "__iter__") for value in result.values()):
        return "it makes a list of each value of a dict, and a single value is none"
    wanted = _TAKEN.get(str(spec.type))
    if wanted is None:
        return None
    frame = pd.DataFrame([result] if np.isscalar(result) else result)  # type: ignore[call-overload]
    if len(frame.select_dtypes(wanted).columns):
        return None
    dtypes = ", ".join(sorted({str(dtype) for dtype in frame.dtypes}))
    return f"it looks for a column of type {spec.type} and finds dtype {dtypes}"
