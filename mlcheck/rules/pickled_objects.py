"""Rules about what a pickle is: its protocol, the bytecode in it, the object itself, PyTorch's own."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.environment import DeclaredPython, read_environment
from mlcheck.facts.bytecode import pythons_of
from mlcheck.facts.pickle_callables import is_torch_weight
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.pickles.values import Made, Ref
from mlcheck.rules.pickled import ModelPickle, pickles
from mlcheck.rules.registry import rule

# protocol → the first Python that reads it
_PROTOCOL_SINCE = {3: (3, 0), 4: (3, 4), 5: (3, 8)}
_TORCH_FILES = (".pth", ".pt", ".ckpt", ".bin")


@rule("MLC465", Severity.ERROR, since="0.1.0")
def pickle_of_newer_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles whose protocol the declared Python does not read.

    ## Why is this bad?
    Loading fails with `ValueError: unsupported pickle protocol: 5`. The model was saved with another Python than the
    environment files declare.

    ## Bad
        python: 3.7.16              (python_env.yaml)
        model.pkl                   protocol 5, which Python 3.8 brought

    ## Good
        python: 3.10.12
        model.pkl                   protocol 5

    ## What to do
    Declare the Python that the model was saved with, or log the model again with the one that is declared.

    ## Based on
    PEP 574; https://github.com/mlflow/mlflow/issues/5419
    """
    python = _python(folder)
    for found in pickles(folder) if python else ():
        since = _PROTOCOL_SINCE.get(found.facts.protocol, (0, 0))
        if python is not None and found.use != "other" and python.release[:2] < since:
            message = (
                f"{found.label} is of pickle protocol {found.facts.protocol}, which needs Python {_dotted(since)}: "
                f"{python.source} declares {python.text}"
            )
            hint = "declare the Python that the model was saved with"
            yield Problem(message, found.location, hint, subject=found.member, severity=_lowered(found))


@rule("MLC466", Severity.ERROR, since="0.1.0")
def bytecode_of_another_python(folder: ModelFolder) -> Iterator[Problem]:
    """Finds functions that a pickle carries as bytecode which the declared Python cannot even load.

    ## Why is this bad?
    cloudpickle carries the functions and classes of a notebook or script as bytecode. Its form changed with Python
    3.8 and with 3.11: loading fails with `TypeError: code expected at most 16 arguments, got 18` or `an integer is
    required`. Within those ranges it may load, and then crash or never end in `predict`.

    ## Bad
        python: 3.10.12             (python_env.yaml)
        python_model.pkl            bytecode of Python 3.11 or later

    ## Good
        python: 3.11.7
        python_model.pkl            bytecode of Python 3.11 or later

    ## What to do
    Declare the very Python, down to the minor release, that the model was saved with. A model from code
    (`python_model="model.py"`) has no bytecode.

    ## Based on
    `types.CodeType` in Python 3.7, 3.8 and 3.11; https://github.com/mlflow/mlflow/issues/5419,
    https://github.com/mlflow/mlflow/issues/7635
    """
    python = _python(folder)
    for found in pickles(folder) if python else ():
        spans = {span for code in found.facts.code if (span := pythons_of(code.arguments))}
        for first, last in sorted(spans, key=str):
            release = python.release[:2] if python else ()
            if python is not None and found.use != "other" and (release < first or (last and release > last)):
                made = f"Python {_dotted(first)} to {_dotted(last)}" if last else f"Python {_dotted(first)} or later"
                message = f"{found.label} carries bytecode of {made}: {python.source} declares {python.text}"
                hint = "declare the Python that the model was saved with, or log it as a model from code"
                yield Problem(message, found.location, hint, subject=found.member, severity=_lowered(found))


def _python(folder: ModelFolder) -> DeclaredPython | None:
    python = read_environment(folder).python
    return python if python is not None and len(python.release) > 1 else None


def _dotted(release: tuple[int, int]) -> str:
    return f"{release[0]}.{release[1]}"


def _lowered(found: ModelPickle) -> Severity | None:
    return None if found.use == "model" else Severity.WARNING


