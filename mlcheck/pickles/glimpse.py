"""A look at the part of a pickle that is too long to be followed: plain references to modules of the system."""

from __future__ import annotations

import re

from mlcheck.pickles.stream import WINDOW, Budget, Window
from mlcheck.pickles.values import Ref

_MODULES = (
    rb"os|posix|nt|subprocess|builtins|__builtin__|importlib|runpy|pty|socket|shutil|sys|ctypes|code|pdb|commands"
)
# GLOBAL, and two short texts (memoized or not) with STACK_GLOBAL behind them
_REFERENCES = (
    rb"c(" + _MODULES + rb")\n(\w{1,40})\n",
    rb"\x8c.(" + _MODULES + rb")(?:\x94|q.)?\x8c.(\w{1,40})(?:\x94|q.)?\x93",
)
_OVERLAP = 128
_MOST = 20


def glimpse(window: Window, budget: Budget) -> list[Ref]:
    """Return references that stand between here and the end of a stream, as far as the budget allows."""
    found: dict[Ref, None] = {}
    patterns = [re.compile(pattern, re.DOTALL) for pattern in _REFERENCES]
    while budget.searched > 0 and len(found) < _MOST:
        window.fill(WINDOW)
        part = window.data[window.position :]
        for pattern in patterns:
            for module, name in pattern.findall(part):
                found[Ref(module.decode("ascii"), name.decode("ascii", "replace"))] = None
        budget.searched -= len(part)
        if len(part) < WINDOW:
            break
        window.position += len(part) - _OVERLAP
    return list(found)[:_MOST]
