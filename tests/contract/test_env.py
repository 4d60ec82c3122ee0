"""`--env`: models run with the interpreter that is named, and one that cannot be used is no model's fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlcheck.cli import main
from mlcheck.contract.interpreters import NoInterpreterError, find_python
from tests.contract.models import write_model

ECHO = "class Model:\n    def predict(self, data):\n        return data\ndef _load_pyfunc(path):\n    return Model()\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, object]]:
    code = main(["test", *map(str, arguments), "--format", "json"])
    report: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, report


def make_venv(folder: Path) -> Path:
    """Make a venv that sees what is installed here, as far as it has to for MLflow."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    paths = [path for path in sys.path if path.endswith("site-packages")]
    (site / "outer.pth").write_text("\n".join(paths))
    return folder


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_venv(tmp_path_factory.mktemp("venvs") / "venv")


def test_a_venv_may_be_named_by_its_folder_or_its_interpreter(
    venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = str(venv / "bin" / "python")
    assert find_python(str(venv)) == find_python(python) == python  # the link is kept: it says which venv it is
    monkeypatch.chdir(venv.parent)
    assert find_python("venv") == find_python("venv/bin/python") == python
    (tmp_path / "pythonx").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_python("pythonx") == str(tmp_path / "pythonx")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("/no/such/python", "no interpreter '/no/such/python': neither 'current' nor 'uv', nor the path"),
        ("curent", "did you mean 'current'"),
        ("UV", "did you mean 'uv'"),
        ("/usr", "'/usr' is a folder without bin/python"),
    ],
)
def test_what_is_no_interpreter_is_told(given: str, words: str) -> None:
    if given == "/usr" and Path("/usr/bin/python3").exists():
        pytest.skip("there is a Python in /usr")
    with pytest.raises(NoInterpreterError, match=words):
        find_python(given)


def test_a_model_runs_with_the_interpreter_that_is_named(
    venv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = f"import sys\nassert sys.prefix == {str(venv)!r}, sys.prefix\n" + ECHO
    model = write_model(tmp_path / "model", where)
    code, report = run(capsys, model, "--env", venv, "--select", "MLC5")
    assert (code, report["findings"]) == (0, [])
    (facts,) = (entry["facts"] for entry in report["models"])  # type: ignore[attr-defined]
    assert str(venv / "bin" / "python") in facts["environment"]
    code, report = run(capsys, model, "--select", "MLC5")
    assert code == 1, "it must not load elsewhere"


def test_a_finding_says_with_which_interpreter_it_was_made(
    venv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path / "model", "def _load_pyfunc(path):\n    raise ValueError('no')\n")
    _, report = run(capsys, model, "--env", venv)
    (there,) = [finding["reproduce"] for finding in report["findings"]]  # type: ignore[attr-defined]
    assert there.startswith(f"# with {venv}/bin/python\n")
    _, report = run(capsys, model)
    (here,) = [finding["reproduce"] for finding in report["findings"]]  # type: ignore[attr-defined]
    assert here.startswith("import mlflow")


def test_one_tree_may_mix_interpreters(venv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("here", "there", "nowhere"):
        write_model(tmp_path / name, ECHO)
    (tmp_path / "mlcheck.toml").write_text(
        f"[models.there]\ncontract = {{ env = {os.path.relpath(venv, tmp_path)!r} }}\n"
        "[models.nowhere]\ncontract = { env = './no-venv' }\n"
    )
    code, report = run(capsys, tmp_path, "--select", "MLC5")
    assert code == 2
    facts = {Path(entry["path"]).name: entry["facts"] for entry in report["models"]}  # type: ignore[attr-defined]
    assert (facts["here"]["loaded"], facts["there"]["loaded"], facts["nowhere"]["loaded"]) == ("yes", "yes", "no")
    assert "environment" not in facts["here"]
    assert str(venv / "bin" / "python") in os.path.normpath(facts["there"]["environment"])
    (why,) = report["summary"]["not_checked"]  # type: ignore[index]
    assert "nowhere: no interpreter" in why
    assert not report["findings"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo hello\n", "is no Python that runs here"),
        ("exit 3\n", "is no Python that runs here"),
        ("echo 3.7.16\n", "is Python 3.7.16: models are run with Python 3.8 and newer"),
        (f'exec {sys.executable} -S "$@"\n', "has no MLflow: run `uv pip install --python"),
    ],
)
def test_an_interpreter_that_cannot_run_models_is_diagnosed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, words: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}")
    python.chmod(0o755)
    code, report = run(capsys, write_model(tmp_path / "model", ECHO), "--env", python)
    assert (code, report["findings"]) == (2, [])
    (why,) = report["summary"]["not_checked"]  # type: ignore[index]
    assert words in why


def test_pytest_takes_the_same_names(venv: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "good", f"import sys\nassert sys.prefix == {str(venv)!r}\n" + ECHO)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nmlcheck_env = {os.path.relpath(venv, tmp_path)}\n")

    def pytest_run(*arguments: str) -> str:
        command = [sys.executable, "-m", "pytest", "--mlcheck", "-p", "no:cacheprovider", "-p", "no:randomly"]
        return subprocess.run(
            [*command, "good", *arguments], cwd=tmp_path / "models", capture_output=True, text=True, check=False
        ).stdout

    assert "failed" not in pytest_run("-k", "loads")
    lost = pytest_run("-q", "--mlcheck-env", "/no/such")
    assert "mlcheck cannot test this model: no interpreter '/no/such'" in lost
    assert "1 failed" in lost
    assert "passed" not in lost


def test_an_empty_env_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(tmp_path / "model", ECHO)
    (tmp_path / "mlcheck.toml").write_text("[contract]\nenv = ''\n")
    assert main(["test", str(tmp_path / "model")]) == 2
    assert "contract.env: must be a string that is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(("declared", "code"), [("thinglib=1.0", "MLC503"), ("libgcc", "MLC501")])
def test_a_module_that_only_conda_installs_is_the_environments_fault(
    declared: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path / "model", "import thinglib\n" + ECHO)
    (model / "conda.yaml").write_text(f"dependencies: [{declared}, {{pip: [mlflow]}}]\n")
    _, report = run(capsys, model, "--select", "MLC5")
    assert [finding["code"] for finding in report["findings"]] == [code]  # type: ignore[attr-defined]


def test_what_conda_installs_explains_no_other_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_model(tmp_path / "model", "import json\njson.loads('{')\n" + ECHO)
    (model / "conda.yaml").write_text("dependencies: [libgcc, openssl, {pip: [mlflow]}]\n")
    _, report = run(capsys, model, "--select", "MLC5")
    assert [finding["code"] for finding in report["findings"]] == ["MLC501"]  # type: ignore[attr-defined]
