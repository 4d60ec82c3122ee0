"""Rules that hold the signature against the model itself: its features, its method, its flavor."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries, locate_field, locate_in_mlmodel, plural
from mlcheck.rules.features_differ import explain_difference, explain_surplus
from mlcheck.rules.flavors import loader_of
from mlcheck.rules.learned_by import read_learned
from mlcheck.rules.predict_source import read_predict
from mlcheck.rules.registry import rule

_TREES = {"mlflow.xgboost": "XGBoost", "mlflow.lightgbm": "LightGBM"}
_NO_NUMBERS = frozenset({"string", "binary", "datetime", "array", "object", "map", "any"})
_PROBABILITIES = frozenset({"predict_proba", "predict_log_proba", "predict_joint_log_proba"})
_LABEL_TYPES = frozenset({"long", "integer", "boolean", "string"})
_NEURAL = ("mlflow.tensorflow", "mlflow.keras")
_PYTHON_MODELS = ("mlflow.pyfunc.model", "mlflow.pyfunc.loaders.")


@rule("MLC240", Severity.ERROR, since="0.1.0")
def features_differ(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a signature whose columns are not those that the model was trained on.

    The names are read from the model file, without running anything: XGBoost (JSON, UBJSON), LightGBM (text),
    scikit-learn (skops, pickles). A required column that a ColumnTransformer never saw, often the target, is a
    warning: it is dropped, but callers have to send it.

    ## Why is this bad?
    Enforcement drops every column that the signature does not know and brings the rest into its order; the model then
    misses one (`feature_names mismatch`), or, LightGBM, takes one for another and answers wrongly.

    ## Bad
        model.feature_names_in_ == ["age", "income"]            (and the signature has `age` and `Income`)

    ## Good
        infer_signature(X[["age", "income"]], model.predict(X[["age", "income"]]))

    ## What to do
    Infer the signature from the very DataFrame that the model is trained on.

    ## Based on
    MLflow 1.10 to 3.17, XGBoost 3.2, LightGBM 4.7, scikit-learn 1.9; https://github.com/mlflow/mlflow/issues/10747,
    https://github.com/mlflow/mlflow/issues/6877, https://github.com/microsoft/FLAML/issues/1480
    """
    inputs = list(entries(folder, "inputs"))
    learned = read_learned(folder) if inputs else None
    if learned is not None and learned.certain:
        difference = explain_difference(learned, inputs)
        if difference is not None:
            message, subject = difference
            hint = f"infer the signature from the data that the model was trained on (see {learned.path})"
            yield Problem(message, locate_field(folder, "inputs"), hint, subject=subject)
            return
        surplus = explain_surplus(learned, inputs)
        if surplus is not None:
            message, subject = surplus
            hint = "leave it out of the signature: infer it from the data that the model was trained on"
            place = locate_field(folder, "inputs")
            yield Problem(message, place, hint, subject=subject, severity=Severity.WARNING)


