"""Mending: what `--fix` writes, what it leaves alone, and that `--diff` tells the same without writing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlcheck.cli import main
from mlcheck.edits import apply_fixes
from mlcheck.finding import Edit, Location

BASE = Path(__file__).parent / "base" / "sklearn"
PIP = "mlflow==3.17.2\nscikit-learn==1.9.1\nskops==0.16.0\nnumpy==2.4.6\n"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(BASE, tmp_path / "m"))


def conda(lines: str, *, channel: str = "conda-forge", python: str = "3.11.7", pip: str = "- pip<=26.3\n") -> str:
    listed = "".join(f"  - {line}\n" for line in lines.splitlines())
    head = f"# mine\nchannels:\n- {channel}  # why\ndependencies:\n- python={python}\n"
    return f"{head}{pip}- pip:\n{listed}name: mlflow-env\n"


def write(model: Path, name: str, text: str) -> Path:
    path = model / name
    path.write_bytes(text.encode("utf-8"))
    return path


def write_both(model: Path, lines: str) -> None:
    write(model, "requirements.txt", lines)
    write(model, "conda.yaml", conda(lines))


def mended(model: Path, name: str) -> str:
    main(["lint", model.name, "--fix"])
    return (model / name).read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sklearn", "scikit-learn==1.9.1"),
        ("sklearn==0.0.post5", "scikit-learn==1.9.1"),
        ("sklearn==1.9.1", "scikit-learn==1.9.1"),
        ("scikit-learn", "scikit-learn==1.9.1"),
        ("scikit_learn[alldeps] ; python_version >= '3.9'", "scikit_learn[alldeps]==1.9.1 ; python_version >= '3.9'"),
        ("scikit-learn>=1.0", "scikit-learn>=1.0"),
    ],
)
def test_requirements_are_named_and_pinned_by_what_the_model_records(model: Path, line: str, expected: str) -> None:
    rest = "# the model's\nmlflow==3.17.2  # server\nskops==0.16.0\n"
    write(model, "requirements.txt", f"{rest}{line}\n")
    write(model, "conda.yaml", conda(f"mlflow==3.17.2\nskops==0.16.0\n{line}"))
    assert mended(model, "requirements.txt") == f"{rest}{expected}\n"
    assert f"  - {expected}\n" in (model / "conda.yaml").read_text()


def test_mlflow_is_pinned_to_the_one_that_saved_the_model(model: Path) -> None:
    write_both(model, PIP.replace("mlflow==3.17.2", "mlflow"))
    assert mended(model, "requirements.txt") == PIP
    assert "  - mlflow==3.17.2\n" in (model / "conda.yaml").read_text()


def test_a_development_version_is_no_pin(model: Path) -> None:
    text = (model / "MLmodel").read_text().replace("mlflow_version: 3.17.2", "mlflow_version: 3.18.1.dev0")
    write(model, "MLmodel", text)
    write_both(model, PIP.replace("mlflow==3.17.2", "mlflow"))
    assert mended(model, "requirements.txt").startswith("mlflow\n")


def test_names_are_not_corrected_where_the_version_may_be_another_one(model: Path) -> None:
    write_both(model, f"{PIP}cv2==4.8.0\nPIL\n")
    assert mended(model, "requirements.txt") == f"{PIP}cv2==4.8.0\npillow\n"


def test_conda_gets_pip_the_channel_and_the_python_and_keeps_its_comments(model: Path) -> None:
    write(model, "requirements.txt", PIP)
    write(model, "conda.yaml", conda(PIP, channel="defaults", python="3.10.1", pip=""))
    assert mended(model, "conda.yaml") == conda(PIP, pip="- pip\n")


def test_an_indented_list_gets_pip_at_its_own_indent(model: Path) -> None:
    lines = "dependencies:\n    -   python=3.11.7\n    - pip:\n        - mlflow==3.17.2\n"
    write(model, "conda.yaml", f"channels: [conda-forge]\n{lines}")
    assert "    -   python=3.11.7\n    - pip\n    - pip:\n" in mended(model, "conda.yaml")


def test_defaults_among_other_channels_is_left_to_people(model: Path) -> None:
    text = conda(PIP).replace("- conda-forge", "- conda-forge\n- defaults")
    write(model, "conda.yaml", text)
    assert "- defaults" in mended(model, "conda.yaml")


@pytest.mark.parametrize("written", ["3.11", "3.10", "3.10 # why", "'3.10.1'", "3.10.1"])
def test_python_env_takes_the_python_of_the_model(model: Path, written: str) -> None:
    rest = "\nbuild_dependencies: [pip==26.3]\ndependencies:\n- -r requirements.txt\n"
    write(model, "python_env.yaml", f"python: {written}{rest}")
    text = mended(model, "python_env.yaml")
    assert text.endswith(rest)
    expected = {"3.11": "'3.11'", "3.10": "'3.11.7'", "3.10 # why": "'3.11.7' # why", "'3.10.1'": "'3.11.7'"}
    assert text.splitlines()[0] == f"python: {expected.get(written, '3.11.7')}"


def test_byte_order_marks_go_and_line_ends_stay(model: Path) -> None:
    original = (model / "requirements.txt").read_text().rstrip("\n") + "\n"
    windows = original.replace("scikit-learn==1.9.1", "sklearn").replace("\n", "\r\n")
    write(model, "requirements.txt", f"\ufeff{windows}")
    assert mended(model, "requirements.txt") == original.replace("\n", "\r\n")


def test_backslashes_become_slashes_where_the_file_is_there(model: Path) -> None:
    (model / "data").mkdir()
    shutil.move(model / "model.skops", model / "data" / "model.skops")
    original = (model / "MLmodel").read_text()
    broken = original.replace("model_path: model.skops", "model_path: data\\model.skops")
    write(model, "MLmodel", broken.replace("pickled_model: model.skops", "pickled_model: gone\\model.skops"))
    text = mended(model, "MLmodel")
    assert "model_path: data/model.skops\n" in text
    assert "pickled_model: gone\\model.skops\n" in text


def test_mending_is_stable_and_touches_nothing_else(model: Path) -> None:
    write_both(model, "mlflow\nsklearn\nskops==0.16.0\n")
    untouched = {
        path: path.read_bytes() for path in model.iterdir() if path.name not in {"requirements.txt", "conda.yaml"}
    }
    main(["lint", "m", "--fix"])
    first = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in model.iterdir()}
    assert {path: first[path][0] for path in untouched} == untouched
    main(["lint", "m", "--fix"])
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in model.iterdir()} == first


def test_permissions_are_kept_and_no_temporary_file_is_left(model: Path) -> None:
    write_both(model, PIP.replace("scikit-learn==1.9.1", "sklearn"))
    os.chmod(model / "requirements.txt", 0o640)
    names = sorted(os.listdir(model))
    main(["lint", "m", "--fix"])
    assert (model / "requirements.txt").stat().st_mode & 0o7777 == 0o640
    assert sorted(os.listdir(model)) == names


def test_links_are_not_written_through(model: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.txt"
    shared.write_text("sklearn\n")
    (model / "requirements.txt").unlink()
    (model / "requirements.txt").symlink_to(shared)
    main(["lint", "m", "--fix"])
    assert shared.read_text() == "sklearn\n"
    assert (model / "requirements.txt").is_symlink()


def test_ignored_findings_are_left_alone(model: Path) -> None:
    lines = PIP.replace("scikit-learn==1.9.1", "sklearn")
    write_both(model, lines)
    (model.parent / "mlcheck.toml").write_text('[ignore]\nMLC330 = "the image brings it"\n')
    assert mended(model, "requirements.txt") == lines
    assert main(["lint", "m", "--diff"]) == 0


def test_a_change_that_brings_up_another_error_is_not_made(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A text that no other test has: what is known about an environment holds for the whole process.
    lines = PIP.replace("scikit-learn==1.9.1", "sklearn") + "wrongly-mended==1\n"
    write_both(model, lines)
    wrong = lambda folder, line, name, **_: (Edit(line.location, line.text, "scikit-learn==1.9.1 and more"),)  # noqa: E731
    monkeypatch.setattr("mlcheck.rules.requirement_names.rename_line", wrong)
    assert mended(model, "requirements.txt") == lines


def test_diff_shows_what_fix_does_and_changes_nothing(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_both(model, "mlflow\nsklearn\nskops==0.16.0\nné==1\n")
    write(model, "python_env.yaml", "python: 3.10")
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    assert main(["lint", "m", "--diff"]) == 1
    diff = capsys.readouterr().out
    assert "\n-sklearn\n" in diff
    assert "\n+scikit-learn==1.9.1\n" in diff
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before
    patched = Path(shutil.copytree(model, model.parent / "patched"))
    patch = diff.replace("--- m/", "--- patched/").replace("+++ m/", "+++ patched/")
    subprocess.run(["git", "apply", "-p0", "--unsafe-paths", "-"], input=patch.encode(), check=True, cwd=model.parent)
    main(["lint", "m", "--fix"])
    after = {path.name: path.read_bytes() for path in model.iterdir()}
    assert {path.name: path.read_bytes() for path in patched.iterdir()} == after
    assert after != before
    capsys.readouterr()
    assert main(["lint", "m", "--diff"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["lint", "m", "gone", "--diff"]) == 2


def test_the_report_goes_to_stdout_and_the_news_to_stderr(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_both(model, PIP.replace("scikit-learn==1.9.1", "sklearn"))
    assert main(["lint", "m"]) == 1
    assert "1 can be mended by `mlcheck lint --fix`" in capsys.readouterr().out
    assert main(["lint", "m", "--fix", "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("{")
    assert printed.err == "m: mended 1 finding in conda.yaml, requirements.txt\n"


# --- edits -----------------------------------------------------------------------------------------------


def edit(line: int, column: int, old: str, new: str, path: str = "MLmodel") -> Edit:
    return Edit(Location(path, line, column), old, new)


@pytest.mark.parametrize(
    ("text", "fixes", "expected"),
    [
        ("a\nb\n", [(edit(2, 1, "b", "c"),)], "a\nc\n"),
        ("a\nb", [(edit(2, 1, "b", "c\nd"),)], "a\nc\nd"),
        ("a\r\nb\r\n", [(edit(2, 1, "b", "c\nd"),)], "a\r\nc\r\nd\r\n"),
        ("\ufeffa: 1\n", [(edit(1, 4, "1", "2"),)], "\ufeffa: 2\n"),
        ("\ufeffa: 1\n", [(edit(1, 4, "1", "2"),), (edit(1, 1, "\ufeff", ""),)], "a: 2\n"),
        ("a: 'x'\n", [(edit(1, 4, "x", "y"),)], "a: 'y'\n"),
        ("a: x\n", [(edit(1, 4, "z", "y"),)], None),
        ("a: x\n", [(edit(1, 9, "x", "y"),)], None),
        ("a: x\n", [(edit(7, 1, "a", "y"),)], None),
        ("a: x\n", [(edit(1, 4, "x", "y"), edit(1, 1, "b", "c"))], None),
        ("a: x\n", [(edit(1, 4, "x", "y"), edit(1, 1, "a", "b", "model.pkl"))], None),
        ("abc\n", [(edit(1, 1, "abc", "x"),), (edit(1, 2, "b", "y"),), (edit(1, 1, "abc", "x"),)], "x\n"),
        ("abc\n", [(edit(1, 1, "ab", "x"), edit(1, 2, "bc", "y"))], None),
        ("日本 x\n", [(edit(1, 4, "x", "y"),)], "日本 y\n"),
    ],
)
def test_edits_apply_only_where_the_text_is_what_they_expect(
    text: str, fixes: list[tuple[Edit, ...]], expected: str | None
) -> None:
    changed = apply_fixes(fixes, {"MLmodel": text.encode()})
    assert changed == ({} if expected is None else {"MLmodel": expected.encode()})


def test_files_that_are_not_utf_8_are_left_alone() -> None:
    assert not apply_fixes([(edit(1, 1, "a", "b"),)], {"MLmodel": b"a\xff"})
