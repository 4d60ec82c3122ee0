"""Forkservers: which interpreters and environments they take, and what they say when they cannot."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from mlcheck.contract import launcher
from mlcheck.contract.environment import clean_environment
from mlcheck.contract.forkserver import Forkserver, OwnForkserver
from mlcheck.contract.outcome import Answered
from mlcheck.contract.process import Limits, ModelProcess, StartError
from tests.contract.models import output_of, write_model

if TYPE_CHECKING:
    from pathlib import Path

# Uses OpenBLAS and threads of its own after the fork, which the forkserver's own threads must not have broken
NUMBERS = """
import concurrent.futures, os
def work(seed):
    matrix = np.random.default_rng(seed).random((300, 300))
    return float(np.linalg.eigvalsh(matrix @ matrix.T).sum())
class Model:
    def predict(self, data):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return [os.getppid(), *pool.map(work, range(8))]
def _load_pyfunc(path):
    return Model()
"""


def test_a_forked_process_computes_what_a_fresh_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path / "model", NUMBERS)
    with ModelProcess(folder) as process:
        forked = output_of(process.predict([1]))
    monkeypatch.setattr(launcher, "PRELOADS", False)
    with ModelProcess(folder) as process:
        assert process.versions["mlflow"]
        fresh = output_of(process.predict([1]))
    assert forked[1:] == fresh[1:]
    assert forked[0] != fresh[0]


def test_models_started_by_threads_do_not_mix(tmp_path: Path) -> None:
    source = (
        "class Model:\n    def predict(self, data):\n        return {}\ndef _load_pyfunc(path):\n    return Model()\n"
    )
    folders = [write_model(tmp_path / str(i), source.format(i)) for i in range(4)]
    found: dict[int, object] = {}

    def run(number: int) -> None:
        with ModelProcess(folders[number]) as process:
            found[number] = output_of(process.predict([1]))

    threads = [threading.Thread(target=run, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: 0, 1: 1, 2: 2, 3: 3}


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("/no/such/python", "the interpreter '/no/such/python' cannot be run: "),
        ("/bin/false", "'/bin/false' ended before it was ready"),
        ("/bin/cat", "'/bin/cat' ended before it was ready"),
    ],
)
def test_an_interpreter_that_is_none_is_named(tmp_path: Path, python: str, words: str) -> None:
    with (
        ModelProcess(write_model(tmp_path / "model", ""), python=python) as process,
        pytest.raises(StartError, match=words),
    ):
        process.load()


def test_an_interpreter_without_mlflow_is_named(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    process = ModelProcess(write_model(tmp_path / "model", ""), python=str(python))
    with (
        process,
        pytest.raises(StartError, match="cannot import mlflow: ModuleNotFoundError: No module named 'mlflow'"),
    ):
        process.load()


def test_an_interpreter_that_hangs_is_given_up(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 600\n")
    python.chmod(0o755)
    process = ModelProcess(write_model(tmp_path / "model", ""), python=str(python), limits=Limits(start=0.5))
    with process, pytest.raises(StartError, match=r"has not imported mlflow within 0\.5 s"):
        process.load()


def test_a_forkserver_that_was_killed_is_replaced(tmp_path: Path) -> None:
    source = "class M:\n    def predict(self, X):\n        return X\ndef _load_pyfunc(path):\n    return M()\n"
    with ModelProcess(write_model(tmp_path / "model", source)) as process:
        assert isinstance(process.load(), Answered)
        server = launcher.get_forkserver()
        assert isinstance(server, OwnForkserver)
        assert server._process is not None
        server._process.kill()
        server._process.wait()
        assert isinstance(process.predict([1]), Answered)  # the model's own process still runs
        assert isinstance(process.load(), Answered)
    assert launcher.get_forkserver() is not server
    assert not server.root.exists()


def test_the_environment_is_what_the_machine_needs_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "__init__.py").touch()
    found = clean_environment(
        3,
        None,
        {
            "PATH": "/bin",
            "OMP_NUM_THREADS": "2",
            "AWS_SECRET_ACCESS_KEY": "x",
            "HTTPS_PROXY": "http://proxy",
            "MLFLOW_TRACKING_URI": "http://x",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), "/home/me/src", ""]),
        },
    )
    assert found.pop("MLFLOW_DISABLE_TELEMETRY") == found.pop("DO_NOT_TRACK") == "true"
    assert found == {
        "PATH": "/bin",
        "OMP_NUM_THREADS": "2",
        "PYTHONPATH": str(tmp_path),
        "PYTHONHASHSEED": "3",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_forkservers_of_other_interpreters_are_ended_when_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_KEPT", 1)
    here = launcher.get_forkserver()
    servers = []
    for number in range(3):
        python = tmp_path / f"python{number}"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        servers.append(launcher.get_forkserver(str(python), preload=False))
    assert [server.alive for server in (here, *servers)] == [True, False, True, True]
    assert not servers[0].root.exists()
    assert launcher.get_forkserver(str(tmp_path / "python1"), preload=False) is servers[1]
    assert launcher.get_forkserver(str(tmp_path / "python0"), preload=False).alive
    assert [server.alive for server in servers] == [False, True, False], "the one that was used last stays"


GRANDPARENT = """
import os
class Model:
    def predict(self, data):
        with open(f"/proc/{os.getppid()}/stat") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
def _load_pyfunc(path):
    return Model()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked for in /proc")
def test_a_forkserver_is_lent_to_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, loans = launcher.get_forkserver(), dict(launcher.lend_forkservers())
    borrowed = {key: stream for key, stream in loans.items() if key[:2] == (sys.executable, 0)}
    assert isinstance(own, OwnForkserver)
    assert own._process is not None
    monkeypatch.setattr(launcher, "_servers", {})  # as it is there
    for key, stream in borrowed.items():
        launcher.borrow_forkserver(key, stream)
    with ModelProcess(write_model(tmp_path / "model", GRANDPARENT)) as process:
        assert output_of(process.predict([1])) == own._process.pid
        assert process.versions == own.versions
    launcher.close_forkservers()
    assert own.alive
    assert own.root.is_dir()


def test_a_forkserver_outlives_those_who_borrow_it() -> None:
    own = launcher.get_forkserver()
    for _, stream in launcher.lend_forkservers():
        assert select.select([stream], [], [], 30)[0], "it has told what it is"
        stream.close()  # without having read that
    _, (again, *_) = zip(*launcher.lend_forkservers(), strict=True)
    borrowed = Forkserver(sys.executable, again)
    borrowed.await_ready(30)
    borrowed.close()
    assert own.alive


def test_a_lent_forkserver_that_is_gone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_servers", {})
    ours, theirs = socket.socketpair()
    theirs.close()
    launcher.borrow_forkserver(launcher.make_key(), ours)
    with ModelProcess(write_model(tmp_path / "model", GRANDPARENT)) as process:
        assert isinstance(process.load(), Answered)
    launcher.close_forkservers()


def test_a_lent_forkserver_that_ends_before_it_is_ready_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_servers", {})
    ours, theirs = socket.socketpair()
    launcher.borrow_forkserver(launcher.make_key(), ours)
    ending = threading.Timer(0.3, theirs.close)
    ending.start()
    assert isinstance(launcher.get_forkserver(), OwnForkserver)
    ending.join()
    launcher.close_forkservers()