@rule("MLC468", Severity.ERROR, since="0.1.0")
def wrong_object_pickled(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles of the sklearn and python_function flavors whose object is no such model.

    ## Why is this bad?
    MLflow loads it, and `predict` fails: `AttributeError: 'dict' object has no attribute 'predict'`. Usual are a
    mapping with the model in it, and a model that was loaded with `mlflow.pyfunc.load_model` and saved again with the
    sklearn flavor.

    ## Bad
        mlflow.sklearn.save_model(mlflow.pyfunc.load_model("old"), "new")

    ## Good
        mlflow.sklearn.save_model(mlflow.sklearn.load_model("old"), "new")

    ## What to do
    Save the estimator itself. A mapping of several parts belongs into a `PythonModel` with artifacts.

    ## Based on
    `_SklearnModelWrapper` and `PythonModel`, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/12638
    """
    estimator = folder.flavors.get("sklearn", {}).get("pickled_model")
    python_model = folder.pyfunc.get("python_model")
    for found in pickles(folder):
        what = _kind(found.facts.top)
        if found.member or found.facts.end != "stop" or not what:
            continue
        if found.path == estimator and what.startswith(("a ", "mlflow.pyfunc")):
            message = f"{found.label} is {what}, not an estimator"
            yield Problem(message, found.location, "save the estimator itself", subject=found.path)
        elif found.path == python_model and not what.startswith("mlflow."):
            message = f"{found.label} is {what}, not a PythonModel"
            yield Problem(message, found.location, "save it with python_model=… again", subject=found.path)


_PLAIN: dict[type, str] = {
    dict: "mapping",
    list: "list",
    str: "text",
    bytes: "bytes object",
    tuple: "tuple",
    bool: "truth value",
    int: "number",
}
_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "statsmodels.", "mlflow.pyfunc.")


def _kind(top: object) -> str:
    """Return what an object is as far as that decides whether it is a model, "" if it may be one."""
    if type(top) in _PLAIN:
        return f"a {_PLAIN[type(top)]}"
    maker = top.function if isinstance(top, Made) else None
    if not isinstance(maker, Ref):
        return ""
    if maker.name == "_reconstruct" and maker.top == "numpy":
        return "a NumPy array"
    if str(maker) in ("pandas.DataFrame", "pandas.core.frame.DataFrame", "pandas.Series"):
        return "a pandas object"
    return str(maker) if str(maker).startswith(_LIBRARIES) else ""


@rule("MLC469", Severity.NOTE, since="0.1.0")
def whole_torch_module(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of PyTorch that hold whole objects rather than weights alone.

    ## Why is this bad?
    They are pickles of the model's classes: they run code when they are loaded, `torch.load` refuses them by default
    (`weights_only=True` since PyTorch 2.6; MLflow asks for the old way), and a change of the source of those classes
    breaks them. MLflow itself saved models so for years.

    ## Bad
        data/model.pth names churn.nets.Net

    ## Good
        data/model.pth names tensors and containers alone

    ## What to do
    Log with `serialization_format="pt2"` (MLflow 3.11), or keep a `state_dict` as an artifact.

    ## Based on
    `torch.load`, PyTorch 2.6; https://github.com/mlflow/mlflow/issues/23471
    """
    for found in pickles(folder):
        if found.use == "other" or not found.path.endswith(_TORCH_FILES):
            continue
        classes = [ref for ref in found.facts.references if not is_torch_weight(ref.module, ref.name)]
        if classes and any(ref.top == "torch" for ref in found.facts.references):
            message = f"{found.label} holds objects and not weights alone ({classes[0]})"
            hint = "log it with serialization_format='pt2', or keep its state_dict"
            yield Problem(message, found.location, hint, subject=found.member)


@rule("MLC470", Severity.WARNING, since="0.1.0")
def weights_on_gpu(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of PyTorch whose tensors are on a GPU.

    ## Why is this bad?
    `torch.load` puts them there again: "Attempting to deserialize object on a CUDA device but
    torch.cuda.is_available() is False". MLflow's pytorch flavor loads without `map_location`, so the model loads only
    on machines with a GPU.

    ## Bad
        mlflow.pytorch.log_model(model)                  (model is on cuda:0)

    ## Good
        mlflow.pytorch.log_model(model.to("cpu"))

    ## What to do
    Move the model to the CPU before it is logged, or load artifacts with `torch.load(…, map_location="cpu")`.

    ## Based on
    `_load_model` of the pytorch flavor, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/4749,
    https://github.com/mlflow/mlflow/issues/8531
    """
    for found in pickles(folder):
        devices = sorted(device for device in found.facts.devices if device.startswith("cuda"))
        maps = found.use != "model" and _maps_devices(folder)
        if devices and found.use != "other" and not maps:
            message = f"{found.label} holds tensors on {devices[0]!r}: it loads only where there is such a device"
            hint = "move the model to the CPU before it is logged, or load it with map_location='cpu'"
            yield Problem(message, found.location, hint, subject=found.member)


def _maps_devices(folder: ModelFolder) -> bool:
    sources = (entry.path for entry in folder.files if entry.path.endswith(".py"))
    return any("map_location" in (folder.read_text(path) or "") for path in sources)
