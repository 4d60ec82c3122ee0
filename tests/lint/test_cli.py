"""The command itself: what it prints, and exit codes that tell a bad model from a run that could not check."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlcheck import __version__
from mlcheck.cli import COMMANDS, main
from mlcheck.records import replace
from mlcheck.rules import load_rules

BASE = Path(__file__).parent / "base" / "sklearn"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert main([]) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: mlcheck {command} ")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mlcheck {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lnt"]) == 2
    assert "did you mean 'lint'" in capsys.readouterr().err


def test_a_defect_of_mlcheck_is_exit_2_not_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("mlcheck.cli.lint.lint_paths", fail)
    assert main(["lint", str(BASE)]) == 2
    assert "this is a defect of mlcheck" in capsys.readouterr().err


def test_a_rule_that_fails_is_exit_2_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> list[object]:
        raise KeyError("name")

    rules = {**load_rules(), "MLC301": replace(load_rules()["MLC301"], function=fail)}
    monkeypatch.setattr("mlcheck.lint.select_rules", lambda _: tuple(rules.values()))
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "conda.yaml").write_text(f"name: '{tmp_path}'\n")  # of which nothing is known yet
    assert main(["lint", str(tmp_path)]) == 2
    text = capsys.readouterr().out
    assert "error MLC001 [internal-error] rule MLC301 (conda-shape) failed on this folder: KeyError: 'name'" in text
    assert "MLC102" in text


def test_a_reader_that_leaves_early_sees_no_traceback() -> None:
    script = f"{sys.executable} -m mlcheck rules | head -1"
    run = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert run.stdout.startswith("MLC001")
    assert "Traceback" not in run.stderr


def test_files_outside_of_models_are_passed_over_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "setup.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert main(["lint", "setup.py"]) == 2
    assert main(["lint", "setup.py", "--skip-outside"]) == 0
    assert main(["lint", "gone", "--skip-outside"]) == 2
    assert "could not check gone: no such file or folder" in capsys.readouterr().out


def test_a_misnamed_mlmodel_in_a_tree_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, file in (("churn", "MLmodel"), ("fraud", "mlmodel"), ("notes", "mlmodel.py")):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / file).write_text("flavors: {}\n")
        (tmp_path / "models" / name / "requirements.txt").write_text("mlflow==3.1.0\n")
    assert main(["lint", "models"]) == 2
    told = "could not check models/fraud/mlmodel: MLflow reads 'MLmodel' alone: rename the file"
    assert told in capsys.readouterr().out
    (tmp_path / "models" / "churn" / "MLmodel").unlink()
    assert main(["lint", "models"]) == 2
    assert told in capsys.readouterr().out
