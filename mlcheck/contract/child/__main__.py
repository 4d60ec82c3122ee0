"""Starts a forkserver: `python …/child FD ROOT PRELOAD`, by any interpreter, mlcheck installed there or not."""

from __future__ import annotations

import sys

HERE = sys.path.pop(0)  # this folder, from which neither the next lines nor a model may import

import importlib  # noqa: E402
import os  # noqa: E402
import types  # noqa: E402

if __name__ == "__main__":
    # Under a name that no model uses, and without what mlcheck's own packages import
    package = types.ModuleType("_mlcheck")
    package.__path__ = [os.path.dirname(HERE)]
    sys.modules["_mlcheck"] = package
    forkserver = importlib.import_module("_mlcheck.child.forkserver")
    forkserver.serve(int(sys.argv[1]), sys.argv[2], preload=sys.argv[3] == "preload")
