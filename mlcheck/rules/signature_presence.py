"""Rules about what of a signature is there at all: none, no inputs, no outputs, text that is no JSON."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import locate_field, locate_in_mlmodel
from mlcheck.rules.proposals import propose_signature
from mlcheck.rules.registry import rule

_QUOTES = "JSON wants double quotes: write the text with json.dumps, or log the model again"
_CORRECT = "correct the JSON, or write the signature with mlflow.models.set_signature"


def _signature(folder: ModelFolder) -> dict[str, object]:
    signature = folder.mlmodel_data.get("signature")
    return signature if isinstance(signature, dict) else {}


@rule("MLC202", Severity.WARNING, since="0.1.0")
def signature_missing(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a model that can be served and has no signature.

    ## Why is this bad?
    Nothing is checked then: a missing, misspelt or reordered column reaches the model and gives a wrong answer or a
    stack trace. Unity Catalog refuses to register such a model, MLServer cannot decode requests for it, and there
    is no contract to test. MLflow leaves the signature out without an error when it cannot infer it.

    ## Bad
        mlflow.sklearn.log_model(model, name="model")

    ## Good
        mlflow.sklearn.log_model(model, name="model", input_example=X_train.head(3))

    ## What to do
    Log the model with `input_example=` or `signature=infer_signature(X, model.predict(X))`, or add a signature to
    the folder with `mlflow.models.set_signature`. The hint says what the folder itself tells about the columns.

    ## Based on
    MLflow 1.10 to 3.17 (releases before 3.0 warn of it themselves when they log a model);
    https://github.com/mlflow/mlflow/issues/12063, https://github.com/mlflow/mlflow/pull/7909,
    https://github.com/mlflow/mlflow/issues/25593
    """
    if not folder.pyfunc or folder.mlmodel_data.get("signature") is not None:
        return
    proposal = propose_signature(folder)
    details = (("signature that could be set", proposal.snippet),) if proposal.snippet else ()
    yield Problem(
        "the model has no signature: nothing checks what it is given",
        locate_in_mlmodel(folder, "signature") if "signature" in folder.mlmodel_data else locate_in_mlmodel(folder),
        proposal.hint,
        subject="signature",
        details=details,
    )


@rule("MLC203", Severity.ERROR, since="0.1.0", reads="signature")
def signature_not_json(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a signature whose inputs, outputs or params are text that is no JSON.

    ## Why is this bad?
    `load_model` fails with `JSONDecodeError: Expecting property name enclosed in double quotes`, which names neither
    the file nor the key. It is what becomes of a signature that was written by hand or with `str()`.

    ## Bad
        inputs: "[{'name': 'a', 'type': 'double'}]"

    ## Good
        inputs: '[{"name": "a", "type": "double", "required": true}]'

    ## What to do
    Write the signature with `mlflow.models.set_signature`, or the text with `json.dumps`.

    ## Based on
    MLflow 1.10 to 3.17 (`Schema.from_json`); https://github.com/mlflow/mlflow/issues/3952
    """
    for field, document in folder.signature_documents.items():
        # An empty text is read like null.
        for defect in document.defects if document.text else ():
            if not document.readable:
                text = document.text.lstrip()
                hint = _QUOTES if text.startswith(("[{'", "{'")) else _CORRECT
                what = "blank text" if defect.kind == "empty" else defect.message
                yield Problem(f"{field} of the signature is {what}", defect.location, hint, subject=field)


@rule("MLC204", Severity.WARNING, since="0.1.0", reads="signature")
def signature_without_inputs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a signature that says something about outputs or params and nothing about inputs.

    ## Why is this bad?
    Inputs are not checked at all, while the signature looks as if they were. Azure ML's no-code deployment crashes
    at the start (`'NoneType' object has no attribute 'inputs'`), Unity Catalog refuses the model.

    ## Bad
        signature:
          inputs: null
          outputs: '[{"type": "double", "required": true}]'

    ## Good
        signature:
          inputs: '[{"name": "a", "type": "double", "required": true}]'
          outputs: '[{"type": "double", "required": true}]'

    ## What to do
    Infer the signature from inputs and outputs: `infer_signature(X, model.predict(X))`.

    ## Based on
    MLflow 2.7 to 3.17 (older ones cannot read such a signature)
    """
    signature = _signature(folder)
    parts = [field for field in ("outputs", "params") if signature.get(field)]
    if parts and not signature.get("inputs"):
        message = f"the signature has {' and '.join(parts)}, but no inputs: nothing checks what the model is given"
        hint = "infer it from inputs too: infer_signature(X, model.predict(X))"
        yield Problem(message, locate_field(folder, "inputs"), hint, subject="inputs")


@rule("MLC205", Severity.WARNING, since="0.1.0")
def signature_without_outputs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a signature that has inputs and no outputs.

    ## Why is this bad?
    What the model answers is promised nowhere, so no test can hold it to that. Unity Catalog refuses to register
    the model, and `mlflow.pyfunc.spark_udf` takes every answer for a double.

    ## Bad
        signature = infer_signature(X)

    ## Good
        signature = infer_signature(X, model.predict(X))

    ## What to do
    Infer the signature from the model's own answers. Do not take the labels of the training data for them: they may
    have another type.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/12661, https://github.com/mlflow/mlflow/pull/7909
    """
    signature = _signature(folder)
    if signature.get("inputs") and not signature.get("outputs"):
        message = "the signature has inputs, but no outputs: nothing says what the model answers"
        hint = "infer it from the model's answers too: infer_signature(X, model.predict(X))"
        yield Problem(message, locate_field(folder, "outputs"), hint, subject="outputs")
