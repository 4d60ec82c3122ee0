"""Nothing is left behind, however the parent ends: no process and no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.models import write_model

if TYPE_CHECKING:
    from collections.abc import Callable

# The model leaves a child of its own in another session, which ignores what can be ignored
MODEL = """
import os, signal, time
class Model:
    def predict(self, data):
        if os.fork() == 0:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(600)
        if data == ["hang"]:
            while True:
                pass
        return [1]
def _load_pyfunc(path):
    return Model()
"""

PARENT = """
import sys, time
from pathlib import Path
from typing import TYPE_CHECKING
from mlcheck.contract import launcher
from mlcheck.contract.process import ModelProcess

process = ModelProcess(Path(sys.argv[1]))
print(process.predict([1]).kind, launcher.get_forkserver().root, flush=True)
process.predict(["hang"]) if sys.argv[2] == "hang" else None
sys.exit() if sys.argv[2] == "exit" else time.sleep(600)
"""


@pytest.mark.parametrize(
    ("number", "doing"),
    [
        (signal.SIGINT, "sleep"),
        (signal.SIGTERM, "hang"),
        (signal.SIGKILL, "hang"),
    ],
)
def test_nothing_is_left_behind_when_the_parent_is_ended(tmp_path: Path, number: signal.Signals, doing: str) -> None:
    parent, root = start_parent(tmp_path, doing)
    running = find_processes(root)
    assert len(running) >= 4  # the forkserver, the keeper, the model, and the model's child
    time.sleep(0.3)
    parent.send_signal(number)
    parent.wait(15)
    assert_gone(root, running)


def test_nothing_is_left_behind_when_the_parent_just_ends(tmp_path: Path) -> None:
    parent, root = start_parent(tmp_path, "exit")
    assert parent.wait(15) == 0
    assert_gone(root, set())


def test_nothing_is_left_behind_when_the_forkserver_is_killed(tmp_path: Path) -> None:
    parent, root = start_parent(tmp_path, "sleep")
    running = find_processes(root)
    os.kill(min(running), signal.SIGKILL)
    parent.terminate()
    parent.wait(15)
    assert_gone(root, running)


def start_parent(tmp_path: Path, doing: str) -> tuple[subprocess.Popen[str], Path]:
    folder = write_model(tmp_path / "model", MODEL)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, folder, doing], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    kind, root = parent.stdout.readline().split()
    assert kind == "answered"
    return parent, Path(root)


def find_processes(root: Path) -> set[int]:
    """Return the processes whose working directory or home is below the folder."""
    return {int(name) for name in os.listdir("/proc") if name.isdigit() and belongs(name, str(root))}


def belongs(pid: str, root: str) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd").startswith(root) and ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def assert_gone(root: Path, running: set[int]) -> None:
    assert wait_until(lambda: not find_processes(root) and not any(Path(f"/proc/{pid}").exists() for pid in running))
    assert wait_until(lambda: not root.exists())


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
