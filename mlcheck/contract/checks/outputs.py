"""Family 8xx: outputs are what the signature's outputs promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from mlcheck.contract.checks.promised import has_both, output_keeps
from mlcheck.contract.checks.registry import check
from mlcheck.contract.checks.steady import input_rows, is_library_model
from mlcheck.contract.data import Frame, Series
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered
from mlcheck.contract.outputs import describe_output
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity

_BARE: Final = (bool, int, float, str, bytes, np.generic)
_CONTAINERS: Final = (Frame, Series, np.ndarray, list, tuple)
_RELOG: Final = "log the model again with infer_signature(inputs, model.predict(inputs)), or correct predict"


@check("MLC801", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_kind(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict returns the kind of container that the output schema describes.

    ## What is done
    Outputs for one, several and no rows are compared with the output schema: a table with named columns, a nameless
    array, a dict of arrays. One row must not be answered by a bare value where several are by a container of values.

    ## Why does it matter?
    MLflow never looks at outputs. Callers index by column name, Spark builds a result type, a server serialises.

    ## What to do
    Log the model again with a signature inferred from what predict really returns, or convert in predict.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6092, https://github.com/mlflow/mlflow/issues/4993
    """
    found = list(output_keeps(model, "kind", lambda item: f"the output is {item.found}, not {item.expected}", _RELOG))
    yield from found or _bare_value_for_one_row(model)


def _bare_value_for_one_row(model: ModelUnderTest) -> Iterator[Problem]:
    """Find an answer to one row that is its value alone, where several rows are answered by a container of values."""
    typical = [case for case in model.enumerated_typical_cases if model.verdict(case).kind == "accept"]
    if not typical or input_rows(model, typical[0]) != 1:
        return
    single, one = typical[0], model.ask(typical[0])
    many = [outcome.output for case in typical[1:] if isinstance(outcome := model.ask(case), Answered)]
    several = next((output for output in many if isinstance(output, _CONTAINERS)), None)
    if isinstance(one, Answered) and isinstance(one.output, _BARE) and several is not None:
        bare, listed = describe_output(one.output), describe_output(several)
        yield case_problem(
            model,
            single,
            f"one row is answered by its value alone, {bare}, and several rows by {listed}"[:400],
            expected="the same kind of container for any number of rows",
            happened=f"{bare} for one row",
            hint="return a container of one value for one row: do not squeeze, and take no first element of it",
            subject="one row",
            field="outputs",
            severity=Severity.WARNING if is_library_model(model) else None,
        )


@check("MLC802", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_columns(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the output has the declared columns, in the declared order, and no others.

    ## What is done
    Names and order of the output's columns (or the keys of a dict of arrays) are compared with the output schema.

    ## Why does it matter?
    A renamed column is a `KeyError` in the caller's code, a repeated one is lost in a server's JSON.

    ## What to do
    Return the declared columns, or log the model again with the real ones.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6092, https://github.com/mlflow/mlflow/issues/1671
    """
    yield from output_keeps(model, "names", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC803", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_types(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when output values have the declared types, as `infer_signature` would see them.

    ## What is done
    The dtype of each column or array is compared with the output schema; where a dtype says nothing (object), the
    values are.

    ## Why does it matter?
    A string where a double was promised breaks the caller's arithmetic, an int where a float was promised its schema.

    ## What to do
    Convert in predict, or log the model again with the real types.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4993, https://github.com/SeldonIO/MLServer/issues/2212
    """
    yield from output_keeps(model, "type", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC804", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_declared_shape(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when output arrays have the declared rank and fixed dimensions.

    ## What is done
    The shape of each array is compared with the output schema; -1 stands for any size.

    ## Why does it matter?
    A signature inferred from labels says `(-1,)` while `predict_proba` returns `(-1, 2)`; a squeezed single row
    is no longer an array of one.

    ## What to do
    Log the model again with infer_signature(inputs, model.predict(inputs)); never infer outputs from `y_test`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/11559, https://github.com/fastai/fastai/pull/2427
    """
    yield from output_keeps(model, "shape", lambda item: f"the output has {item.found}, not {item.expected}", _RELOG)


@check("MLC806", Severity.ERROR, since="0.1.0", applies=has_both)
def output_has_no_nulls(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict returns a value, and no None in required columns.

    ## What is done
    Outputs for typical rows are searched for None.

    ## Why does it matter?
    A predict that forgets `return` answers None to everyone; nothing in MLflow notices.

    ## What to do
    Return a value, or declare the output column as optional.

    ## Based on
    measured with MLflow 2.9 to 3.17: None passes without a warning
    """
    hint = "return a value for every row, or declare the output as optional"
    yield from output_keeps(
        model, "null", lambda item: f"predict returned {item.found} instead of {item.expected}", hint
    )
