"""Where a model is loaded: in a copy, with no network, few variables and limits, and what is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mlcheck.contract.outcome import Answered, Raised, Refused, Unavailable
from mlcheck.contract.process import ModelProcess, Room
from tests.contract.models import DOUBLE, output_of, write_model

if TYPE_CHECKING:
    from pathlib import Path


PLAIN = """
def _load_pyfunc(path):
    return Plain()

class Plain:
    def predict(self, data):
        return pd.DataFrame({"y": data["a"] * 2})
"""


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import no_such_module", "raised"),
        ("import os; os._exit(5)", "died"),
        ("import ctypes; ctypes.string_at(0)", "died"),
        ("import time; time.sleep(600)", "timed-out"),
        ("raise SystemExit(2)", "raised"),
    ],
)
def test_a_model_that_does_not_load_is_an_outcome(tmp_path: Path, source: str, kind: str) -> None:
    with ModelProcess(write_model(tmp_path / "model", source)) as process:
        loaded = process.load(timeout=1.5)
        assert (loaded.kind, loaded.seen.op) == (kind, "load")
        if kind == "raised":
            assert process.predict([1], timeout=1).seen.op == "load"


def test_a_flavor_without_its_library_is_unavailable(tmp_path: Path) -> None:
    with ModelProcess(write_model(tmp_path / "model", PLAIN)) as process:
        outcome = process.load_flavor("paddle")
    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "the library 'paddle' is not installed"


def test_the_folder_is_a_copy_elsewhere_and_stays_as_it_is(tmp_path: Path) -> None:
    source = """
    import os
    class Plain:
        def __init__(self, path):
            self.path = path
        def predict(self, data):
            return [self.path, os.getcwd(), os.environ["HOME"], os.environ["TMPDIR"]]
    def _load_pyfunc(path):
        return Plain(path)
    """
    folder = write_model(tmp_path / "model", source)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with ModelProcess(folder) as process:
        places = output_of(process.predict([1]))
    assert len(set(places)) == 4
    assert not any(str(folder) in place for place in places)
    assert not any(os.path.exists(place) for place in places)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


WRITER = """
import os
class Plain:
    def __init__(self, path):
        self.path = path
    def predict(self, data):
        open(os.path.join(self.path, "cache.txt"), "w").close()
        return [1]
def _load_pyfunc(path):
    return Plain(path)
"""


def test_writing_into_the_folder_is_seen_and_prevented(tmp_path: Path) -> None:
    with ModelProcess(write_model(tmp_path / "model", WRITER)) as process:
        outcome = process.predict([1])
        assert outcome.seen.writes == ("cache.txt",)
        if process.isolation["folder"] in {"mount", "permissions"}:
            assert isinstance(outcome, Raised)
            assert process.find_changes() == ()


def test_writing_into_a_writable_folder_is_seen_twice(tmp_path: Path) -> None:
    room = Room(read_only=False)
    with ModelProcess(write_model(tmp_path / "model", WRITER), room=room) as process:
        assert isinstance(process.load(), Answered)
        assert process.find_changes() == ()
        assert process.predict([1]).seen.writes == ("cache.txt",)
        assert process.find_changes() == ("cache.txt",)


CALLER = """
import socket, threading, urllib.request
class Plain:
    def predict(self, data):
        if data == ["loopback"]:
            server = socket.create_server(("127.0.0.1", 0))
            socket.create_connection(server.getsockname(), timeout=5)
            return "connected"
        if data == ["address"]:
            socket.create_connection(("192.0.2.1", 80), timeout=5)
        return urllib.request.urlopen("http://models.example.com/", timeout=5).status
def _load_pyfunc(path):
    return Plain()
"""


def test_there_is_no_network_and_attempts_are_told(tmp_path: Path) -> None:
    with ModelProcess(write_model(tmp_path / "model", CALLER)) as process:
        outcome = process.predict(["name"])
        assert isinstance(outcome, Raised)
        assert outcome.seen.network == ("models.example.com:80",)
        outcome = process.predict(["address"])
        assert isinstance(outcome, Raised)
        assert outcome.error.is_a("OSError")
        assert outcome.seen.network == ("192.0.2.1:80",)
        loopback = process.predict(["loopback"])
        assert (output_of(loopback), loopback.seen.network) == ("connected", ())


ENVIRONMENT = """
import os
def _load_pyfunc(path):
    return Plain()
class Plain:
    def predict(self, data):
        return sorted(os.environ)
"""


def test_only_declared_variables_are_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "1")
    monkeypatch.setenv("MY_SECRET", "2")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://nowhere")
    folder = write_model(tmp_path / "model", ENVIRONMENT)
    with ModelProcess(folder, room=Room(declared=("MY_KEY", "NOT_SET"))) as process:
        names = output_of(process.predict([1]))
    assert "MY_KEY" in names
    assert not {"MY_SECRET", "MLFLOW_TRACKING_URI", "NOT_SET"} & set(names)


def test_another_hash_seed_is_another_process(tmp_path: Path) -> None:
    source = """
    class Plain:
        def predict(self, data):
            return [hash("a"), float(np.random.rand())]
    def _load_pyfunc(path):
        return Plain()
    """
    with ModelProcess(write_model(tmp_path / "model", source)) as process:
        first = output_of(process.predict([1]))
        process.restart()
        again = output_of(process.predict([1]))
        process.restart(hash_seed=1)
        other = output_of(process.predict([1]))
    assert first[0] == again[0] != other[0]
    assert first[1] != again[1]


def test_the_copy_survives_a_model_that_removes_it(tmp_path: Path) -> None:
    source = """
    import shutil
    class Plain:
        def __init__(self, path):
            self.path = path
        def predict(self, data):
            shutil.rmtree(self.path)
            return [1]
    def _load_pyfunc(path):
        return Plain(path)
    """
    with ModelProcess(write_model(tmp_path / "model", source), room=Room(read_only=False)) as process:
        assert isinstance(process.predict([1]), Answered)
        assert "code/handmade_loader.py" in process.find_changes()
        process.restart()
        assert isinstance(process.load(), Answered | Raised)


def test_a_folder_that_is_not_there_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with ModelProcess(tmp_path / "nothing") as process, pytest.raises(FileNotFoundError):
        process.load()


def test_signature_enforcement_and_handmade_folders_go_together(tmp_path: Path) -> None:
    with ModelProcess(write_model(tmp_path / "model", PLAIN, DOUBLE)) as process:
        assert isinstance(process.predict(pd.DataFrame({"a": [1.0]})), Answered)
        assert isinstance(process.predict(pd.DataFrame({"b": [1.0]})), Refused)
