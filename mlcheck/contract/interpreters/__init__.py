"""Which interpreter a model is run with: this one, another that the user names, or one that its folder declares."""

from __future__ import annotations

from mlcheck.contract.interpreters.declaration import read_declaration
from mlcheck.contract.interpreters.paths import diagnose, find_python
from mlcheck.contract.interpreters.store import provide
from mlcheck.contract.interpreters.types import CURRENT, DECLARED, DeclarationError, Interpreter, NoInterpreterError
from mlcheck.folder import ModelFolder

__all__ = [
    "CURRENT",
    "DECLARED",
    "DeclarationError",
    "Interpreter",
    "NoInterpreterError",
    "diagnose",
    "find_interpreter",
    "find_python",
    "read_declaration",
]


def find_interpreter(env: str, folder: ModelFolder, build_limit: float) -> Interpreter:
    """Return the interpreter that the setting `env` means for a model, built within so many seconds if need be.

    Raises NoInterpreterError, and DeclarationError for what the folder declares and nobody can build.
    """
    if env == CURRENT:
        return Interpreter()
    if env == DECLARED:
        return provide(read_declaration(folder), folder.root, build_limit)
    return Interpreter(find_python(env))
