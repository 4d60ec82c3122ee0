"""What each MLflow release writes into a model folder and which releases can read it.

"Since" is the first minor release that writes or reads the thing, "until" the last one ("" = still does).
Read from the wheels of MLflow 1.10 to 3.17 and tried in 2.9, 2.16, 2.22, 3.0, 3.10 and 3.17.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

# Distributions that bring the `mlflow` package.
MLFLOW_DISTRIBUTIONS = ("mlflow", "mlflow-skinny", "mlflow-tracing")

# The newest minor release that these tables know.
KNOWN_UNTIL = "3.17"

# The last minor release of the major versions that are closed.
LAST_MINOR = {0: 9, 1: 30, 2: 22}

# All minor releases, in order.
MINORS = tuple(
    (major, minor)
    for major, last in (*LAST_MINOR.items(), (3, int(KNOWN_UNTIL.partition(".")[2])))
    for minor in range(last + 1)
)

TOP_LEVEL_KEYS: dict[str, str] = {
    "artifact_path": "1.0",
    "run_id": "1.0",
    "utc_time_created": "1.0",
    "flavors": "1.0",
    "signature": "1.10",
    "saved_input_example_info": "1.10",
    "databricks_runtime": "1.20",
    "model_uuid": "1.23",
    "mlflow_version": "1.25",
    "metadata": "2.1",
    "model_size_bytes": "2.8",
    "resources": "2.13",
    "env_vars": "2.18",
    "is_signature_from_type_hint": "2.20",
    "type_hint_from_example": "2.20",
    "prompts": "2.21",
    "auth_policy": "2.21",
    "model_id": "3.0",
}

PYFUNC_KEYS: dict[str, str] = {
    "loader_module": "1.0",
    "python_version": "1.0",
    "data": "1.0",
    "code": "1.0",
    "env": "1.0",
    "pickle_module_name": "1.0",
    "python_model": "1.0",
    "cloudpickle_version": "1.0",
    "artifacts": "1.0",
    "model_path": "1.10",
    "underlying_model_flavor": "1.14",
    "predict_fn": "1.29",
    "parameters_path": "2.7",
    "config": "2.8",
    "model_code_path": "2.13",
    "streamable": "2.12",
    "predict_stream_fn": "2.12",
    "python_model_compression": "3.0",
}

# Modules of MLflow that have `_load_pyfunc`: (since, until). Those of flavors are in `flavor_table`.
LOADER_MODULES: dict[str, tuple[str, str]] = {
    "mlflow.pyfunc.model": ("1.0", ""),
    "mlflow.pyfunc.loaders.chat_model": ("2.11", ""),
    "mlflow.pyfunc.loaders.code_model": ("2.13", ""),
    "mlflow.pyfunc.loaders.chat_agent": ("2.20", ""),
    "mlflow.pyfunc.loaders.responses_agent": ("2.22", ""),
    "mlflow.prompt.promptlab_model": ("2.21", ""),
    "mlflow.promptlab": ("2.10", "2.20"),
    "mlflow._promptlab": ("2.7", "2.11"),
    "mlflow.azureml": ("1.0", "1.30"),
    "mlflow.langchain.model": ("3.0", ""),
    "mlflow.openai.model": ("3.0", ""),
    "mlflow.llama_index.model": ("3.0", ""),
    "mlflow.keras.load": ("2.11", ""),
    "mlflow.dspy.load": ("2.18", ""),
}

# (first MLflow minor, the Requires-Python of it and those after)
PYTHON_SUPPORT: tuple[tuple[str, str], ...] = (
    ("3.2", ">=3.10"),
    ("2.18", ">=3.9"),
    ("2.0", ">=3.8"),
    ("1.24", ">=3.7"),
    ("1.20", ">=3.6"),
)

# Type of `saved_input_example_info`: the first release that reads it.
EXAMPLE_TYPES: dict[str, str] = {
    "dataframe": "1.10",
    "ndarray": "1.14",
    "sparse_matrix_csc": "1.23",
    "sparse_matrix_csr": "1.23",
    "json_object": "2.15",
}


@record(frozen=True, slots=True)
class Feature:
    """Something a writer puts into a model folder that some releases cannot read.

    what: what it is, for a message. failure: what the others do with it.
    fatal: whether loading the model fails there (else only the input example or serving suffers).
    """

    what: str
    since: str
    until: str
    failure: str
    fatal: bool = True


_UNKNOWN_TYPE = "does not know the type and refuses the signature"

FEATURES: dict[str, Feature] = {
    "column-required": Feature(
        *("the key 'required' in a column", "2.10", ""),
        "raises TypeError: ColSpec.__init__() got an unexpected keyword argument 'required'",
    ),
    "column-optional": Feature(
        *("the key 'optional' in a column", "2.4", "2.17"),
        "raises TypeError: ColSpec.__init__() got an unexpected keyword argument 'optional'",
    ),
    "type-tensor": Feature("a tensor in the signature", "1.14", "", _UNKNOWN_TYPE),
    "type-datetime": Feature("the type 'datetime'", "1.16", "", _UNKNOWN_TYPE),
    "type-array": Feature("the type 'array'", "2.10", "", _UNKNOWN_TYPE),
    "type-object": Feature("the type 'object'", "2.10", "", _UNKNOWN_TYPE),
    "type-map": Feature("the type 'map'", "2.12", "", _UNKNOWN_TYPE),
    "type-sparkml_vector": Feature("the type 'sparkml_vector'", "2.16", "", _UNKNOWN_TYPE),
    "type-any": Feature("the type 'any'", "2.19", "", _UNKNOWN_TYPE),
    "signature-without-inputs": Feature(
        *("a signature without inputs", "2.7", ""), "raises an error that names no file or key"
    ),
    "params": Feature(*("params in the signature", "2.6", ""), "knows no params and ignores them", fatal=False),
    "params-type": Feature("the key 'type' of a param", "2.7", "", "knows only the key 'dtype' there"),
    "params-object": Feature("a param of type 'object'", "2.20", "", "raises KeyError: 'object'"),
    "example-json_object": Feature(
        *("an input example of type 'json_object'", "2.15", ""), "cannot load the example", fatal=False
    ),
    "example-ndarray-raw": Feature(
        *('an ndarray input example without "inputs" around it', "2.16", ""),
        "cannot load the example",
        fatal=False,
    ),
    "example-ndarray-tf-serving": Feature(
        *("an ndarray input example in the tf-serving form", "1.14", "2.15"),
        "reads the example as something else",
        fatal=False,
    ),
    "serialization-skops": Feature(
        *("serialization_format 'skops'", "3.9", ""), "raises: Unrecognized serialization format"
    ),
    "pytorch-pt2": Feature("a PyTorch model saved as model.pt2", "3.9", "", "looks for model.pth"),
    "python-model-compression": Feature(
        *("a compressed python_model", "3.0", ""), "unpickles the compressed file as it is and fails"
    ),
    "env-map": Feature(
        *("env as a map of conda and virtualenv", "2.0", ""),
        "expects a file name there and cannot serve the model with conda or virtualenv",
        fatal=False,
    ),
}


@lru_cache(maxsize=256)
def minor(version: str) -> tuple[int, int]:
    """Return (major, minor) of a version of this module's tables, such as "2.10"."""
    first, second = version.split(".")
    return int(first), int(second)


def within(release: Sequence[int], since: str, until: str = "") -> bool:
    """Return whether an MLflow release, as (major, minor, …), lies between two minor releases, both included."""
    found = (release[0], release[1] if len(release) > 1 else 0)
    return minor(since) <= found and (not until or found <= minor(until))


def readable_by(feature: str, release: Sequence[int]) -> str | None:
    """Return what goes wrong when this MLflow release meets `feature`; None if it can read it.

    feature: a key of `FEATURES`. release: (major, minor, …), `Version.release` of packaging.
    """
    fact = FEATURES[feature]
    if within(release, fact.since, fact.until):
        return None
    return fact.failure


def requires_python(release: Sequence[int]) -> str:
    """Return the Requires-Python of an MLflow release, "" where it is not known (before 1.20)."""
    return next((spec for since, spec in PYTHON_SUPPORT if within(release, since)), "")


def loader_life(module: str) -> tuple[str, str] | None:
    """Return (since, until) of a module of MLflow that can be a `loader_module`; None if there is no such."""
    if module in LOADER_MODULES:
        return LOADER_MODULES[module]
    flavor = FLAVORS.get(module.removeprefix("mlflow."))
    return (flavor.since, flavor.until) if flavor and flavor.loader == module else None
