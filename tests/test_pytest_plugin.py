"""`pytest --mlcheck` as users run it: real pytest processes over real model folders."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.contract.test_mutants import GOOD, model

LIMIT = ("--mlcheck-max-examples", "3")


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    model(root / "models" / "churn", GOOD)
    model(root / "models" / "fraud", "return pd.DataFrame({'z': X['a']})")
    (root / "models" / "churn" / "code" / "test_inside.py").write_text("def test_inside():\n    assert False\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_own.py").write_text("def test_own():\n    pass\n")
    return root


def test_items_have_the_ids_that_users_type(project: Path) -> None:
    listed = run(project, "--mlcheck", "models", "--collect-only", "-q").stdout
    assert "models/churn/MLmodel::refuses-missing-column" in listed
    assert "models/fraud/MLmodel::loads" in listed
    assert "test_inside" not in listed


def test_without_the_option_models_are_not_collected(project: Path) -> None:
    done = run(project, "tests", "-q")
    assert "1 passed" in done.stdout


def test_without_the_contract_extra_it_says_what_to_install(project: Path) -> None:
    # As where mlflow is not installed
    script = "import sys; sys.modules['mlflow'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "--mlcheck", "models"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "contract tests need mlflow: pip install 'pytest-mlcheck[contract]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_id_runs_one_check_and_explains_the_failure(project: Path) -> None:
    node = "models/fraud/MLmodel::output-has-declared-columns"
    done = run(project, "--mlcheck", node, "tests", *LIMIT)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert f"FAILED {node} - MLC802" in done.stdout
    for part in ("case:", "expected:", "happened:", "reproduce:", "mlflow.pyfunc.load_model('models/fraud')"):
        assert part in done.stdout
    assert "run this check again: pytest --mlcheck models/fraud -k output-has-declared-columns" in done.stdout
    assert "Traceback" not in done.stdout


def test_two_workers_share_models_and_junit_tells_the_codes(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    report = tmp_path / "report.xml"
    chosen = "loads or declared-columns or missing-column"
    done = run(project, "--mlcheck", "models", "-n", "2", "-k", chosen, "--junitxml", str(report), "-v", *LIMIT)
    assert "1 failed, 7 passed" in done.stdout, done.stdout
    workers: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("[gw") and "MLmodel::" in line:
            workers.setdefault(line.split("MLmodel::")[0].split()[-1], set()).add(line[:5])
    assert workers
    assert all(len(used) == 1 for used in workers.values())
    names = [prop.get("value") for prop in ET.parse(report).iter("property") if prop.get("name") == "mlcheck_code"]
    assert "MLC802" in names


def test_the_first_failure_stops_with_x(project: Path) -> None:
    done = run(project, "--mlcheck", "models/fraud", "-x", "-k", "declared-columns or finite or repeat", *LIMIT)
    assert "stopping after 1 failures" in done.stdout


def test_a_configuration_that_cannot_be_used_is_a_clear_error(project: Path) -> None:
    config = project / "models" / "mlcheck.toml"
    config.write_text('ignore = { MLC8022 = "typing error" }\n')
    try:
        done = run(project, "--mlcheck", "models/fraud", "-q")
    finally:
        config.unlink()
    assert done.returncode != 0
    assert "did you mean 'MLC802'" in done.stdout
    assert "Traceback" not in done.stdout
