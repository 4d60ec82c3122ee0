"""Runs over models: several at a time, within a time limit, and with what failed last time tried first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlcheck.contract.runner import RunOptions, check_paths
from mlcheck.contract.saved import DIRECTORY
from mlcheck.output import View, render
from mlcheck.policy import Overrides
from mlcheck.report import Report
from tests.contract.test_mutants import GOOD, model

FAILS_AT_FIVE_ROWS = "assert len(X) < 5, 'too many rows'\n" + GOOD
QUICK = Overrides(select=("MLC501", "MLC602", "MLC701", "MLC802"))


def text_of(report: Report) -> str:
    return render("text", report, View(verbose=False))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


# --- several at a time -----------------------------------------------------------------------------------


def test_several_at_a_time_report_what_one_after_the_other_does(project: Path) -> None:
    model(project / "models" / "a", GOOD)
    model(project / "models" / "b", FAILS_AT_FIVE_ROWS)
    model(project / "models" / "c", "return pd.DataFrame({'z': X['a']})")
    options = RunOptions(max_examples=5)
    told: set[tuple[int, str, str]] = set()
    one_by_one = check_paths(["models"], QUICK, options)
    together = check_paths(
        ["models"], QUICK, RunOptions(max_examples=5, jobs=2, progress=lambda *parts: told.add(parts))
    )
    assert text_of(together) == text_of(one_by_one)
    assert [item.path for item in together.models] == ["models/a", "models/b", "models/c"]
    assert together.findings == one_by_one.findings != ()
    assert {(3, "models/a", "loads"), (3, "models/c", "")} <= told


def test_a_configuration_that_cannot_be_used_is_told_from_other_processes(project: Path) -> None:
    for name in ("a", "b"):
        model(project / name, GOOD)
    (project / "mlcheck.toml").write_text("[domain.nobody]\nmin = 1\n")
    done = run_cli(project, "test", "a", "b", "-j", "2")
    assert done.returncode == 2
    assert "the signature has no such input or param" in done.stderr
    assert "Traceback" not in done.stderr


def run_cli(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlcheck", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=300)


HANGS = """
import time
class Model:
    def predict(self, X):
        time.sleep(600)
def _load_pyfunc(path):
    return Model()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, number: signal.Signals, jobs: int) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are looked for in /proc")
    for name in ("a", "b"):
        model(tmp_path / "models" / name, HANGS)
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcheck", "test", "models", "-j", str(jobs), "--no-saved"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "MLCHECK_TEST_MARK": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: len(list((tmp_path / "tmp").glob("mlcheck-*/model-*/model/MLmodel"))) >= jobs)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert said.strip() == "mlcheck: interrupted"
    assert process.returncode == 128 + number
    wait_until(lambda: not list((tmp_path / "tmp").iterdir()))
    wait_until(lambda: not marked(str(tmp_path)))


INTERRUPTED_IN_A_TEXT = """
import sys, types
from mlcheck import cli

sys.modules["mlcheck.cli.test"] = types.ModuleType("test")
sys.modules["mlcheck.cli.test"].main = lambda arguments: exec(
    "import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
)
sys.argv = ["mlcheck", "test"]
cli.run()
"""


def test_an_interrupt_ends_with_its_own_code_wherever_it_comes(tmp_path: Path) -> None:
    # `python -m` remembers a KeyboardInterrupt that left an `exec` of a text, and kills itself at its end.
    (tmp_path / "interrupted.py").write_text(INTERRUPTED_IN_A_TEXT)
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr.strip(), done.returncode) == ("mlcheck: interrupted", 128 + signal.SIGTERM)


