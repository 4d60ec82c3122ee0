"""Processes and the cache change how long lint takes, never what it finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlcheck.cache import DIRECTORY, Cache, key_of
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


@pytest.mark.parametrize(
    "change",
    [
        lambda model: (model / "requirements.txt").write_text("sklearn\n"),
        lambda model: (model / "requirements.txt").unlink(),
        lambda model: (model / "new.pkl").write_bytes(b""),
        lambda model: (model / "empty").mkdir(),
        lambda model: (model / "conda.yaml").rename(model / "Conda.yaml"),
        lambda model: (model / "conda.yaml").chmod(0o600),
    ],
    ids=["content", "removed", "added", "directory", "renamed", "mode"],
)
def test_a_changed_folder_has_another_key(tree: Path, change: object) -> None:
    folder = ModelFolder(tree / "m1", "m1")
    before = key_of(folder, ())
    assert before == key_of(folder, ())
    assert callable(change)
    change(tree / "m1")
    assert key_of(folder, ()) != before


def test_a_change_that_hides_its_time_is_seen(tree: Path) -> None:
    path = tree / "m1" / "requirements.txt"
    os.utime(path, (OLD, OLD))
    folder = ModelFolder(tree / "m1", "m1")
    before = key_of(folder, ())
    text = path.read_text()
    with path.open("r+") as stream:
        stream.write(text.replace("sklearn", "skleorn"))
    os.utime(path, (OLD, OLD))
    assert key_of(folder, ()) != before


def test_what_else_counts_is_in_the_key(tree: Path) -> None:
    folder = ModelFolder(tree / "m1", "m1")
    assert key_of(folder, ("MLC3",)) != key_of(folder, ())
    assert key_of(ModelFolder(tree / "m1", "./m1"), ()) != key_of(folder, ())
    (tree / "m1" / ".venv").mkdir()
    assert key_of(folder, ()) is None


def test_a_folder_that_was_just_touched_is_not_kept(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcheck.cache._TOO_RECENT", 2.0)
    (tree / "m1" / "requirements.txt").touch()
    assert key_of(ModelFolder(tree / "m1", "m1"), ()) is None


def test_links_lead_to_what_counts(tree: Path) -> None:
    (tree / "m1" / "target.txt").write_text("a")
    (tree / "m1" / "link.txt").symlink_to("target.txt")
    folder = ModelFolder(tree / "m1", "m1")
    assert key_of(folder, ()) is not None
    (tree / "m1" / "broken").symlink_to("nowhere")
    assert key_of(folder, ()) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stamp": 1}', "STAMPED", "\udc80"])
def test_a_cache_that_cannot_be_read_is_as_good_as_none(tree: Path, text: str) -> None:
    report = lint(cache=True)
    for path in (tree / DIRECTORY).glob("*.json"):
        data = json.loads(path.read_text())
        places = {place: [key, [["MLC001", 1, "x"]]] for place, (key, _) in data["folders"].items()}
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
    key = key_of(folder, ())
    assert key is not None
    cache = Cache(tree / DIRECTORY)
    cache.put(folder, key, found)
    cache.save()
    assert Cache(tree / DIRECTORY).get(folder, key) == found


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
