"""Chat models are known for what they are, whichever MLflow wrote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlcheck.contract.conversation import is_conversation
from mlcheck.folder import ModelFolder

MESSAGE = {"type": "object", "properties": {"role": {"type": "string"}, "content": {"type": "string"}}}
ASKED = [
    {"name": "messages", "type": "array", "items": MESSAGE},
    {"name": "temperature", "type": "double", "required": False},
    {"name": "max_tokens", "type": "long", "required": False},
    {"name": "stop", "type": "array", "items": {"type": "string"}, "required": False},
    {"name": "n", "type": "long", "required": False},
    {"name": "stream", "type": "boolean", "required": False},
]
ANSWERED = [
    {"name": "id", "type": "string"},
    {"name": "object", "type": "string"},
    {"name": "created", "type": "long"},
    {"name": "model", "type": "string"},
    {"name": "choices", "type": "array", "items": MESSAGE},
    {"name": "usage", "type": "object", "properties": {"total_tokens": {"type": "long"}}},
]
"""What MLflow 2.13 to 2.19 declares, shortened."""


@pytest.mark.parametrize(
    ("written", "outputs", "expected"),
    [
        (("chat_model", "2.12.1", None), ANSWERED, True),
        (("code_model", "2.13.0", None), ANSWERED, True),
        (("code_model", "2.19.0", None), ANSWERED, True),
        (("code_model", "2.22.4", "agent/v1/chat"), ANSWERED, True),
        (("code_model", "2.22.4", None), ANSWERED, False),
        (("code_model", "2.16.2", None), ANSWERED[1:], False),
        (("code_model", "2.16.2", "other"), ANSWERED[:1], False),
    ],
)
def test_a_chat_model_is_known_by_loader_task_or_signature(
    tmp_path: Path, written: tuple[str, str, str | None], outputs: list[object], expected: bool
) -> None:
    loader, version, task = written
    document = {
        "flavors": {"python_function": {"loader_module": f"mlflow.pyfunc.loaders.{loader}"}},
        "mlflow_version": version,
        "metadata": None if task is None else {"task": task},
        "signature": {"inputs": json.dumps(ASKED), "outputs": json.dumps(outputs)},
    }
    (tmp_path / "MLmodel").write_text(json.dumps(document))
    assert is_conversation(ModelFolder(tmp_path, "model")) is expected
