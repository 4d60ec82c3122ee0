"""Rules about how a flavor is loaded: its loader module, its function, its data and the format of its file."""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Iterator

from mlcheck.facts.dependencies import brings, is_known
from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.facts.flavors import PYFUNC
from mlcheck.facts.imports import brings_module, is_stdlib
from mlcheck.facts.mlflow_versions import KNOWN_UNTIL, LOADER_MODULES, loader_life, within
from mlcheck.files import LFS_HEAD
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.module_origins import lacks_code
from mlcheck.rules.registry import rule

_PREDICT_FUNCTIONS = ("predict", "predict_proba", "predict_log_proba", "predict_joint_log_proba", "score")
_PYTHON_MODELS = ("mlflow.pyfunc.model", "mlflow.pyfunc.loaders.")
_FROM_CODE = ("model_code_path", "python_model")
_FORMATS = ("pickle", "cloudpickle", "skops")
_ZIP = b"PK\x03\x04"
_COMPRESSIONS = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "lzma": b"\xfd7zXZ"}


def loader_of(folder: ModelFolder) -> str:
    """Return the loader module that MLmodel names, "" if it names none."""
    loader = folder.pyfunc.get("loader_module")
    return loader if isinstance(loader, str) else ""


@rule("MLC110", Severity.ERROR, since="0.1.0", reads="environment")
def unknown_loader_module(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a loader_module in the package mlflow that no MLflow release has.

    ## Why is this bad?
    Loading fails with `ModuleNotFoundError` or `module … has no attribute '_load_pyfunc'`.

    ## Bad
        loader_module: mlflow.scikit_learn

    ## Good
        loader_module: mlflow.sklearn

    ## What to do
    Write the module's name as MLflow does, or log the model again.

    ## Based on
    The modules with `_load_pyfunc` of MLflow 1.0 to 3.17
    """
    loader = loader_of(folder)
    ours = loader == "mlflow" or loader.startswith("mlflow.")
    newer = folder.pinned_mlflow or folder.mlflow_version
    known_time = newer is None or within(newer.release, "0.0", KNOWN_UNTIL)
    if folder.mlmodel is not None and ours and loader_life(loader) is None and known_time:
        known = [flavor.loader for flavor in FLAVORS.values() if flavor.loader] + list(LOADER_MODULES)
        near = difflib.get_close_matches(loader, known, n=1)
        hint = f"is {near[0]!r} meant?" if near else "log the model again"
        message = f"no MLflow has the loader module {loader!r}"
        yield Problem(message, folder.mlmodel.locate("flavors", PYFUNC, "loader_module"), hint, subject=loader)


@rule("MLC111", Severity.ERROR, since="0.1.0")
def loader_module_not_shipped(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a loader_module outside of MLflow that is neither in the model's code nor brought by a requirement.

    ## Why is this bad?
    Loading fails with `ModuleNotFoundError` wherever that module happens not to be installed. It is a warning if a
    requirement that mlcheck does not know may bring the module, or if there are no requirements.

    ## Bad
        loader_module: my_loader          (no code directory, requirements.txt: mlflow, pandas)

    ## Good
        loader_module: my_loader
        code: code                        (with code/my_loader.py)

    ## What to do
    Log the model with `code_paths=["my_loader.py"]`, or add the distribution that has the module to the
    requirements.

    ## Based on
    `importlib.import_module(conf["loader_module"])` in `pyfunc.load_model`;
    https://github.com/mlflow/mlflow/pull/9474
    """
    loader = loader_of(folder)
    top = loader.partition(".")[0]
    if folder.mlmodel is None or not loader or top == "mlflow" or _shipped(folder, loader) or lacks_code(folder):
        return
    names = [one.name for one in folder.all_requirements if one.kind not in ("option", "constraint")]
    if any(brings_module(part, loader) for name in names if name for part in brings(name)):
        return
    certain = bool(names) and all(name is not None and is_known(name) for name in names)
    message = f"the loader module {loader!r} is neither in the model's code nor in what its requirements bring"
    hint = f"log the model with code_paths=[…] so that {top!r} is shipped, or add its distribution"
    place = folder.mlmodel.locate("flavors", PYFUNC, "loader_module")
    yield Problem(message, place, hint, subject=loader, severity=None if certain else Severity.WARNING)


def _shipped(folder: ModelFolder, loader: str) -> bool:
    top = loader.partition(".")[0]
    if is_stdlib(top):
        return True
    code = folder.pyfunc.get("code")
    if not isinstance(code, str):
        return False
    names = (f"{code}/{top}.py", f"{code}/{top}")
    return any(folder.has(name) for name in names) or any(
        entry.path.startswith(f"{code}/{top}.") for entry in folder.files
    )


@rule("MLC112", Severity.ERROR, since="0.1.0", reads="environment")
def unknown_predict_fn(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a predict_fn that the loaded model cannot have.

    ## Why is this bad?
    `pyfunc.load_model` asks for the attribute at once and fails: `Model implementation is missing required …
    method`.

    ## Bad
        loader_module: mlflow.sklearn
        predict_fn: predict_probas

    ## Good
        loader_module: mlflow.sklearn
        predict_fn: predict_proba

    ## What to do
    Write the name of a method: for scikit-learn `predict`, `predict_proba`, `predict_log_proba`,
    `predict_joint_log_proba` or `score`, for a PythonModel and all other flavors `predict`.

    ## Based on
    `_SklearnModelWrapper`, MLflow 2.13 to 3.17, and the wrappers of the other flavors; https://github.com/mlflow/mlflow/issues/11559
    """
    name = folder.pyfunc.get("predict_fn")
    if folder.mlmodel is None or not isinstance(name, str):
        return
    allowed = _predict_functions(folder)
    if name.isidentifier() and not keyword.iskeyword(name) and (not allowed or name in allowed):
        return
    message = f"predict_fn is {name!r}, which is no method of the loaded model"
    near = difflib.get_close_matches(name, allowed, n=1)
    hint = f"is {near[0]!r} meant?" if near else "write the name of a method, such as 'predict'"
    yield Problem(message, folder.mlmodel.locate("flavors", PYFUNC, "predict_fn"), hint, subject=name)


def _predict_functions(folder: ModelFolder) -> tuple[str, ...]:
    """Return the names that predict_fn may have, empty where any method of somebody's own may be meant."""
    loader = loader_of(folder)
    if loader == "mlflow.sklearn":
        version = folder.pinned_mlflow or folder.mlflow_version
        return _PREDICT_FUNCTIONS if version is not None and within(version.release, "2.13") else ()
    ours = loader.startswith(_PYTHON_MODELS) or any(loader == flavor.loader for flavor in FLAVORS.values())
    return ("predict", "predict_stream") if ours else ()


@rule("MLC113", Severity.ERROR, since="0.1.0")
def python_function_without_data(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a python_function flavor that does not say which file its loader is to open.

    ## Why is this bad?
    MLflow hands the whole folder to the loader, which expects the model file: `KeyError: 'model_path'`,
    `IsADirectoryError`, or `Python model path was not specified in the model configuration`.

    ## Bad
        python_function:
          loader_module: mlflow.xgboost

    ## Good
        python_function:
          loader_module: mlflow.xgboost
          data: model.xgb

    ## What to do
    Add the key, with the file that the flavor's own entry names.

    ## Based on
    `_load_pyfunc` of the flavors, MLflow 1.0 to 3.17
    """
    loader = loader_of(folder)
    keys = _data_keys(loader)
    if folder.mlmodel is None or not keys or any(folder.pyfunc.get(key, "") != "" for key in keys):
        return
    message = f"python_function names no {keys[0]!r}, which {loader} needs to find the model"
    place = folder.mlmodel.locate("flavors", PYFUNC, key=True)
    yield Problem(message, place, f"add `{keys[0]}: {_likely_value(folder, loader)}`", subject=keys[0])


def _data_keys(loader: str) -> tuple[str, ...]:
    """Return the keys of which a loader needs one, none for loaders that open nothing or that are not MLflow's."""
    if loader in LOADER_MODULES and loader.startswith(_PYTHON_MODELS):
        return ("python_model", "model_code_path") if loader == "mlflow.pyfunc.model" else _FROM_CODE
    flavor = FLAVORS.get(loader.removeprefix("mlflow."))
    return flavor.data if flavor is not None and flavor.loader == loader else ()


def _likely_value(folder: ModelFolder, loader: str) -> object:
    """Return what the flavor's own entry names, or the file that MLflow writes, for a hint."""
    flavor = FLAVORS.get(loader.removeprefix("mlflow."))
    if flavor is None:
        return "python_model.pkl" if loader == "mlflow.pyfunc.model" else "model.py"
    conf = folder.flavors.get(flavor.name, {})
    return next((conf[path.key] for path in flavor.paths if isinstance(conf.get(path.key), str)), "…")


@rule("MLC114", Severity.ERROR, since="0.1.0")
def wrong_serialization_format(folder: ModelFolder) -> Iterator[Problem]:
    """Finds model files that are in another format than MLmodel says.

    ## Why is this bad?
    MLflow picks the reader by the key: `BadZipFile` for a pickle that is called skops, `UnpicklingError` for the
    reverse, `Unrecognized serialization format` for a word that it does not know.

    ## Bad
        pickled_model: model.pkl
        serialization_format: skops

    ## Good
        pickled_model: model.pkl
        serialization_format: cloudpickle

    ## What to do
    Write the format that the file has, or log the model again.

    ## Based on
    `_load_model_from_local_file` of the sklearn flavor, MLflow 1.0 to 3.17 (skops from 3.9);
    `python_model_compression`, MLflow 3.0 to 3.17
    """
    for flavor, key in (("sklearn", "pickled_model"), ("lightgbm", "data")):
        conf = folder.flavors.get(flavor, {})
        path, said = conf.get(key), conf.get("serialization_format")
        # A Booster is text whatever the key says, and MLflow 3.14 and later write the key for it too.
        if flavor == "lightgbm" and (said is None or "sklearn" not in str(conf.get("model_class"))):
            continue
        message = _format_problem(folder, path, said)
        if message and folder.mlmodel is not None:
            place = folder.mlmodel.locate("flavors", flavor, "serialization_format")
            yield Problem(message, place, "write the format that the file has", subject=flavor)
    message = _compression_problem(folder)
    if message and folder.mlmodel is not None:
        place = folder.mlmodel.locate("flavors", PYFUNC, "python_model_compression")
        yield Problem(message, place, "write the compression that the file has", subject=PYFUNC)


def _format_problem(folder: ModelFolder, path: object, said: object) -> str:
    if isinstance(said, str) and said not in _FORMATS:
        return f"serialization_format is {said!r}, MLflow knows {', '.join(map(repr, _FORMATS))}"
    head = folder.read_bytes(path, limit=64) if isinstance(path, str) else None
    if not head or head.startswith(LFS_HEAD) or (head.startswith(_ZIP) == (said == "skops")):
        return ""
    found = "a zip archive, as skops writes it" if said != "skops" else "no zip archive, as skops writes it"
    claim = "not given, which means 'pickle'" if said is None else repr(said)
    return f"serialization_format is {claim}, but {path!r} is {found}"


def _compression_problem(folder: ModelFolder) -> str:
    path, said = folder.pyfunc.get("python_model"), folder.pyfunc.get("python_model_compression")
    head = folder.read_bytes(path, limit=64) if isinstance(path, str) else None
    if not head or head.startswith(LFS_HEAD):
        return ""
    found = next((name for name, start in _COMPRESSIONS.items() if head.startswith(start)), None)
    if found == (said if said in _COMPRESSIONS else None):  # MLflow reads unknown words as no compression
        return ""
    claim = "not given" if said is None else repr(said)
    return f"python_model_compression is {claim}, but {path!r} is compressed with {found or 'nothing'}"