@rule("MLC241", Severity.ERROR, since="0.1.0", reads="signature")
def outputs_contradict_predict_fn(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a scikit-learn model that answers with probabilities while its signature promises labels.

    ## Why is this bad?
    MLflow does not check outputs, so nothing fails here: whoever trusts the signature does. `spark_udf` casts the
    answer to the declared type, a typed client cannot read it.

    ## Bad
        predict_fn: predict_proba                               (and outputs: a tensor int64 of shape (-1,))

    ## Good
        predict_fn: predict_proba                               (and outputs: a tensor float64 of shape (-1, 2))

    ## What to do
    Infer the signature from `model.predict_proba(X)`, or log the model with `pyfunc_predict_fn="predict"`.

    ## Based on
    MLflow 1.29 to 3.17; https://github.com/mlflow/mlflow/issues/11559, https://github.com/mlflow/mlflow/issues/694
    """
    name = folder.pyfunc.get("predict_fn")
    outputs = list(entries(folder, "outputs"))
    if loader_of(folder) != "mlflow.sklearn" or name not in _PROBABILITIES or len(outputs) != 1:
        return
    found = _labels(outputs[0])
    if found:
        message = f"predict_fn is {name!r}, which answers with one number for each class, but outputs has {found}"
        hint = f"infer the signature from model.{name}(X), or use predict_fn: predict"
        yield Problem(message, outputs[0].place(), hint, subject="outputs")


def _labels(output: Entry) -> str:
    """Return what says that an output holds labels, empty if it may hold probabilities."""
    kind, spec = output.data.get("type"), output.data.get("tensor-spec")
    if isinstance(kind, str) and kind in _LABEL_TYPES:
        return f"one column of type {kind}"
    if not output.is_tensor or not isinstance(spec, dict):
        return ""
    dtype, shape = str(spec.get("dtype")), spec.get("shape")
    if dtype.startswith(("int", "uint", "bool", "str")):
        return f"a tensor of {dtype}"
    return f"a tensor of shape {shape}" if isinstance(shape, list) and len(shape) == 1 and dtype != "object" else ""


@rule("MLC242", Severity.ERROR, since="0.1.0", reads="signature")
def text_for_boosted_trees(folder: ModelFolder) -> Iterator[Problem]:
    """Finds required columns of text, times or lists in the signature of an XGBoost or LightGBM model.

    ## Why is this bad?
    Both take numbers, booleans and pandas' `category`, and MLflow has no type for `category`: it refuses such a column
    for every type, and what passes for `string` is refused by the model
    (`DataFrame.dtypes for data must be int, float, bool or category`). So no data is left that could be predicted.

    ## Bad
        X["city"] = X["city"].astype("category")
        mlflow.lightgbm.log_model(model, signature=infer_signature(X.astype({"city": "string"})))

    ## Good
        X["city"] = X["city"].cat.codes

    ## What to do
    Encode the column before the model sees it, in a scikit-learn pipeline or in a `PythonModel` around the model.

    ## Based on
    MLflow 1.10 to 3.17, XGBoost 3.2, LightGBM 4.7; https://github.com/mlflow/mlflow/issues/12910,
    https://github.com/mlflow/mlflow/issues/3849, https://github.com/lightgbm-org/LightGBM/issues/5244
    """
    flavor = loader_of(folder).rpartition(".")[2]
    library = _TREES.get(loader_of(folder))
    model_class = str(folder.flavors.get(flavor, {}).get("model_class") or f"{flavor}.Booster")
    if library is None or not model_class.startswith(f"{flavor}."):
        return
    found = [entry for entry in entries(folder, "inputs") if _must_be_text(entry)]
    if found:
        kinds = " and ".join(sorted({str(entry.data["type"]) for entry in found}))
        columns = plural("column", [entry.label for entry in found])
        message = f"{columns} of type {kinds}: {library} refuses everything but numbers and booleans"
        hint = "encode it before the model sees it, in a pipeline or a PythonModel"
        yield Problem(message, found[0].place("type"), hint, subject="inputs")


def _must_be_text(entry: Entry) -> bool:
    kind = entry.data.get("type")
    return isinstance(kind, str) and kind in _NO_NUMBERS and not entry.is_optional


@rule("MLC243", Severity.NOTE, since="0.1.0", reads="signature")
def columns_for_neural_network(folder: ModelFolder) -> Iterator[Problem]:
    """Finds columns as inputs of a Keras or TensorFlow model.

    ## Why is this bad?
    Such a model takes an array. MLflow hands it the DataFrame's values, in the order of the columns and in the one
    dtype that they have in common; anything but a table of numbers does not pass. A tensor says dtype and shape.

    ## Bad
        inputs: '[{"name": "a", "type": "double"}, {"name": "b", "type": "double"}]'

    ## Good
        inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'

    ## What to do
    Infer the signature from an array: `infer_signature(X.to_numpy(), model.predict(X))`.

    ## Based on
    MLflow 1.14 to 3.17; https://github.com/mlflow/mlflow/issues/10818, https://github.com/mlflow/mlflow/issues/4223
    """
    inputs = list(entries(folder, "inputs"))
    if inputs and loader_of(folder).startswith(_NEURAL) and not any(entry.is_tensor for entry in inputs):
        message = (
            f"the model takes an array, but the signature has {plural('column', [entry.label for entry in inputs])}"
        )
        hint = "infer the signature from an array: infer_signature(X.to_numpy(), …)"
        yield Problem(message, inputs[0].place(), hint, subject="inputs")


@rule("MLC244", Severity.WARNING, since="0.1.0")
def type_hint_flag_without_type_hint(folder: ModelFolder) -> Iterator[Problem]:
    """Finds `is_signature_from_type_hint: true` in a model that has no type hints.

    ## Why is this bad?
    MLflow then leaves it to the type hint of `predict` to check the data, and enforces nothing. Only a `PythonModel`
    has one: for every other model nothing is checked, and a server takes no request but `{"inputs": …}`. The source
    of a model from code is looked at, too: the hint may have been taken out.

    ## Bad
        is_signature_from_type_hint: true
        flavors:
          python_function:
            loader_module: mlflow.sklearn

    ## Good
        is_signature_from_type_hint: false

    ## What to do
    Set it to false, or log the model again.

    ## Based on
    MLflow 2.20 to 3.17
    """
    loader = loader_of(folder)
    flagged = folder.mlmodel_data.get("is_signature_from_type_hint") is True
    if not flagged or not loader or not any(entries(folder, "inputs")):
        return
    who = "" if loader.startswith(_PYTHON_MODELS) else loader
    source = read_predict(folder) if not who else None
    argument = source.input_argument if source is not None else None
    if argument is not None and argument.annotation is None:
        who = "predict"
    if who:
        message = f"is_signature_from_type_hint is true, but {who} has no type hints: MLflow checks no inputs"
        place = locate_in_mlmodel(folder, "is_signature_from_type_hint")
        yield Problem(message, place, "set it to false", subject="is_signature_from_type_hint")
