"""What lint costs, as multiples of what cannot be avoided, in CPU time of one run on one machine.

Usage: python benchmarks/lint.py [--quick]

Ends with exit code 1 when something costs more than its budget. Python files are compiled beforehand, as pip does it.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import trees

from mlcheck.lint import lint_paths
from mlcheck.policy import Overrides

ROOT = Path(__file__).parent.parent
BASE = ROOT / "tests" / "lint" / "base"
RUN = [sys.executable, "-m", "mlcheck", "lint", "--no-config"]


class Row(NamedTuple):
    what: str
    floor: str
    ratio: float
    budget: float | None = None


def main(quick: bool) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["PYTHONPYCACHEPREFIX"] = os.path.join(scratch, "pyc")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPATH"] = os.fspath(ROOT)
        tree = Path(scratch) / "tree"
        folders = trees.make_tree(tree, 200 if quick else 1000)
        rows = [*start(7 if quick else 15), *throughput(folders), *others(folders[:88])]
        rows.append(unchanged(Path(scratch) / "many", 1000 if quick else 10_000))
    width = max(len(f"{row.what} / {row.floor}") for row in rows)
    for row in rows:
        budget = f"budget {row.budget:g} ×" if row.budget else ""
        late = "  OVER" if row.budget and row.ratio > row.budget else ""
        print(f"{f'{row.what} / {row.floor}':{width}}  {row.ratio:8.2f} ×  {budget}{late}")
    return int(any(row.budget is not None and row.ratio > row.budget for row in rows))


def start(count: int) -> list[Row]:
    """Return the cost of whole processes that lint one folder."""
    floor = [sys.executable, "-c", "import yaml, json"]
    commands = [floor, *([*RUN, os.fspath(BASE / name)] for name in ("pyfunc", "sklearn"))]
    best = [
        min(times) for times in zip(*([cpu_of(command) for command in commands] for _ in range(count + 1)), strict=True)
    ]
    return [
        Row(f"lint one folder ({name}), whole process", "python -c 'import yaml, json'", taken / best[0], 4.0)
        for name, taken in zip(("pyfunc", "sklearn"), best[1:], strict=True)
    ]


def throughput(folders: Sequence[Path]) -> list[Row]:
    paths = [os.fspath(folder) for folder in folders]
    gc.set_threshold(50_000)  # as the command does
    lint_paths(paths[:88], Overrides(no_config=True))
    floor = least(lambda: trees.parse_all(list(folders)))
    taken = least(lambda: lint_paths(paths, Overrides(no_config=True)))
    return [Row(f"lint {len(folders):,} folders, per folder", "parse their files", taken / floor, 3.0)]


def others(folders: Sequence[Path]) -> list[Row]:
    """Return how long other tools take for the same folders, as multiples of linting them; skips what is not there."""
    paths = [os.fspath(folder) for folder in folders]
    files = [os.fspath(folder / "MLmodel") for folder in folders]
    rows = []
    if importlib.util.find_spec("check_jsonschema"):
        schema = os.fspath(ROOT / "schemas" / "mlmodel.schema.json")
        base = ["--base-uri", (ROOT / "schemas").as_uri() + "/", "--default-filetype", "yaml"]
        theirs = cpu_of([sys.executable, "-m", "check_jsonschema", "--schemafile", schema, *base, *files])
        rows.append(Row(f"check-jsonschema, {len(paths)} MLmodel", "all of lint", theirs / cpu_of([*RUN, *paths])))
    else:
        print("check-jsonschema is not installed: not compared")
    if importlib.util.find_spec("mlflow"):
        base_model = os.fspath(BASE / "sklearn")
        load = f"from mlflow.models import Model; Model.load({base_model!r})"
        theirs = cpu_of([sys.executable, "-c", load])
        rows.append(
            Row("mlflow.models.Model.load, one folder", "lint, one folder", theirs / cpu_of([*RUN, base_model]))
        )
    else:
        print("MLflow is not installed: not compared")
    return rows


def unchanged(tree: Path, count: int) -> Row:
    """Return the cost of an unchanged tree with a cache, as multiples of looking at its files."""
    trees.make_tree(tree, count)
    time.sleep(2.1)  # what was written just now is not kept
    command = [*RUN, "--cache", "--format", "json", os.fspath(tree)]
    cold = cpu_of(command, cwd=tree.parent)
    warm = cpu_of(command, cwd=tree.parent)
    shutil.rmtree(tree)
    return Row(f"lint {count:,} unchanged folders", "the first time", warm / cold, 0.3)


def cpu_of(command: Sequence[str], cwd: Path | None = None) -> float:
    """Return the CPU seconds of a process and those that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd=cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def least(work: Callable[[], object], count: int = 3) -> float:
    taken = []
    for _ in range(count):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
