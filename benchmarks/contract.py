"""How much of a contract run is mlcheck's own: ratios of time, measured in one run with nothing else at work.

python benchmarks/contract.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

from mlcheck.config import ModelSettings
from mlcheck.contract.checking import run_check
from mlcheck.contract.checks import load_checks
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.tally import Tally
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.folder import ModelFolder

FOLDERS = 20
SOURCE = """
import time
import pandas as pd

class Model:
    def predict(self, X, params=None):
        end = time.perf_counter() + {seconds}
        while time.perf_counter() < end:
            pass
        return pd.DataFrame({{"y": X["c0"] + 1.0}})

def _load_pyfunc(path):
    return Model()
"""


def write_model(folder: Path, columns: int, seconds: float) -> Path:
    """Write a model of so many double columns whose predict takes `seconds`."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "benchmark_loader.py").write_text(SOURCE.format(seconds=seconds))
    inputs = json.dumps([{"type": "double", "name": f"c{i}", "required": True} for i in range(columns)])
    outputs = json.dumps([{"type": "double", "name": "y", "required": True}])
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: benchmark_loader\n    code: code\n"
        f"signature:\n  inputs: '{inputs}'\n  outputs: '{outputs}'\n"
    )
    return folder


def check(folder: Path) -> Tally:
    """Run all checks on a model."""
    with ModelUnderTest(ModelFolder(folder, folder.name), ModelSettings()) as model:
        for one in load_checks().values():
            with suppress(CheckSkipped):
                list(run_check(one, model))
    return model.tally


def seconds_of_mlflow(folder: Path, payload: Path) -> float:
    """Return what one `mlflow models predict` takes."""
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", str(folder), "-i", str(payload)]
    return median(seconds_of([*command, "--env-manager", "local"]) for _ in range(3))


def seconds_of_mlcheck(folders: list[Path], jobs: int) -> float:
    """Return what one `mlcheck test` of all folders takes."""
    command = [sys.executable, "-m", "mlcheck", "test", *map(str, folders), "--no-saved", "-j", str(jobs)]
    return seconds_of(command)


def seconds_of(command: list[str]) -> float:
    """Return what a command takes that ends with 0."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def write_sklearn(folder: Path) -> Path:
    """Write a scikit-learn model of three double columns, as mlflow logs it."""
    rows = pd.DataFrame({f"c{i}": [0.0, 1.0, 2.0] for i in range(3)})
    model = LinearRegression().fit(rows, [0.0, 1.0, 2.0])
    signature = infer_signature(rows, model.predict(rows))
    mlflow.sklearn.save_model(model, folder, signature=signature, serialization_format="cloudpickle")
    return folder


def compare_with_mlflow(what: str, first: Path, root: Path) -> float:
    """Print how much faster so many copies of a folder are tested than predicted; return it for one job."""
    payload = root / "payload.json"
    payload.write_text(json.dumps({"dataframe_records": [{f"c{i}": 1.5 for i in range(3)}]}))
    folders = [Path(shutil.copytree(first, root / what / str(i))) for i in range(FOLDERS)]
    base = FOLDERS * seconds_of_mlflow(first, payload)
    found = {jobs: base / seconds_of_mlcheck(folders, jobs) for jobs in (1, os.cpu_count() or 1)}
    for jobs, faster in found.items():
        row = f"{FOLDERS} {what} folders, --jobs {jobs}, than mlflow models predict"
        print(f"{row:<60}{faster:6.2f} × faster    (budget 5)")
    return found[1]


def main() -> int:
    """Print the table; the exit code is 1 when a budget is not kept."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        check(write_model(root / "warm", 3, 0.0))  # starts the process that all others are forked from
        tally = check(write_model(root / "typical", 10, 0.02))
        ours = (tally.total_seconds - tally.load_seconds - tally.predict_seconds) / tally.predict_seconds
        print(f"{'time outside load and predict, predict of 20 ms':<60}{ours:6.2f} × predict   (budget 1)")
        narrow = check(write_model(root / "narrow", 3, 0.0)).total_seconds
        for columns in (30, 300):
            wide = check(write_model(root / str(columns), columns, 0.0)).total_seconds
            print(f"{f'{columns} columns take longer than 3 columns by':<60}{wide - narrow:6.2f} s")
        faster = min(
            compare_with_mlflow("pyfunc", root / "narrow", root),
            compare_with_mlflow("sklearn", write_sklearn(root / "sklearn-model"), root),
        )
    return int(ours > 1 or faster < 5)


if __name__ == "__main__":
    sys.exit(main())
