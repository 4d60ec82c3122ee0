"""Which environment variables a model's process sees."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What the machine and the interpreter need, none of it the model author's own
_KEPT: Final = frozenset(
    [
        "PATH",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NIX_SSL_CERT_FILE",
        "PYTHONUSERBASE",
        "PYTHONUTF8",
        "SYSTEMROOT",
    ]
)
# How many threads a library may use: the machine's affair, and it can change the last digits of a result
_THREADS: Final = ("OMP_", "OPENBLAS_", "MKL_", "BLIS_", "VECLIB_", "NUMEXPR_", "KMP_", "GOTO_")


def clean_environment(
    hash_seed: int, python: str | None = None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the variables that every model's process gets, whatever the model declares.

    python: the interpreter it runs with, `None` for this one.
    """
    kept = {name: value for name, value in environment.items() if name in _KEPT or name.startswith(_THREADS)}
    if python in {None, sys.executable}:
        paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if _holds_mlflow(path)]
        if paths:  # where MLflow is installed that way; any other entry is the author's own
            kept["PYTHONPATH"] = os.pathsep.join(paths)
    else:  # its own programs come first, as they do where an environment was activated
        kept["PATH"] = os.pathsep.join(filter(None, [os.path.dirname(str(python)), kept.get("PATH")]))
    kept["PYTHONHASHSEED"] = str(hash_seed)
    kept["PYTHONDONTWRITEBYTECODE"] = "1"  # importing a model's code is no write into its folder
    # MLflow's own reports home are not the model's network use
    kept["MLFLOW_DISABLE_TELEMETRY"] = kept["DO_NOT_TRACK"] = "true"
    return kept


def _holds_mlflow(path: str) -> bool:
    return bool(path) and Path(path, "mlflow", "__init__.py").is_file()


def place_folders(root: Path) -> dict[str, str]:
    """Return the variables that lead a model to write its own files below `root`."""
    home, temporary = str(root / "home"), str(root / "tmp")
    return {"HOME": home, "USERPROFILE": home, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary}


def pick_declared(names: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return those of the named variables that are set here."""
    return {name: environment[name] for name in names if name in environment}
