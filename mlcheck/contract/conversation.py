"""Tells models that hold conversations from those that answer rows."""

from __future__ import annotations

from typing import Final

from packaging.version import Version

from mlcheck.folder import ModelFolder
from mlcheck.signature import Column, Schema

_LOADERS: Final = tuple(f"mlflow.pyfunc.loaders.{name}" for name in ("chat_model", "chat_agent", "responses_agent"))
_OF_CODE: Final = "mlflow.pyfunc.loaders.code_model"
_ADDS_TASK: Final = Version("2.20")
_ASKED: Final = frozenset({"messages", "temperature", "max_tokens", "stop", "stream"})
_ANSWERED: Final = frozenset({"id", "object", "created", "model", "choices", "usage"})


def is_conversation(folder: ModelFolder) -> bool:
    """Tell whether the model is a `ChatModel`, `ChatAgent` or `ResponsesAgent` (MLflow 2.11 and newer).

    One that was logged from code has the loader of all such models. What tells them apart is the task that MLflow
    2.20 and newer add (https://github.com/mlflow/mlflow/pull/14068), and before that the signature of chat models,
    which MLflow itself gives them and nobody can change.
    """
    loader, metadata = folder.pyfunc.get("loader_module"), folder.mlmodel_data.get("metadata")
    if loader != _OF_CODE:
        return loader in _LOADERS
    task = metadata.get("task") if isinstance(metadata, dict) else None
    return str(task).startswith("agent/") or (_is_before_tasks(folder) and _has_chat_signature(folder))


def _is_before_tasks(folder: ModelFolder) -> bool:
    return folder.mlflow_version is not None and folder.mlflow_version < _ADDS_TASK


def _has_chat_signature(folder: ModelFolder) -> bool:
    signature = folder.signature
    return signature is not None and _names(signature.inputs) >= _ASKED and _names(signature.outputs) >= _ANSWERED


def _names(schema: Schema | None) -> set[object]:
    return {item.name for item in schema or () if isinstance(item, Column)}
