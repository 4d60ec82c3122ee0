"""Turns what a worker answers into outcomes, with the traces of this one run taken out of the texts."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlcheck.contract.data import from_wire
from mlcheck.contract.outcome import (
    Answered,
    Habits,
    ModelError,
    Outcome,
    Raised,
    Refused,
    Seen,
    Serialised,
    Served,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# As faulthandler writes them, with its list of extension modules
_OWN_FRAME: Final = re.compile(
    rf'^  File "{re.escape(str(Path(__file__).parent))}/.*\n|^\n?Extension modules: .*\n', re.MULTILINE
)
# As MLflow's own log has it, at the beginning of a line
_TIME: Final = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?=[A-Z]+ )", re.MULTILINE)
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")


class WorkerError(Exception):
    """Our own code in the model's process failed, which is no fault of the model; the message is its traceback."""


@dataclass(frozen=True, slots=True)
class Tidier:
    """Replaces paths that differ from run to run, given as (path, what to show instead), and addresses."""

    names: tuple[tuple[str, str], ...]

    def tidy(self, text: str) -> str:
        """Return the text as it would be in any other run."""
        for path, name in self.names:
            text = text.replace(path, name)
        return _ADDRESS.sub("0x…", text)

    def tidy_output(self, text: str) -> str:
        """Return what was printed, without times in MLflow's log and mlcheck's own frames in the stack of a crash."""
        return self.tidy(_TIME.sub("", _OWN_FRAME.sub("", text)))


def read_outcome(answer: Mapping[str, Any], op: str, tidier: Tidier, output: Mapping[str, str]) -> Outcome:
    """Return the outcome that an answer tells of; `output` is what was printed meanwhile.

    Raises WorkerError where our own code failed.
    """
    kind = answer["outcome"]
    if kind == "broken":
        raise WorkerError(answer["traceback"])
    seen = _read_seen(answer, op, tidier, output)
    if kind == "answered":
        return Answered(from_wire(answer.get("output")), _read_serialised(answer.get("serialised")), seen)
    if kind == "unavailable":
        return Unavailable(answer["reason"], seen)
    error = read_error(answer["error"], tidier)
    return Refused(error, seen) if kind == "refused" else Raised(error, seen)


def read_served(answer: Mapping[str, Any], tidier: Tidier, output: Mapping[str, str]) -> Served:
    """Return the scoring server's answer, which has a status."""
    error = read_error(answer["error"], tidier) if answer["error"] else None
    body = base64.b64decode(answer["body"])
    return Served(answer["status"], body, answer["content_type"], error, _read_seen(answer, "serve", tidier, output))


def read_habits(found: Mapping[str, Any], tidier: Tidier) -> Habits:
    """Return what predict was seen to do to its process."""
    growth = found["growth"] or {"blocks": 0, "bytes": 0}
    return Habits(
        settings=tuple((name, tidier.tidy(before), tidier.tidy(after)) for name, before, after in found["settings"]),
        left=found["left"],
        files=tuple(found["files"]),
        seeds=tuple(found["seeds"]),
        earlier_changes=found["earlier"],
        kept_blocks=growth["blocks"],
        kept_bytes=growth["bytes"],
    )


def read_error(error: Mapping[str, Any], tidier: Tidier) -> ModelError:
    """Return the exception that was described."""
    return ModelError(
        error["type"], tuple(error["mro"]), tidier.tidy(error["message"]), tidier.tidy(error["traceback"])
    )


def _read_seen(answer: Mapping[str, Any], op: str, tidier: Tidier, output: Mapping[str, str]) -> Seen:
    return Seen(
        op=op,
        seconds=answer.get("seconds", 0.0),
        inner_calls=answer.get("inner_calls", 0),
        input_changed=answer.get("input_changed", False),
        warnings=tuple(tidier.tidy(text) for text in answer.get("warnings", ())),
        network=tuple(answer.get("network", ())),
        writes=tuple(answer.get("writes", ())),
        stdout=tidier.tidy_output(output.get("stdout", "")),
        stderr=tidier.tidy_output(output.get("stderr", "")),
    )


def _read_serialised(found: Mapping[str, Any] | None) -> Serialised | None:
    return None if found is None else Serialised(found["ok"], found["error"] or "", found["strict_json"])
