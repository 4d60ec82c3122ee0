"""Which interpreter a model is run with: this one, or another that the user names."""

from __future__ import annotations

from mlcheck.contract.interpreters.paths import diagnose, find_python
from mlcheck.contract.interpreters.types import CURRENT, DECLARED, DeclarationError, Interpreter, NoInterpreterError

__all__ = [
    "CURRENT",
    "DECLARED",
    "DeclarationError",
    "Interpreter",
    "NoInterpreterError",
    "diagnose",
    "find_interpreter",
    "find_python",
]


def find_interpreter(env: str) -> Interpreter:
    """Return the interpreter that the setting `env` means; raises NoInterpreterError."""
    return Interpreter() if env == CURRENT else Interpreter(find_python(env))
