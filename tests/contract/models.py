"""Model folders for tests of the harness: saved by MLflow, or written by hand for any MLflow there is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from mlcheck.contract.outcome import Answered, Raised, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from mlcheck.contract.outcome import ModelError

_HEAD = "import mlflow\nimport numpy as np\nimport pandas as pd\n\n"


def save_model(folder: Path, source: str, **options: object) -> Path:
    """Save `class Model(mlflow.pyfunc.PythonModel)` of the source with MLflow, as a model from code."""
    import mlflow  # noqa: PLC0415 - takes a second that most tests need not wait for

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


def output_of(outcome: object) -> Any:
    """Return the output of an answer; anything else fails the test with its words."""
    assert isinstance(outcome, Answered), str(outcome)
    return outcome.output


def error_of(outcome: object) -> ModelError:
    """Return the error of a refusal or of what the model raised."""
    assert isinstance(outcome, Refused | Raised), str(outcome)
    return outcome.error


DOUBLE = """
signature:
  inputs: '[{"type": "double", "name": "a"}]'
  outputs: '[{"type": "double", "name": "y"}]'
"""
