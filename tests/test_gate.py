"""The gate in front of real registries: SQLite files and an `mlflow server` on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

ROOT = Path(__file__).parent.parent
SOUND = ROOT / "tests" / "lint" / "base" / "pyfunc"
QUICK = ("--max-examples", "10")


def gate(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    return subprocess.run(
        [sys.executable, "-m", "mlcheck", "gate", *arguments, *QUICK],
        cwd=cwd,
        env={**env, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def registered(uri: str) -> dict[str, list[str]]:
    client = MlflowClient(uri)
    return {
        model.name: [str(version.version) for version in client.search_model_versions(f"name='{model.name}'")]
        for model in client.search_registered_models()
    }


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(SOUND, folder)
    code = folder / "model_src.py"
    code.write_text(code.read_text().replace('"y":', '"z":'))
    return folder


def test_a_sound_model_is_registered_in_the_default_file(tmp_path: Path) -> None:
    done = gate(str(SOUND), "--name", "sum", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gate: registered sum version 1" in done.stderr
    assert registered(f"sqlite:///{tmp_path}/mlflow.db") == {"sum": ["1"]}


def test_a_model_that_breaks_its_promise_is_not_registered(tmp_path: Path, broken: Path) -> None:
    done = gate(str(broken), "--name", "sum", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "output-has-declared-columns" in done.stdout
    assert "gate: nothing was registered" in done.stderr
    assert registered(f"sqlite:///{tmp_path}/mlflow.db") == {}


def test_a_model_that_was_not_tested_to_the_end_is_not_registered(tmp_path: Path) -> None:
    done = gate(str(SOUND), "--name", "sum", "--model-time-limit", "0.2", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "not tested, so not registered: the 0.2 s for this model are over" in done.stdout
    assert registered(f"sqlite:///{tmp_path}/mlflow.db") == {}


def test_a_model_that_lint_refuses_is_not_even_loaded(tmp_path: Path, broken: Path) -> None:
    trace = tmp_path / "was-run"
    (broken / "model_src.py").write_text(f"open({str(trace)!r}, 'w')\n")
    (broken / "requirements.txt").write_text("sklearn\n")
    done = gate(str(broken), "--name", "sum", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert not trace.exists()


def test_a_model_that_cannot_be_fetched_is_exit_2(tmp_path: Path) -> None:
    done = gate("models:/nothing/1", "--name", "sum", cwd=tmp_path)
    assert done.returncode == 2
    assert "\nmlcheck: models:/nothing/1: cannot be fetched" in "\n" + done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = f"sqlite:///{tmp_path}/server.db"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--backend-store-uri", store, "--artifacts-destination", str(tmp_path / "artifacts")],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            start_new_session=True,
        )
    uri = f"http://127.0.0.1:{port}"
    try:
        _await(uri, process, tmp_path / "server.log")
        yield uri
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _await(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if _is_up(uri):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.5)
    raise TimeoutError(log.read_text())


def _is_up(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5):
            return True
    except OSError:
        return False


def test_a_logged_model_is_registered_at_a_server(tmp_path: Path, server: str) -> None:
    client = MlflowClient(server)
    run = client.create_run("0").info.run_id
    client.log_artifacts(run, str(SOUND), "model")
    done = gate(f"runs:/{run}/model", "--name", "sum", cwd=tmp_path, MLFLOW_TRACKING_URI=server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert registered(server) == {"sum": ["1"]}


@pytest.fixture
def stored(tmp_path: Path, broken: Path) -> str:
    """A SQLite store with a registered model that breaks its promise, version 1 of `sum`."""
    store = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(store)
    client.create_registered_model("sum")
    client.create_model_version("sum", broken.as_uri())
    return store


def test_the_configuration_holds_for_the_uri_of_a_model(tmp_path: Path, stored: str) -> None:
    known = 'per-model-ignore = { "models:/sum" = { MLC802 = "known, see the card" } }\n'
    refused = gate("models:/sum/1", "--name", "gated", cwd=tmp_path, MLFLOW_TRACKING_URI=stored)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "models:/sum/1" in refused.stdout
    assert tempfile.gettempdir() not in refused.stdout
    (tmp_path / "mlcheck.toml").write_text(known)
    allowed = gate("models:/sum/1", "--name", "gated", cwd=tmp_path, MLFLOW_TRACKING_URI=stored)
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    assert registered(stored)["gated"] == ["1"]
    (tmp_path / "mlcheck.toml").write_text(known.replace("models:/sum", "models:/other"))
    assert gate("models:/sum/1", "--name", "gated", cwd=tmp_path, MLFLOW_TRACKING_URI=stored).returncode == 1
