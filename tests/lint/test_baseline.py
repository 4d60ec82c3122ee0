"""Baselines: adopt mlcheck on models as they are, fail only on what is new, and hear about what is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlcheck.cli import main

BROKEN = "flavors:\n  sklearn: {}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("churn", "fraud"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "MLmodel").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    assert main(["lint", ".", "--write-baseline", "known.json"]) == 0
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["lint", *arguments, "--baseline", "known.json", "--format", "concise"])
    return code, capsys.readouterr().out


def test_only_new_findings_count(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, ".")
    assert code == 0
    assert "suppressed" in text
    (project / "fraud/requirements.txt").write_text("sklearn\n")
    code, text = run(capsys, ".")
    assert code == 1
    assert "fraud/requirements.txt:1:1: error MLC330" in text
    assert "MLC102" not in text


def test_lines_may_move(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "churn/MLmodel").write_text(f"# a comment\n\n{BROKEN}")
    assert run(capsys, ".")[0] == 0


def test_what_is_gone_is_a_note_where_the_run_looked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "churn/MLmodel").write_text("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n")
    text = run(capsys, "churn")[1]
    assert "note MLC002 [unused-ignore] the baseline still lists a finding that is gone: MLC102 churn/MLmodel" in text
    assert "MLC102 churn" not in run(capsys, "fraud")[1]


def test_a_baseline_is_written_anew_with_what_it_held_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "known.json").read_text()
    assert main(["lint", ".", "--baseline", "known.json", "--write-baseline", "known.json"]) == 0
    assert (project / "known.json").read_text() == before
    assert "MLC102 churn/MLmodel" in before


def test_a_baseline_never_holds_what_mlcheck_says_about_itself(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mlcheck.toml").write_text('ignore = { MLC305 = "never" }\n')
    main(["lint", ".", "--write-baseline", "new.json"])
    assert "MLC002" not in (project / "new.json").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read the baseline: No such file or directory; --write-baseline makes one"),
        ("{", "the baseline is not JSON"),
        ("[]", "not a baseline of version 1; write it again with --write-baseline"),
        ('{"version": 2, "findings": {}}', "not a baseline of version 1"),
        ('{"version": 1, "findings": []}', "not a baseline of version 1"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_exit_2(
    text: str | None, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "known.json").unlink()
    if text is not None:
        (project / "known.json").write_text(text)
    assert main(["lint", ".", "--baseline", "known.json"]) == 2
    assert message in capsys.readouterr().err


def test_a_baseline_that_cannot_be_written_is_exit_2(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", ".", "--write-baseline", "no/such/folder/b.json"]) == 2
    assert "cannot write the baseline" in capsys.readouterr().err


def test_a_baseline_is_sorted_and_readable(project: Path) -> None:
    findings = json.loads((project / "known.json").read_text())["findings"]
    assert list(findings.values()) == sorted(findings.values())
    assert all(len(fingerprint) == 16 for fingerprint in findings)


def test_the_current_folder_as_the_model(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / "churn")
    assert main(["lint", ".", "--write-baseline", "../own.json"]) == 0
    Path("MLmodel").write_text("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n")
    capsys.readouterr()
    main(["lint", ".", "--baseline", "../own.json", "--format", "concise"])
    assert "the baseline still lists a finding that is gone: MLC102 MLmodel" in capsys.readouterr().out