def wait_until(holds: object, seconds: float = 90.0) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def marked(mark: str) -> list[int]:
    """Return the processes that were started below the run, which hand on the mark or the folder it works in."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminal_shows_what_is_at_work_and_nothing_else_does(tmp_path: Path, jobs: str) -> None:
    pty = pytest.importorskip("pty")
    for name in ("a", "b"):
        model(tmp_path / "models" / name, GOOD)
    command = ["test", "models", "-j", jobs, "--select", "MLC501,MLC701", "--no-saved"]
    ours, theirs = pty.openpty()
    run = [sys.executable, "-m", "mlcheck", *command]
    done = subprocess.run(run, cwd=tmp_path, stderr=theirs, stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert f"[{'-' * 16}] 0 of 2 · models/" in shown
    assert ": refuses-missing-column" in shown
    assert f"[{'#' * 8}{'-' * 8}] 1 of 2" in shown
    assert shown.endswith("\r\x1b[2K")
    assert "\x1b" not in done.stdout
    quiet = run_cli(tmp_path, *command)
    assert quiet.stderr == ""
    assert quiet.stdout == done.stdout


# --- a time limit for the model --------------------------------------------------------------------------


def test_a_model_that_takes_too_long_leaves_time_for_the_next(project: Path) -> None:
    model(project / "models" / "a", "import time\ntime.sleep(0.2)\n" + GOOD)
    model(project / "models" / "b", GOOD)
    options = RunOptions(max_examples=5, model_time_limit=1.5)
    report = check_paths(["models"], Overrides(select=("MLC5", "MLC6", "MLC701")), options)
    slow, quick = (dict(item.facts) for item in report.models)
    assert report.findings == ()
    assert int(slow["checks not tried"]) >= 2
    assert "the 1.5 s for this model are over" in slow["note"]
    assert "not tried: the 1.5 s for this model are over" in slow["skipped"]
    assert "checks not tried" not in quick or int(quick["checks not tried"]) < int(slow["checks not tried"])
    assert "the 1.5 s for this model are over" in text_of(report)


def test_a_call_that_the_time_for_the_model_ends_is_no_finding(project: Path) -> None:
    model(project / "models" / "a", HANGS)
    began = time.monotonic()
    report = check_paths(["models"], QUICK, RunOptions(time_limit=100.0, model_time_limit=3.0))
    assert report.findings == ()
    assert dict(report.models[0].facts)["checks not tried"] == "3"
    assert time.monotonic() - began < 60


def test_what_was_found_before_the_time_was_over_is_reported(project: Path) -> None:
    model(project / "models" / "a", "import time\ntime.sleep(0.02)\nassert len(X) > 1, 'one row is too few'\n" + GOOD)
    report = check_paths(["models"], Overrides(select=("MLC501", "MLC602")), RunOptions(model_time_limit=2.5))
    assert [finding.code for finding in report.findings] == ["MLC602"]


# --- what failed last time -------------------------------------------------------------------------------


def saved_files(project: Path) -> list[Path]:
    return sorted((project / DIRECTORY / "failures").glob("*.json"))


def cases_of(report: Report) -> int:
    return int(dict(report.models[0].facts)["cases"])


def test_a_failure_is_tried_first_until_it_is_gone(project: Path) -> None:
    folder = model(project / "models" / "a", FAILS_AT_FIVE_ROWS)
    options = RunOptions(max_examples=30, saved=True)
    only = Overrides(select=("MLC602",))
    first = check_paths(["models"], only, options)
    (file,) = saved_files(project)
    assert file.name.startswith("models-a-")
    assert (project / DIRECTORY / ".gitignore").read_text() == "*\n"
    second = check_paths(["models"], only, options)
    assert second.findings == first.findings != ()
    assert cases_of(second) < cases_of(first)
    assert dict(second.models[0].facts)["failures replayed"] == "1"
    assert text_of(check_paths(["models"], only, options)) == text_of(second)
    code = folder / "code" / "handmade_loader.py"
    code.write_text(code.read_text().replace("assert", "True or"))
    assert check_paths(["models"], only, options).findings == ()
    assert saved_files(project) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1, "failures": 3}', "null", '{"version": 9}'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(project: Path, text: str) -> None:
    model(project / "models" / "a", FAILS_AT_FIVE_ROWS)
    options = RunOptions(max_examples=5, saved=True)
    first = check_paths(["models"], Overrides(select=("MLC602",)), options)
    saved_files(project)[0].write_text(text)
    assert check_paths(["models"], Overrides(select=("MLC602",)), options).findings == first.findings


@pytest.mark.parametrize(
    "case",
    [
        None,
        5,
        [],
        [1],
        [{"t": "frame"}, None],
        [{"t": "nonsense"}, None],
        [{"t": "array", "d": "O", "s": [3], "v": []}, 4],
    ],
)
def test_a_saved_case_that_makes_no_sense_is_forgotten(project: Path, case: object) -> None:
    model(project / "models" / "a", GOOD)
    options = RunOptions(max_examples=5, saved=True)
    broken = model(project / "models" / "b", FAILS_AT_FIVE_ROWS)
    check_paths([broken], Overrides(select=("MLC602",)), options)
    (file,) = saved_files(project)
    file.write_text(json.dumps({"version": 1, "failures": {"MLC602": case}}))
    report = check_paths([broken], Overrides(select=("MLC602",)), options)
    assert [finding.code for finding in report.findings] == ["MLC602"]


def test_what_the_configuration_rules_out_since_is_forgotten(project: Path) -> None:
    model(project / "models" / "a", "assert (X['a'] != 0).all(), 'no zero'\n" + GOOD)
    options = RunOptions(max_examples=50, saved=True)
    only = Overrides(select=("MLC602",))
    assert check_paths(["models"], only, options).findings
    config = project / "mlcheck.toml"
    config.write_text("[domain.a]\nmin = 1.0\nmax = 2.0\n")
    assert check_paths(["models"], Overrides(config=config, select=("MLC602",)), options).findings == ()
    assert saved_files(project) == []


def test_nothing_is_kept_where_it_has_no_place(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model(project / "models" / "a", FAILS_AT_FIVE_ROWS)
    only = Overrides(select=("MLC602",))
    monkeypatch.chdir(folder)
    check_paths([folder], only, RunOptions(max_examples=5, saved=True))
    monkeypatch.chdir(project)
    check_paths([folder], only, RunOptions(max_examples=5, saved=False))
    assert list(project.rglob(DIRECTORY)) == []


def test_a_project_that_cannot_be_written_to_is_no_trouble(project: Path) -> None:
    model(project / "models" / "a", FAILS_AT_FIVE_ROWS)
    (project / DIRECTORY).write_text("a file")
    report = check_paths(["models"], Overrides(select=("MLC602",)), RunOptions(max_examples=5, saved=True))
    assert [finding.code for finding in report.findings] == ["MLC602"]
