"""Model folders for tests of the harness: saved by MLflow, or written by hand for any MLflow there is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "import mlflow\nimport numpy as np\nimport pandas as pd\n\n"


def save_model(folder: Path, source: str, **options: object) -> Path:
    """Save `class Model(mlflow.pyfunc.PythonModel)` of the source with MLflow, as a model from code."""
    import mlflow

    folder.parent.mkdir(parents=True, exist_ok=True)
    script = folder.with_suffix(".py")
    script.write_text(_HEAD + textwrap.dedent(source) + "\n\nmlflow.models.set_model(Model())\n")
    mlflow.pyfunc.save_model(folder, python_model=str(script), pip_requirements=["mlflow"], **options)
    return folder


def write_model(folder: Path, source: str, signature: str = "", extra: str = "") -> Path:
    """Write a folder by hand whose loader's `_load_pyfunc(path)` is in the source: MLflow 1.x to 3.x reads it."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "handmade_loader.py").write_text(_HEAD + textwrap.dedent(source))
    flavor = "flavors:\n  python_function:\n    loader_module: handmade_loader\n    code: code\n"
    (folder / "MLmodel").write_text(flavor + signature + extra)
    return folder


DOUBLE = """
signature:
  inputs: '[{"type": "double", "name": "a"}]'
  outputs: '[{"type": "double", "name": "y"}]'
"""
