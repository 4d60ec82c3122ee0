"""The interpreter that a user means by a path, and what is the matter with one that does not start."""

from __future__ import annotations

import os
import shutil
import subprocess
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from mlcheck.contract.interpreters.types import CURRENT, DECLARED, OLDEST, NoInterpreterError

_INSIDE: Final = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
"""Where the interpreter is in a virtual environment or a conda environment, on any system."""

_ASK: Final = "import sys; print('.'.join(map(str, sys.version_info[:3])))"


def find_python(given: str) -> str:
    """Return the absolute path of the interpreter that is meant: a file, an environment's folder, a name on PATH.

    Links are kept, for a virtual environment is known by its own link. Raises NoInterpreterError.
    """
    path = Path(given).expanduser()
    if path.is_dir():
        inside = [path / name for name in _INSIDE if (path / name).is_file()]
        if not inside:
            raise NoInterpreterError(f"{given!r} is a folder without bin/python: name an interpreter or a venv")
        return os.path.abspath(inside[0])
    if path.is_file():
        return os.path.abspath(path)
    on_path = shutil.which(given) if path.name == given else None
    if on_path is None:
        near = get_close_matches(given.lower(), [CURRENT, DECLARED], n=1)
        meant = f", did you mean {near[0]!r}" if near else ""
        raise NoInterpreterError(
            f"no interpreter {given!r}: neither {CURRENT!r} nor {DECLARED!r}, nor the path of a Python or a venv{meant}"
        )
    return os.path.abspath(on_path)


def diagnose(python: str, error: Exception, mlflow: str) -> str:
    """Return why an interpreter could not run models, given what its start has said, and what to do.

    mlflow: the requirement to install where there is no MLflow.
    """
    version = _ask_version(python)
    if version is None:
        return f"{python!r} is no Python that runs here: {error}"
    release = tuple(int(part) for part in version.split(".")[:2])
    if release < OLDEST:
        return f"{python!r} is Python {version}: models are run with Python 3.8 and newer"
    if "No module named 'mlflow'" in str(error):
        return f"{python!r} has no MLflow: {_install(python, mlflow)}"
    return str(error)


def _install(python: str, requirement: str) -> str:
    return f"run `uv pip install --python {python} {requirement}`, or `{python} -m pip install {requirement}`"


def _ask_version(python: str) -> str | None:
    try:
        asked = subprocess.run(  # noqa: S603 - the user's own choice of interpreter
            [python, "-I", "-S", "-c", _ASK], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = asked.stdout.decode("ascii", "replace").strip()
    return words if words.replace(".", "").isdigit() else None
