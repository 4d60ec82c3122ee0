"""`pytest --mlcheck` together with what else a pytest run is made of: caches, orders, marks, ini files, reports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.contract.test_mutants import GOOD, model

FEW = ("--mlcheck", "models", "-k", "loads or typical or declared-columns or missing-column or test_own")
INI = "[pytest]\nmlcheck_max_examples = 3\naddopts = --strict-markers --strict-config\n"


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def make_project(root: Path) -> Path:
    model(root / "models" / "churn", GOOD)
    model(root / "models" / "fraud", "return pd.DataFrame({'z': X['a']})")
    (root / "tests").mkdir()
    (root / "tests" / "test_own.py").write_text("def test_own():\n    pass\n")
    (root / "pytest.ini").write_text(INI)
    return root


def remake(project: Path, name: str, body: str) -> None:
    """Put another model in place of one."""
    shutil.rmtree(project / "models" / name)
    model(project / "models" / name, body)


def outcomes(printed: str) -> str:
    return re.sub(r" in [\d.]+s.*", "", printed.strip().splitlines()[-1].strip("= "))


def test_last_failed_runs_what_failed(project: Path) -> None:
    first = run(project, *FEW, "tests", "-p", "no:randomly")
    assert outcomes(first.stdout).startswith("1 failed, "), first.stdout
    again = run(project, "--mlcheck", "--lf", "-v", "-p", "no:randomly")
    assert "models/fraud/MLmodel::output-has-declared-columns FAILED" in again.stdout
    assert "1 failed" in outcomes(again.stdout)
    assert "passed" not in outcomes(again.stdout)
    assert "MLC802" in again.stdout


def test_any_order_gives_the_same(shared: Path) -> None:
    pytest.importorskip("pytest_randomly")
    seen = set()
    orders = set()
    for seed in ("1", "2"):
        done = run(shared, *FEW, "tests", "-v", "-p", "no:cacheprovider", f"--randomly-seed={seed}")
        lines = [line.split(" [")[0] for line in done.stdout.splitlines() if "MLmodel::" in line and " [" in line]
        assert len(lines) > 6, done.stdout
        seen.add(frozenset(lines))
        orders.add(tuple(lines))
    assert len(seen) == 1
    assert len(orders) == 2


def test_models_are_told_from_other_tests_by_their_mark(shared: Path) -> None:
    marked = run(shared, "--mlcheck", ".", "-m", "mlcheck", "--collect-only", "-q", "-p", "no:randomly").stdout
    others = run(shared, "--mlcheck", ".", "-m", "not mlcheck", "-q", "-p", "no:randomly").stdout
    assert "models/churn/MLmodel::loads" in marked
    assert "test_own" not in marked
    assert outcomes(others).startswith("1 passed")


def test_the_ini_file_says_what_the_options_do_not(project: Path) -> None:
    remake(project, "fraud", "import time\ntime.sleep(1.0 * (len(X) > 1))\n" + GOOD)
    only = ("--mlcheck", "models/fraud", "-k", "accepts-typical", "-q", "-p", "no:randomly")
    (project / "pytest.ini").write_text(INI + "mlcheck_time_limit = 0.5\n")
    assert "not answered in time" in run(project, *only).stdout
    assert "1 passed" in run(project, *only, "--mlcheck-time-limit", "20").stdout
    (project / "pytest.ini").write_text(INI + "mlcheck_time_limit = soon\n")
    assert "mlcheck_time_limit must be a number, not 'soon'" in run(project, *only).stdout


def test_the_time_for_a_model_is_limited(project: Path) -> None:
    remake(project, "fraud", "import time\ntime.sleep(0.3)\n" + GOOD)
    chosen = ("-k", "typical or upcasts or missing-column")
    done = run(project, "--mlcheck", "models", *chosen, "-rs", "--mlcheck-model-time-limit", "1.5", "-p", "no:randomly")
    assert done.returncode == 0, done.stdout
    assert "the 1.5 s for this model are over" in done.stdout
    assert "skipped" in outcomes(done.stdout)


def test_junit_has_codes_fingerprints_and_what_was_held_back(project: Path, tmp_path: Path) -> None:
    (project / "mlcheck.toml").write_text('per-model-ignore = { "models/churn" = { MLC802 = "renamed downstream" } }\n')
    remake(project, "churn", "return pd.DataFrame({'z': X['a']})")
    report = tmp_path / "report.xml"
    run(project, "--mlcheck", "models", "-k", "declared-columns", "--junitxml", str(report), "-p", "no:randomly")
    cases = {case.get("classname"): case for case in ET.parse(report).iter("testcase")}
    found = {
        name: {(item.get("name"), item.get("value")) for item in case.iter("property")} for name, case in cases.items()
    }
    churn = next(properties for name, properties in found.items() if "churn" in str(name))
    fraud = next(properties for name, properties in found.items() if "fraud" in str(name))
    assert {("mlcheck_code", "MLC802"), ("mlcheck_suppressed", "MLC802: renamed downstream")} <= churn
    assert ("mlcheck_code", "MLC802") in fraud
    assert any(name == "mlcheck_fingerprint" and value for name, value in fraud)
    failures = [item.get("message") for item in ET.parse(report).iter("failure")]
    assert len(failures) == 1
    assert str(failures[0]).startswith("MLC802 ")


def test_findings_below_the_bar_are_warnings_that_can_be_made_to_count(project: Path) -> None:
    remake(project, "fraud", "if X['a'].isna().any(): raise ValueError('no NaN')\n" + GOOD)
    only = ("--mlcheck", "models/fraud", "-k", "all-the-signature-allows", "-p", "no:randomly")
    lenient = run(project, *only)
    assert outcomes(lenient.stdout).startswith("1 passed"), lenient.stdout
    assert "MlcheckWarning" in lenient.stdout
    assert "MLC609" in lenient.stdout
    assert run(project, *only, "--mlcheck-strict").returncode == 1


def test_a_failure_is_tried_first_next_time_unless_that_is_switched_off(project: Path) -> None:
    remake(project, "fraud", "assert len(X) < 5, 'too many'\n" + GOOD)
    only = ("--mlcheck", "models/fraud", "-k", "accepts-typical", "-q", "-p", "no:randomly")
    run(project, *only, "--mlcheck-no-saved")
    (project / "pytest.ini").write_text(INI + "mlcheck_saved = false\n")
    run(project, *only)
    assert not (project / ".mlcheck").exists()
    (project / "pytest.ini").write_text(INI)
    first, second = run(project, *only), run(project, *only)
    assert len(list((project / ".mlcheck" / "failures").iterdir())) == 1
    assert "too many" in first.stdout
    assert first.stdout.partition("=====")[0] == second.stdout.partition("=====")[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="folders of models are looked for in TMPDIR")
def test_an_interrupted_run_leaves_no_folder_behind(project: Path, tmp_path: Path) -> None:
    remake(project, "fraud", "import time\ntime.sleep(600)")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--mlcheck",
        "models/fraud",
        "-k",
        "accepts-typical",
        "-p",
        "no:randomly",
    ]
    env = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(temporary.glob("mlcheck-*/model-*/model/MLmodel")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in printed
    while list(temporary.glob("mlcheck-*")):
        assert time.monotonic() < deadline + 30
        time.sleep(0.1)
