"""Starts a forkserver: `python …/child FD ROOT PRELOAD`, by any interpreter, mlcheck installed there or not."""

from __future__ import annotations

import sys


def import_forkserver(here: str) -> object:
    """Import these files under a package name that no model uses, and without mlcheck's own `__init__`."""
    import importlib
    import os
    import types

    package = types.ModuleType("_mlcheck")
    package.__path__ = [os.path.dirname(here)]
    sys.modules["_mlcheck"] = package
    return importlib.import_module("_mlcheck.child.forkserver")


if __name__ == "__main__":
    folder = sys.path.pop(0)  # this one, from which no model may import
    import_forkserver(folder).serve(int(sys.argv[1]), sys.argv[2], preload=sys.argv[3] == "preload")
