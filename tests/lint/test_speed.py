"""Processes and the cache change how long lint takes, never what it finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcheck.cache import DIRECTORY, Cache, Linted
from mlcheck.finding import Finding
from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder, lint_paths, select_rules
from mlcheck.policy import Overrides
from mlcheck.report import Report

HERE = Path(__file__).parent
OLD = 1_600_000_000


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five broken models, as the current directory."""
    target = tmp_path / "models"
    for number in range(5):
        shutil.copytree(HERE / "base" / "pyfunc", target / f"m{number}")
        with (target / f"m{number}" / "requirements.txt").open("a") as stream:
            stream.write(f"\nsklearn\nnumpy=={number}.0\n")
    monkeypatch.chdir(target)
    monkeypatch.setattr("mlcheck.cache._TOO_RECENT", 0.0)
    return target


def lint(**options: object) -> Report:
    return lint_paths(["."], Overrides(no_config=True), **options)  # type: ignore[arg-type]


def test_processes_find_the_same_in_the_same_order(tree: Path) -> None:
    report = lint()
    assert len({finding.model for finding in report.findings}) == 5
    assert lint(jobs=2) == report


def test_a_cache_gives_what_was_found(tree: Path) -> None:
    report = lint()
    assert lint(cache=True) == report
    assert (tree / DIRECTORY / ".gitignore").read_text() == "*\n"
    assert (tree / DIRECTORY / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert lint(cache=True, jobs=2) == report


def test_a_cache_is_used(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = lint(cache=True)

    def fail(*_: object) -> list[Finding]:
        raise AssertionError("was linted again")

    monkeypatch.setattr("mlcheck.lint.lint_folder", fail)
    assert lint(cache=True) == report


def replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved").name)


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda model: (model / "requirements.txt").write_text("sklearn\n"),
    "content below": lambda model: (model / "sub" / "deep" / "x.bin").write_bytes(b"b"),
    "removed": lambda model: (model / "requirements.txt").unlink(),
    "added": lambda model: (model / "new.pkl").write_bytes(b""),
    "added below": lambda model: (model / "sub" / "deep" / "y.bin").write_bytes(b""),
    "directory": lambda model: (model / "empty").mkdir(),
    "renamed": lambda model: (model / "conda.yaml").rename(model / "Conda.yaml"),
    "moved": lambda model: (model / "sub" / "deep" / "x.bin").rename(model / "sub" / "x.bin"),
    "replaced by a link": lambda model: replace_by_link(model / "conda.yaml"),
    "target of a link": lambda model: (model / "target.txt").write_text("b"),
}


@pytest.fixture
def model(tree: Path) -> Path:
    """One of the models, with a file two levels down and a link."""
    (tree / "m1" / "sub" / "deep").mkdir(parents=True)
    (tree / "m1" / "sub" / "deep" / "x.bin").write_bytes(b"a")
    (tree / "m1" / "target.txt").write_text("a")
    (tree / "m1" / "link.txt").symlink_to("target.txt")
    return tree / "m1"


def keep(model: Path, *, name: str = "m1", select: tuple[str, ...] = ()) -> None:
    cache = Cache(model.parent / DIRECTORY)
    folder = ModelFolder(model, name)
    assert cache.get(folder, select) is None
    cache.put(folder, select, (list(lint_folder(folder, select_rules(select))), {"MLC451": []}))
    cache.save()


def known(model: Path, *, name: str = "m1", select: tuple[str, ...] = ()) -> Linted | None:
    cache = Cache(model.parent / DIRECTORY)
    found = cache.get(ModelFolder(model, name), select)
    cache.save()
    return found


@pytest.mark.parametrize("recent", [True, False], ids=["just written", "long ago"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_folder_is_not_known(model: Path, change: str, recent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcheck.cache._TOO_RECENT", 1000.0 if recent else -1.0)
    keep(model)
    assert known(model) is not None
    CHANGES[change](model)
    assert known(model) is None


def test_a_change_that_hides_its_time_is_seen(model: Path) -> None:
    path = model / "requirements.txt"
    os.utime(path, (OLD, OLD))
    keep(model)
    text = path.read_text()
    with path.open("r+") as stream:
        stream.write(text.replace("sklearn", "skleorn"))
    os.utime(path, (OLD, OLD))
    assert known(model) is None


def test_a_copy_of_the_same_content_is_known(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(model)
    shutil.copytree(model, model.parent / "copy", symlinks=True)
    shutil.rmtree(model)
    (model.parent / "copy").rename(model)
    assert known(model) is not None
    monkeypatch.setattr("mlcheck.cache._content_key", lambda *_: pytest.fail("was read again"))
    assert known(model) is not None


def test_large_folders_are_not_hashed(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcheck.cache._LARGEST", 100)
    monkeypatch.setattr("mlcheck.cache._TOO_RECENT", -1.0)
    monkeypatch.setattr("mlcheck.cache._read_whole", lambda *_: pytest.fail("a large file was read"))
    keep(model)
    assert known(model) is not None
    os.utime(model / "requirements.txt")
    assert known(model) is None


def test_what_else_counts_is_in_the_key(model: Path) -> None:
    keep(model)
    assert known(model, select=("MLC3",)) is None
    assert known(model, name="./m1") is None
    assert known(model) is not None
    (model / ".venv").mkdir()
    assert known(model) is None


def test_another_mlcheck_begins_anew(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(model)
    monkeypatch.setattr("mlcheck.cache._stamp", lambda: "another")
    assert known(model) is None


def test_a_folder_that_changes_while_it_is_linted_is_not_kept(model: Path) -> None:
    cache, folder = Cache(model.parent / DIRECTORY), ModelFolder(model, "m1")
    assert cache.get(folder, ()) is None
    (model / "requirements.txt").write_text("pandas\n")
    cache.put(folder, (), ([], {}))
    cache.save()
    assert known(model) is None


def test_what_lies_beside_a_folder_counts_where_lint_looks_there(tree: Path) -> None:
    (tree / "m1" / "conda.yaml").unlink()
    (tree / "m1" / "python_env.yaml").unlink()
    before = lint(cache=True)
    for name in ("conda.yaml", "python_env.yaml", "model_src.py", "input_example.json", "serving_input_example.json"):
        (tree / "m1" / name).unlink(missing_ok=True)
        shutil.copy(tree / "m2" / name, tree)
    after = lint(cache=True)
    assert after == lint() != before
    for name in ("conda.yaml", "python_env.yaml"):
        (tree / name).unlink()
    assert lint(cache=True) == lint() != after


def test_broken_links_are_not_kept(model: Path) -> None:
    (model / "broken").symlink_to("nowhere")
    cache, folder = Cache(model.parent / DIRECTORY), ModelFolder(model, "m1")
    assert cache.get(folder, ()) is None
    cache.put(folder, (), ([], {}))
    cache.save()
    assert known(model) is None


def test_modules_are_compared_with_those_of_folders_that_are_known(tree: Path) -> None:
    for model in (tree / "m0", tree / "m1", tree / "m2"):
        text = (model / "MLmodel").read_text()
        assert "code: null" in text
        (model / "MLmodel").write_text(text.replace("code: null", "code: code"))
        (model / "code").mkdir()
        (model / "code" / "helper.py").write_text("x = 1\n")
    assert not [finding for finding in lint(cache=True).findings if finding.code == "MLC451"]
    (tree / "m1" / "code" / "helper.py").write_text("x = 2\n")
    report = lint(cache=True)
    assert {finding.model for finding in report.findings if finding.code == "MLC451"} == {"m0", "m1", "m2"}
    assert lint(cache=True) == report == lint() == lint(jobs=2)


def test_runs_at_the_same_time_leave_a_cache_that_can_be_read(tree: Path) -> None:
    command = [sys.executable, "-m", "mlcheck", "lint", "--no-config", "--cache", "--format", "json", "."]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {run.communicate()[0] for run in runs}
    assert len(answers) == 1
    for path in (tree / DIRECTORY).glob("*.json"):
        json.loads(path.read_text())
    assert [path.name for path in (tree / DIRECTORY).iterdir() if path.name.endswith((".tmp", "~"))] == []
    assert lint(cache=True) == lint()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stamp": 1}', "STAMPED", "\udc80"])
def test_a_cache_that_cannot_be_read_is_as_good_as_none(tree: Path, text: str) -> None:
    report = lint(cache=True)
    for path in (tree / DIRECTORY).glob("*.json"):
        data = json.loads(path.read_text())
        places = {place: [*keys, [["MLC001", 1, "x"]], {}] for place, (*keys, _, _) in data["folders"].items()}
        stamped = json.dumps({**data, "folders": places})
        path.write_bytes((stamped if text == "STAMPED" else text).encode("utf-8", "surrogateescape"))
    assert lint(cache=True) == report


def test_no_cache_where_none_can_be_written(tree: Path) -> None:
    (tree / DIRECTORY).write_text("a file")
    assert lint(cache=True) == lint()


def test_findings_come_back_whole(tree: Path) -> None:
    folder = ModelFolder(tree / "m1", "m1")
    found = list(lint_folder(folder, select_rules(())))
    assert found
    keep(tree / "m1")
    assert known(tree / "m1") == (found, {"MLC451": []})


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of POSIX")
def test_an_interrupt_ends_all_processes(tmp_path: Path) -> None:
    for number in range(300):
        shutil.copytree(HERE / "base" / "pyfunc", tmp_path / f"m{number}")
    run = subprocess.Popen(
        [sys.executable, "-m", "mlcheck", "lint", "--no-cache", "--jobs", "2", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    time.sleep(1.0)
    os.killpg(run.pid, signal.SIGINT)
    output, errors = run.communicate(timeout=30)
    if run.returncode == 130:  # else it was quicker than we were
        assert (output, errors) == ("", "mlcheck: interrupted\n")
    else:
        assert "Traceback" not in errors, errors
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)
