"""Rules about the shape of the metadata files: types of values, required keys, fixed sets of values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from packaging.version import Version

from mlcheck.document import Document
from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.facts.flavors import PYFUNC
from mlcheck.finding import Edit, Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.parts import shared_by
from mlcheck.records import replace
from mlcheck.rules.registry import rule
from mlcheck.schema import Kind, Violation, violations

_SIGNATURE = "signature"
_EXAMPLE = "saved_input_example_info"

# Tried with MLflow 2.0 to 3.17: a wrong type here fails neither load_model nor predict.
_NOT_NEEDED_TO_LOAD = frozenset(
    {
        *("artifact_path", "auth_policy", "databricks_runtime", "is_signature_from_type_hint", "mlflow_version"),
        *("model_id", "model_size_bytes", "model_uuid", "prompts", "run_id", "type_hint_from_example"),
        "utc_time_created",
    }
)
_PYFUNC_NOT_NEEDED_TO_LOAD = frozenset({"cloudpickle_version", "config", "streamable", "uri"})
_CONDA_NOT_NEEDED = frozenset({("name",), ("prefix",), ("variables",)})
_COLUMN_KEYS_OF_ANY_TYPE = frozenset({"name", "optional", "required"})


def _violations_of(document: Document | None, kind: Kind) -> list[Violation]:
    return violations(kind, document) if document is not None else []


@lru_cache(maxsize=1)  # three rules ask for them one after the other
def _mlmodel_violations(folder: ModelFolder) -> list[Violation]:
    # That the file is no mapping at all is for unreadable-metadata to say.
    if folder.mlmodel is None or not isinstance(folder.mlmodel.data, dict):
        return []
    return violations("mlmodel", folder.mlmodel)


def _problem(violation: Violation, severity: Severity | None = None, owner: str = "") -> Problem:
    message = f"{owner}: {violation.message}" if owner else violation.message
    return Problem(message, violation.location, violation.hint, subject=violation.subject, severity=severity)


def _mlmodel_severity(violation: Violation) -> Severity | None:
    """Return a warning for what loading does not need, nothing for the rest."""
    first, *rest = violation.pointer or ("",)
    if first != "flavors":
        inside = first == "resources" and rest
        return Severity.WARNING if first in _NOT_NEEDED_TO_LOAD or inside else None
    flavor, key = (*rest, "", "")[0], str(violation.pointer[-1])
    if flavor == PYFUNC:
        return Severity.WARNING if key in _PYFUNC_NOT_NEEDED_TO_LOAD else None
    needed = not rest or (flavor in FLAVORS and not key.endswith("version"))
    return None if needed else Severity.WARNING


def _signature_severity(violation: Violation, folder: ModelFolder) -> Severity | None:
    """Return what MLflow reads all the same as a warning, what its older versions wrote as a note."""
    if violation.keyword == "minItems" and folder.mlflow_version and folder.mlflow_version < _NO_EMPTY_SCHEMA:
        return Severity.NOTE
    # A property may be called "name" or "required" too: its parent is the key "properties".
    *parents, key = violation.pointer or ("",)
    of_column = violation.keyword == "type" and key in _COLUMN_KEYS_OF_ANY_TYPE and parents[-1:] != ["properties"]
    return Severity.WARNING if of_column else None


_NO_EMPTY_SCHEMA = Version("2.10")


def _owner(document: Document, violation: Violation, field: str) -> str:
    """Return which column or param the violation is about, empty where it has no name."""
    name = document.get(*violation.pointer[:1], "name") if violation.pointer else None
    noun = "param" if field == "params" else "column"
    return f"{noun} {name!r}" if isinstance(name, str) and len(name) <= _LONGEST_NAME else ""


_LONGEST_NAME = 60


@rule("MLC101", Severity.ERROR, since="0.1.0")
def mlmodel_shape(folder: ModelFolder) -> Iterator[Problem]:
    """Finds values of the wrong type and missing keys in MLmodel.

    Keys that MLflow does not know are left alone, and so are the keys of your own flavors. Wrong types in keys
    that loading does not need (`run_id`, `sklearn_version`, …) are warnings.

    ## Why is this bad?
    MLflow does not check the file: it fails somewhere inside of `load_model`, and its message names neither the
    file nor the key (`AttributeError: 'float' object has no attribute 'split'` for a `python_version` without
    quotes).

    ## Bad
        flavors:
          python_function:
            python_version: 3.10

    ## Good
        flavors:
          python_function:
            loader_module: mlflow.sklearn
            python_version: '3.10'

    ## What to do
    Correct the value, or log the model again. Editors show the same faults while you type: see
    `schemas/mlmodel.schema.json`.

    ## Based on
    MLflow 1.0 to 3.17, every key tried with values of every type; https://github.com/mlflow/mlflow/issues/1738
    """
    for violation in _mlmodel_violations(folder):
        if violation.pointer[:1] not in {(_SIGNATURE,), (_EXAMPLE,)}:
            yield _problem(violation, _mlmodel_severity(violation))


@rule("MLC201", Severity.ERROR, since="0.1.0")
def signature_shape(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a signature that MLflow cannot read: unknown types, unknown or missing keys, YAML instead of JSON text.

    ## Why is this bad?
    `load_model` fails on it with a `TypeError`, `KeyError` or `MlflowException` that names neither the file nor the
    column: `Unsupported type 'int64'` for a type that MLflow calls `long`, `the JSON object must be str` for
    columns written as YAML.

    ## Bad
        signature:
          inputs:
          - {name: age, type: int64}

    ## Good
        signature:
          inputs: '[{"name": "age", "type": "long", "required": true}]'

    ## What to do
    Better than to edit the text: make the signature with `mlflow.models.infer_signature` and write it with
    `mlflow.models.set_signature`.

    ## Based on
    MLflow 1.10 to 3.17 (`Schema.from_json`, `ParamSchema.from_json`); https://github.com/mlflow/mlflow/pull/8438,
    https://github.com/mlflow/mlflow/issues/3952, https://github.com/Galileo-Galilei/kedro-mlflow/issues/562
    """
    signature = folder.mlmodel_data.get(_SIGNATURE)
    empty = isinstance(signature, dict) and all(value in (None, "") for value in signature.values())
    if empty and folder.mlmodel is not None:
        message = "the signature has neither inputs nor outputs nor params, which MLflow refuses"
        hint = "remove it, or make one with mlflow.models.infer_signature"
        yield Problem(message, folder.mlmodel.locate(_SIGNATURE, key=True), hint, subject=_SIGNATURE)
        return
    for violation in _mlmodel_violations(folder):
        if violation.pointer[:1] == (_SIGNATURE,):
            yield _problem(violation)
    yield from _signature_problems(folder)


