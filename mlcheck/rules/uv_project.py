"""Rules about the uv project that MLflow keeps beside a model: uv.lock, pyproject.toml and .python-version."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import DeclaredPython, read_environment, release_of
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.pep440 import allows, canonicalize_name
from mlcheck.requirements import read_version
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed

_LOCK = "uv.lock"


def _read_toml(folder: ModelFolder, path: str) -> dict[str, object] | None:
    """Return a TOML file as a mapping; `None` if it is not there or cannot be read."""
    raw = folder.read_bytes(path) if folder.has(path) else None
    if raw is None:
        return None
    # Few folders have a uv project, and Python 3.10 has no tomllib.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415
    else:
        import tomli as tomllib  # noqa: PLC0415
    try:
        return dict(tomllib.loads(raw.decode("utf-8")))
    except (ValueError, RecursionError):
        return None


def _locked(lock: dict[str, object]) -> dict[str, set[str]]:
    """Return the versions that a lock file has of each distribution."""
    packages = lock.get("package")
    found: dict[str, set[str]] = {}
    for package in packages if isinstance(packages, list) else ():
        name = package.get("name") if isinstance(package, dict) else None
        version = package.get("version") if isinstance(package, dict) else None
        if isinstance(name, str):
            found.setdefault(canonicalize_name(name), set()).update({version} if isinstance(version, str) else ())
    return found


@rule("MLC347", Severity.WARNING, since="0.1.0")
def uv_lock_differs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements that uv.lock has in another version or not at all.

    ## Why is this bad?
    With `env_manager="uv"`, MLflow 3.11 and later restore the environment with `uv sync` where there is a uv.lock,
    and do not look at requirements.txt. Everything else goes on using requirements.txt.

    ## Bad
        requirements.txt: scikit-learn==1.5.2
        uv.lock:          name = "scikit-learn", version = "1.7.2"

    ## Good
        requirements.txt: scikit-learn==1.7.2
        uv.lock:          name = "scikit-learn", version = "1.7.2"

    ## What to do
    Run `uv lock` and log the model again, or take uv.lock out of the folder.

    ## Based on
    `mlflow/utils/uv_utils.py` and `mlflow/utils/virtualenv.py`, MLflow 3.11 to 3.17
    """
    lock = _read_toml(folder, _LOCK)
    if lock is None:
        return
    locked = _locked(lock)
    hint = "run `uv lock` and log the model again, or take uv.lock out"
    lacking = []
    for line in read_environment(folder).installed:
        name, version = line.name or "", line.pinned_version
        if line.kind != "named" or not locked:
            continue
        if name not in locked:
            lacking += [line] if name not in MLFLOW_DISTRIBUTIONS else []
        elif version is not None and locked[name] and version not in {read_version(text) for text in locked[name]}:
            message = (
                f"{line.text!r} is {' or '.join(sorted(locked[name]))} in {_LOCK}, which MLflow's uv environments use"
            )
            yield Problem(message, line.location, hint, subject=name)
    if lacking:
        verb = "is" if len(lacking) == 1 else "are"
        message = f"{listed([line.text for line in lacking])} {verb} not in {_LOCK}, which MLflow's uv environments use"
        yield Problem(message, lacking[0].location, hint, subject=_LOCK)


@rule("MLC348", Severity.WARNING, since="0.1.0")
def uv_python_differs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a uv project beside the model that excludes the Python of the model.

    ## Why is this bad?
    `uv sync` refuses a Python that `requires-python` excludes, and takes the one of .python-version: the model's
    environment cannot be built, or gets another Python than the one that pickled the model.

    ## Bad
        python: 3.9.18                   (python_env.yaml)
        requires-python = ">=3.11"       (uv.lock)

    ## Good
        python: 3.11.7
        requires-python = ">=3.11"

    ## What to do
    Correct the one that is wrong, or take uv.lock, pyproject.toml and .python-version out of the folder.

    ## Based on
    `mlflow/utils/uv_utils.py`, MLflow 3.11 to 3.17
    """
    python = read_environment(folder).python
    lock = _read_toml(folder, _LOCK)
    if lock is None or python is None:
        return
    project = (_read_toml(folder, "pyproject.toml") or {}).get("project")
    required = project.get("requires-python") if isinstance(project, dict) else None
    for path, value in ((_LOCK, lock.get("requires-python")), ("pyproject.toml", required)):
        if isinstance(value, str) and not _allows(value, python):
            message = f"requires-python {value!r} excludes Python {python.text}, which {python.source} declares"
            yield Problem(message, _find(folder, path), "correct the one that is wrong", subject=path)
            break
    wanted = (folder.read_text(".python-version") or "").strip()
    release = release_of(re.sub(r"^(?:cpython[-@]|python)", "", wanted))
    if release and release[:2] != python.release[: len(release)][:2]:
        message = f".python-version says {wanted}, {python.source} declares Python {python.text}"
        yield Problem(message, Location(".python-version", 1, 1), "correct the one that is wrong", subject="python")


def _allows(spec: str, python: DeclaredPython) -> bool:
    version = ".".join(map(str, python.release))
    try:
        return len(python.release) < 3 or allows(spec, Version(version))
    except ValueError:
        return True


def _find(folder: ModelFolder, path: str) -> Location:
    lines = (folder.read_text(path) or "").splitlines()
    number = next((index for index, line in enumerate(lines, start=1) if line.startswith("requires-python")), 1)
    return Location(path, number, 1)
