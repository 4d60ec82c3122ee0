"""Rules that hold the params of a signature against the source of `predict`."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.fit.trouble import listing
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import entries, plural, release_of
from mlcheck.rules.predict_source import mentions_params, read_predict
from mlcheck.rules.registry import rule

_FIRST_WITH_PARAMS = (2, 6)


@rule("MLC236", Severity.WARNING, since="0.1.0")
def param_not_declared(folder: ModelFolder) -> Iterator[Problem]:
    """Finds params that `predict` reads and that the signature does not declare.

    Only models that are saved as source code are looked at, and only reads that are plain in the text:
    `params["top_k"]`, `params.get("top_k")`.

    ## Why is this bad?
    MLflow drops params that the signature does not know, with no more than a line in the log: callers set them, and
    `predict` goes on with its default. With a type hint MLflow infers a signature without params, unless the input
    example has some.

    ## Bad
        def predict(self, context, model_input, params=None):
            top_k = (params or {}).get("top_k", 5)              (and the signature has `params: null`)

    ## Good
        infer_signature(X, answers, params={"top_k": 5})

    ## What to do
    Declare the param: `infer_signature(…, params={"top_k": 5})`, or `input_example=(X, {"top_k": 5})`.

    ## Based on
    MLflow 2.6 to 3.17 (`_enforce_params_schema`); https://github.com/mlflow/mlflow/issues/18522,
    https://github.com/mlflow/mlflow/issues/14908, https://github.com/mlflow/mlflow/pull/22936
    """
    source = read_predict(folder) if mentions_params(folder) else None
    if source is None or release_of(folder) < _FIRST_WITH_PARAMS:
        return
    declared = {str(entry.name) for entry in entries(folder, "params")}
    for name, node in source.param_reads().items():
        if name not in declared:
            has = f"declares only {listing(sorted(declared))}" if declared else "declares no params"
            message = f"predict reads the param {name!r}, but the signature {has}: MLflow drops it"
            hint = f"declare it: infer_signature(…, params={{{name!r}: …}})"
            yield Problem(message, source.locate(node), hint, subject=name)


@rule("MLC237", Severity.WARNING, since="0.1.0")
def params_not_taken(folder: ModelFolder) -> Iterator[Problem]:
    """Finds params in the signature of a model whose `predict` has no argument `params`.

    Only models that are saved as source code are looked at.

    ## Why is this bad?
    MLflow hands params over by this name alone, `**kwargs` does not count. Callers set them, nothing fails, and
    nothing changes.

    ## Bad
        def predict(self, context, model_input):                (and the signature declares `top_k`)

    ## Good
        def predict(self, context, model_input, params=None):

    ## What to do
    Give `predict` the argument `params=None`, or take the params out of the signature.

    ## Based on
    `_PythonModelPyfuncWrapper.predict`, MLflow 2.6 to 3.17
    """
    names = [entry.name for entry in entries(folder, "params")]
    source = read_predict(folder) if names else None
    if source is not None and not source.takes_params:
        message = f"the signature declares {plural('param', names)}, but predict has no argument 'params'"
        yield Problem(message, source.locate(source.function), "add the argument params=None to predict", "params")