@shared_by("signature")
def _signature_problems(folder: ModelFolder) -> tuple[Problem, ...]:
    return tuple(
        _problem(violation, _signature_severity(violation, folder), _owner(document, violation, field))
        for field, document in folder.signature_documents.items()
        for violation in violations("params" if field == "params" else "signature", document, name=field)
    )


@rule("MLC251", Severity.WARNING, since="0.1.0")
def example_info_shape(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a description of the input example (`saved_input_example_info`) that MLflow cannot read.

    ## Why is this bad?
    The model loads, but `load_input_example` fails, and so does everything that tries the model with its example:
    `mlflow.models.predict`, validation before serving, and mlcheck's own contract tests.

    ## Bad
        saved_input_example_info:
          type: pandas

    ## Good
        saved_input_example_info:
          artifact_path: input_example.json
          type: dataframe

    ## What to do
    Log the model again with `input_example=`, or correct the key.

    ## Based on
    MLflow 1.10 to 3.17 (`mlflow/models/utils.py`)
    """
    for violation in _mlmodel_violations(folder):
        if violation.pointer[:1] == (_EXAMPLE,):
            yield _problem(violation)


@rule("MLC301", Severity.ERROR, since="0.1.0", reads="environment")
def conda_shape(folder: ModelFolder) -> Iterator[Problem]:
    """Finds values of the wrong type, missing and unknown keys in conda.yaml.

    ## Why is this bad?
    The model loads where it was made; the fault shows when its environment is built, on another machine. conda
    drops keys that it does not know with a line in its log.

    ## Bad
        dependencies:
        - python=3.11.7
        - pip: mlflow==3.17.2
        build_dependencies: [setuptools]

    ## Good
        dependencies:
        - python=3.11.7
        - pip
        - pip:
          - mlflow==3.17.2
          - setuptools

    ## What to do
    Correct the value. Editors show the same faults while you type: see `schemas/conda.schema.json`.

    ## Based on
    conda's `env/env.py`; MLflow 1.26 to 3.17 (`_PythonEnv.get_dependencies_from_conda_yaml`);
    https://github.com/mlflow/mlflow/issues/1917, https://github.com/Galileo-Galilei/kedro-mlflow-tutorial/issues/19
    """
    for violation in _violations_of(folder.conda, "conda"):
        mild = violation.keyword == "additionalProperties" or violation.pointer[:1] in _CONDA_NOT_NEEDED
        yield _problem(violation, Severity.WARNING if mild else None)


@rule("MLC302", Severity.ERROR, since="0.1.0", reads="environment")
def python_env_shape(folder: ModelFolder) -> Iterator[Problem]:
    """Finds values of the wrong type and unknown keys in python_env.yaml.

    ## Why is this bad?
    Building the model's environment (`env_manager="virtualenv"` or `"uv"`, `mlflow models serve`, `build-docker`)
    fails with a `TypeError`. YAML reads 3.10 without quotes as the number 3.1.

    ## Bad
        python: 3.10

    ## Good
        python: '3.10.14'

    ## What to do
    Put the version in quotes and name all three numbers.

    ## Based on
    MLflow 1.26 to 3.17 (`mlflow/utils/environment.py::_PythonEnv`)
    """
    document = folder.python_env
    for violation in _violations_of(document, "python_env"):
        problem = _problem(violation)
        if document is not None and problem.location.pointer == "/python":
            recorded = folder.pyfunc.get("python_version")
            problem = replace(problem, fix=_quote_python(document, problem.location, recorded))
        yield problem


def _quote_python(document: Document, place: Location, recorded: object) -> tuple[Edit, ...]:
    """Return an edit that puts a version which YAML reads as a number into quotes, or in its place the recorded one."""
    lines = document.text.split("\n")
    line = lines[(place.line or 1) - 1][(place.column or 1) - 1 :]
    number = re.match(r"\d\.\d+(?=\s*(?:#|$))", line)
    if number is None:
        return ()
    other = isinstance(recorded, str) and re.fullmatch(r"\d+\.\d+\.\d+", recorded)
    right = recorded if other and not str(recorded).startswith(f"{number[0]}.") else number[0]
    return (Edit(place, number[0], f"'{right}'"),)
