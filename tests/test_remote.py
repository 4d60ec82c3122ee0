"""Models behind a URI: listed in full, fetched in part, and judged by what their metadata says."""

from __future__ import annotations

import json
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
from typing import Any

import pytest

from mlcheck.cli import main
from mlcheck.remote import MAX_FETCHED_BYTES, fetch_folders, is_uri

BASE = Path(__file__).parent / "lint" / "base" / "sklearn"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A SQLite registry with a sound version, and one that lacks its model file and has a wrong requirement."""
    mlflow = pytest.importorskip("mlflow")
    root = tmp_path_factory.mktemp("registry")
    store = f"sqlite:///{root}/mlflow.db"
    sound, broken = root / "sound", root / "broken"
    shutil.copytree(BASE, sound)
    (sound / "weights.bin").write_bytes(b"\0" * (MAX_FETCHED_BYTES + 1))
    (sound / "big.json").write_text(" " * (MAX_FETCHED_BYTES + 1))
    shutil.copytree(BASE, broken)
    (broken / "model.skops").unlink()
    (broken / "requirements.txt").write_text("sklearn\n")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    client = mlflow.MlflowClient()
    client.create_registered_model("churn")
    for folder in (sound, broken):
        client.create_model_version("churn", folder.as_uri())
    client.set_registered_model_alias("churn", "champion", "1")
    experiment = client.create_experiment("remote", artifact_location=(root / "artifacts").as_uri())
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(sound), "model")
    yield {"store": store, "run": run.info.run_id}
    mlflow.set_tracking_uri(before)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[tuple[str, str]], list[str]]:
    code = main(["lint", *arguments, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    found = [(item["code"], item["path"]) for item in document["findings"] if item["severity"] != "note"]
    return code, found, document["summary"]["not_checked"]


@pytest.mark.parametrize("uri", ["models:/churn/1", "models:/churn@champion", "runs:/{run}/model"])
def test_a_sound_model_is_clean_wherever_it_lies(
    uri: str, registry: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(capsys, uri.format(**registry)) == (0, [], [])


def test_missing_files_and_wrong_lines_are_found(registry: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = lint(capsys, "models:/churn/2")
    assert code == 1
    assert ("MLC330", "models:/churn/2/requirements.txt") in found
    assert any(code == "MLC401" for code, _ in found)


def test_large_files_are_listed_and_not_fetched(registry: dict[str, str]) -> None:
    with fetch_folders(["models:/churn/1"]) as (folders, errors):
        (model,) = folders
        assert not errors
        assert model.partial
        assert model.has("weights.bin")
        assert model.has("model.skops")
        assert sorted(os.listdir(model.root)) == sorted(name for name in os.listdir(BASE) if name != "model.skops")
        root = model.root
    assert not root.exists()


def test_several_paths_and_uris_make_one_report(registry: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(BASE, "local")
    assert main(["lint", "local", "models:/churn/1", "models:/churn/1"]) == 0
    assert capsys.readouterr().out.startswith("2 models checked")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/gone/1", "models:/gone/1: cannot be read: "),
        ("runs:/0123456789abcdef0123456789abcdef/model", "cannot be read: "),
        ("file:///no/such/folder", "file:///no/such/folder: "),
        ("gopher://host/model", "gopher://host/model: cannot be read: "),
    ],
)
def test_what_cannot_be_read_is_exit_2(
    uri: str, message: str, registry: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, errors = lint(capsys, uri)
    assert code == 2
    assert message in errors[0]


def test_a_uri_without_a_model_is_exit_2(
    registry: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "data.csv").write_text("a\n")
    code, _, errors = lint(capsys, (folder / "other").as_uri())
    assert code == 2
    assert errors[0].endswith("no model folder here: there is no file named 'MLmodel' in it")


def test_the_configuration_of_the_current_folder_holds(
    registry: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mlcheck.toml").write_text(
        'per-model-ignore = { "models:/churn" = { MLC330 = "known" }, "models:/other" = { MLC330 = "never" } }\n'
    )
    _, found, _ = lint(capsys, "models:/churn/2")
    assert "MLC330" not in {code for code, _ in found}
    assert not any(code == "MLC002" for code, _ in found)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["test", *arguments, "--max-examples", "5", "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def kept_promises(registry: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two versions of a model from code in the registry: one that keeps its promise, and one that does not."""
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient()
    client.create_registered_model("sum")
    for name, column in (("kept", "y"), ("broken", "z")):
        root = tmp_path_factory.mktemp(name) / "model"
        shutil.copytree(BASE.parent / "pyfunc", root)
        source = root / "model_src.py"
        source.write_text(source.read_text().replace('"y":', f'"{column}":'))
        client.create_model_version("sum", root.as_uri())


@pytest.mark.usefixtures("kept_promises")
def test_a_contract_run_fetches_the_whole_model(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = check(capsys, "models:/sum/1", "models:/sum/2")
    assert [model["path"] for model in document["models"]] == ["models:/sum/1", "models:/sum/2"]
    assert {finding["model"] for finding in document["findings"] if finding["severity"] == "error"} == {"models:/sum/2"}
    assert code == 1
    shown = [finding["reproduce"] for finding in document["findings"] if finding["code"] == "MLC802"]
    assert "models:/sum/2" in shown[0]
    assert tempfile.gettempdir() not in shown[0]


@pytest.mark.usefixtures("kept_promises")
def test_settings_of_a_contract_run_match_the_uri(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mlcheck.toml").write_text('per-model-ignore = { "models:/sum/*" = { MLC802 = "known" } }\n')
    code, document = check(capsys, "models:/sum/2", "--jobs", "2")
    assert code == 0
    assert not any(finding["severity"] == "error" for finding in document["findings"])


def test_a_contract_run_of_what_cannot_be_fetched_is_exit_2(
    registry: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = check(capsys, "models:/nobody/1")
    assert code == 2
    assert "models:/nobody/1: cannot be read" in document["summary"]["not_checked"][0]


def test_without_mlflow_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    code, _, errors = lint(capsys, "models:/churn/1")
    assert code == 2
    assert "MLflow is needed to read a URI" in errors[0]
    assert "pip install 'pytest-mlcheck[contract]'" in errors[0]


def test_uris_are_not_mended(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "models:/churn/1", "--fix"]) == 2
    assert "not for URIs" in capsys.readouterr().err


def test_a_path_that_exists_is_no_uri(folder: Path) -> None:
    assert is_uri("models:/churn/1")
    assert is_uri("s3://bucket/model")
    assert not is_uri(r"C:\models\churn")
    assert not is_uri("C:/models/churn")
    assert not is_uri("models/churn")
    (folder / "odd:").mkdir()
    (folder / "odd:" / "m").mkdir()
    assert not is_uri("odd:/m")


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(url, timeout=5)
        except OSError:  # noqa: PERF203 - it is waited for
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.5)
        else:
            return


@pytest.mark.slow
def test_through_a_tracking_server(registry: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", registry["store"], "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--workers", "1", "--artifacts-destination", str(tmp_path / "served")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(f"{url}/health")
        store = tmp_path / "served" / "sound"
        shutil.copytree(BASE, store)
        run = subprocess.run(
            [sys.executable, "-m", "mlcheck", "lint", "mlflow-artifacts:/sound", "-v"],
            env={**os.environ, "MLFLOW_TRACKING_URI": url},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 model checked: 0 errors, 0 warnings" in run.stdout
