"""Whatever a model folder holds: lint says something sensible about it, quickly, and never breaks.

`MLCHECK_FUZZ=20000 pytest tests/fuzz` tries that many folders instead of a few hundred.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from mlcheck.lint import lint_paths
from mlcheck.output import FORMATS, View, render
from mlcheck.policy import Overrides
from tests.fuzz.mutations import broken_folders

EXAMPLES = int(os.environ.get("MLCHECK_FUZZ", "200"))
SECONDS = 1.0


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="MLCHECK_FUZZ" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(files=broken_folders())
def test_lint_survives(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    folder = tmp_path_factory.getbasetemp() / "broken"
    shutil.rmtree(folder, ignore_errors=True)
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    check(folder)


def check(folder: Path) -> None:
    started = time.process_time()
    report = lint_paths([folder], Overrides(no_config=True))
    taken = time.process_time() - started
    assert not report.errors
    internal = [finding for finding in report.findings if finding.code == "MLC001"]
    assert not internal, internal[0].message
    assert taken < SECONDS, f"{taken:.1f} s"
    for finding in report.findings:
        assert finding.message
        assert finding.fingerprint
    for name in FORMATS:
        assert render(name, report, View(verbose=True, terminal=True)).encode("utf-8", "backslashreplace")
