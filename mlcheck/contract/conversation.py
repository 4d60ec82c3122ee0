"""Tells models that hold conversations from those that answer rows."""

from __future__ import annotations

from typing import Final

from mlcheck.folder import ModelFolder

_LOADERS: Final = tuple(f"mlflow.pyfunc.loaders.{name}" for name in ("chat_model", "chat_agent", "responses_agent"))


def is_conversation(folder: ModelFolder) -> bool:
    """Tell whether the model is a `ChatModel`, `ChatAgent` or `ResponsesAgent` (MLflow 2.11 and newer).

    One that was logged from code has the loader of all such models; the task that MLflow adds tells them apart.
    """
    loader, metadata = folder.pyfunc.get("loader_module"), folder.mlmodel_data.get("metadata")
    task = metadata.get("task") if isinstance(metadata, dict) else None
    from_code = loader == "mlflow.pyfunc.loaders.code_model" and str(task).startswith("agent/")
    return from_code or loader in _LOADERS
