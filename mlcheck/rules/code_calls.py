"""Rules about what the model's source calls: paths taken for content, variables that nobody sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.coded import live_functions_of, model_code
from mlcheck.rules.registry import rule

if TYPE_CHECKING:
    from mlcheck.sources.calls import Call
    from mlcheck.sources.parsed import Source

_READERS = {
    **dict.fromkeys(
        ("pickle.loads", "_pickle.loads", "cloudpickle.loads", "dill.loads", "marshal.loads"),
        "which raises TypeError: it takes the bytes of a pickle",
    ),
    **dict.fromkeys(
        ("pickle.load", "_pickle.load", "cloudpickle.load", "dill.load"),
        "which raises TypeError: it takes an open file",
    ),
    **dict.fromkeys(
        ("json.loads", "orjson.loads", "ujson.loads", "simplejson.loads"),
        "which raises JSONDecodeError: it takes the JSON text",
    ),
    "json.load": "which raises AttributeError: it takes an open file",
    "tomllib.load": "which raises AttributeError: it takes an open file",
    "tomllib.loads": "which raises TOMLDecodeError: it takes the TOML text",
    **dict.fromkeys(("yaml.safe_load", "yaml.full_load", "yaml.load"), "which reads the path itself as YAML"),
}


@lru_cache(maxsize=4)
def calls_of(folder: ModelFolder) -> tuple[tuple[Source, Call, bool], ...]:
    """Return the calls in the source that is imported when the model is loaded, and whether that is certain."""
    sources = list(model_code(folder).sources)
    if not sources:
        return ()
    from mlcheck.sources.calls import calls  # noqa: PLC0415 - most folders have no source

    return tuple((source, call, certain) for source, certain in sources for call in calls(source))


@rule("MLC445", Severity.ERROR, since="0.1.0")
def path_read_as_content(folder: ModelFolder) -> Iterator[Problem]:
    """Finds calls that give the path of an artifact to a function which wants what is in the file.

    ## Why is this bad?
    `context.artifacts["encoder"]` is a path. `pickle.loads` of it fails: `TypeError: a bytes-like object is required,
    not 'str'`; `yaml.safe_load` returns the path. MLflow does not run this when it saves the model.

    ## Bad
        self.encoder = pickle.loads(context.artifacts["encoder"])

    ## Good
        with open(context.artifacts["encoder"], "rb") as file:
            self.encoder = pickle.load(file)

    ## What to do
    Open the file first, or use a function that takes a path, such as `joblib.load`.

    ## Based on
    `PythonModelContext.artifacts` and the argument of `_load_pyfunc`, MLflow 1.0 to 3.17
    """
    for source, call, certain in calls_of(folder):
        why = _READERS.get(call.name)
        if why is None or not call.first_is_path or call.context.catches("TypeError", "AttributeError", "ValueError"):
            continue
        message = f"{call.name} gets a path, {why}"
        sure = certain and not call.context.conditional
        hint = "open the file first, or use a function that takes a path"
        severity = None if sure else Severity.WARNING
        yield Problem(message, place_of(source, call), hint, subject=call.name, severity=severity)


def place_of(source: Source, call: Call) -> Location:
    """Return the place of a call."""
    return Location(source.path, call.line, call.column)


_VARIABLES_FILE = "environment_variables.txt"
_GIVEN = frozenset(
    """
HOME PATH USER USERNAME LOGNAME PWD TMP TEMP TMPDIR LANG LC_ALL TZ HOSTNAME SHELL PYTHONPATH PYTHONHASHSEED OS
CUDA_VISIBLE_DEVICES OMP_NUM_THREADS MKL_NUM_THREADS TF_CPP_MIN_LOG_LEVEL TOKENIZERS_PARALLELISM HF_HOME
DATABRICKS_RUNTIME_VERSION KUBERNETES_SERVICE_HOST PYTEST_CURRENT_TEST CI
""".split()  # noqa: SIM905
)


@rule("MLC446", Severity.WARNING, since="0.1.0")
def undeclared_environment_variable(folder: ModelFolder) -> Iterator[Problem]:
    """Finds environment variables that the model's source reads and that the folder does not name.

    ## Why is this bad?
    `os.environ["API_KEY"]` raises `KeyError` where the variable is not set, and nothing tells whoever deploys the
    model that it has to be. MLflow 2.18 and later write the variables that were read while the model was saved into
    environment_variables.txt; what only `predict` reads is often missing there. `os.getenv` without a default gives
    None: a note.

    ## Bad
        key = os.environ["SCORER_API_KEY"]

    ## Good
        SCORER_API_KEY               (environment_variables.txt)

    ## What to do
    Add the name to environment_variables.txt, one on a line, and to `env_vars` of MLmodel; or read it with a default.

    ## Based on
    MLflow 2.18 to 3.17; https://github.com/mlflow/mlflow/issues/8807, https://github.com/mlflow/mlflow/issues/10021
    """
    told: set[str] = set()
    named = _named_variables(folder)
    live = live_functions_of(folder)
    for source, call, _ in calls_of(folder):
        name = call.variable
        context = call.context
        dead = bool(context.functions) and context.functions[0] not in live
        if not name or name in named or name in told or dead or context.catches("KeyError"):
            continue
        if (call.name != "os.environ" and call.has_default) or _is_set_or_tested(folder, name):
            continue
        told.add(name)
        where = f"{_VARIABLES_FILE} does not name" if folder.has(_VARIABLES_FILE) else "the folder does not name"
        message = f"reads the environment variable {name!r}, which {where}"
        hint = f"add {name} to {_VARIABLES_FILE}, or read it with a default"
        severity = None if call.name == "os.environ" else Severity.NOTE
        yield Problem(message, place_of(source, call), hint, subject=name, severity=severity)


def _named_variables(folder: ModelFolder) -> set[str]:
    lines = (folder.read_text(_VARIABLES_FILE) or "").splitlines()
    listed = folder.mlmodel_data.get("env_vars")
    names = {line.strip() for line in lines if not line.startswith("#")}
    return (
        names | set(_GIVEN) | {name for name in (listed if isinstance(listed, list) else ()) if isinstance(name, str)}
    )


def _is_set_or_tested(folder: ModelFolder, name: str) -> bool:
    """Tell whether the source sets a variable itself, or asks whether it is set."""
    quoted = rf"[\"']{re.escape(name)}[\"']"
    pattern = re.compile(rf"environ\[{quoted}\]\s*=[^=]|setdefault\(\s*{quoted}|{quoted}\s+(?:not\s+)?in\s+os\.environ")
    return any(pattern.search(source.text) for source, _ in model_code(folder).sources)
