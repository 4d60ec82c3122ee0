"""Loads model folders and asks each for answers; prints what happened as JSON (run in a process of its own)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature


def main() -> None:
    """Probe the folders named on the command line."""
    sys.stdout.write(json.dumps({folder: probe(Path(folder)) for folder in sys.argv[1:]}))


def probe(folder: Path) -> dict[str, Any]:
    """Return `error` if the model does not load, otherwise its declared and its real answers."""
    try:
        model = mlflow.pyfunc.load_model(str(folder))
    except Exception as error:  # noqa: BLE001 - whatever a model raises is what is asked for
        return {"error": f"{type(error).__name__}: {error}"}
    data, params = example(model, folder)
    return {
        "declared": described(model.metadata.signature.outputs),
        "answers": {rows: answer(model, data[:rows], params) for rows in (0, 1, len(data))},
        "methods": {method: answer(model, data, {"predict_method": method}) for method in methods(model)},
        "refusal": refusal(model, data),
        "read_as_is": read_as_is(model, folder),
        "native": {flavor: native(flavor, folder, data) for flavor in native_flavors(model)},
    }


def example(model: Any, folder: Path) -> tuple[Any, dict[str, Any] | None]:
    """Return the saved input example, or blank images for the model that has none."""
    if model.metadata.saved_input_example_info is None:
        return np.zeros((2, 300, 300, 3), np.uint8), None
    return model.metadata.load_input_example(str(folder)), model.metadata.load_input_example_params(str(folder))


def answer(model: Any, data: Any, params: dict[str, Any] | None) -> dict[str, Any]:
    """Return the schema of the answer as MLflow infers it, its number of rows and the answer itself."""
    output = model.predict(data, params=params)
    return {
        "schema": described(infer_signature(model_output=output).outputs),
        "rows": len(output),
        "values": plain(output),
    }


def plain(output: Any) -> Any:
    return np.asarray(output).tolist()


def described(schema: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in item.items() if key != "required"} for item in schema.to_dict()]


def native_flavors(model: Any) -> list[str]:
    return [flavor for flavor in model.metadata.flavors if flavor != "python_function"]


def methods(model: Any) -> list[str]:
    return ["predict", "predict_proba", "predict_log_proba"] if model.metadata.signature.params else []


def refusal(model: Any, data: Any) -> str:
    """Return what the model says to a method that it does not know."""
    try:
        model.predict(data, params={"predict_method": "transform"})
    except ValueError as error:
        return str(error)
    return ""


def read_as_is(model: Any, folder: Path) -> str:
    """Return why the example, read as plain JSON into a DataFrame, is refused; empty if it is not."""
    path = folder / "input_example.json"
    content = json.loads(path.read_text()) if path.exists() else None
    if not isinstance(content, dict) or "columns" not in content:
        return ""
    try:
        model.predict(pd.DataFrame(content["data"], columns=content["columns"]))
    except mlflow.MlflowException as error:
        return str(error)
    return ""


def native(flavor: str, folder: Path, data: Any) -> Any:
    return plain(getattr(mlflow, flavor).load_model(str(folder)).predict(data))


if __name__ == "__main__":
    main()
