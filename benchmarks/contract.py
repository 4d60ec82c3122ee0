"""How much of a contract run is mlcheck's own: ratios of CPU time, measured in one run.

python benchmarks/contract.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

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
    started = time.perf_counter()
    subprocess.run([*command, "--env-manager", "local"], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> int:
    """Print the table; the exit code is 1 when a budget is not kept."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        check(write_model(root / "warm", 3, 0.0))  # starts the process that all others are forked from
        tally = check(write_model(root / "typical", 10, 0.02))
        ours = (tally.total_seconds - tally.load_seconds - tally.predict_seconds) / tally.predict_seconds
        narrow = check(write_model(root / "narrow", 3, 0.0)).total_seconds
        wide = check(write_model(root / "wide", 300, 0.0)).total_seconds
        payload = root / "payload.json"
        payload.write_text(json.dumps({"dataframe_records": [{f"c{i}": 1.5 for i in range(3)}]}))
        once = seconds_of_mlflow(root / "narrow", payload)
        folders = [write_model(root / f"many-{i}", 3, 0.0) for i in range(FOLDERS)]
        started = time.perf_counter()
        for folder in folders:
            check(folder)
        faster = FOLDERS * once / (time.perf_counter() - started)
    print(f"time outside load and predict, predict of 20 ms      {ours:6.2f} × predict   (budget 1)")
    print(f"{FOLDERS} folders against {FOLDERS} × mlflow models predict      {faster:6.2f} × faster    (budget 5)")
    print(f"300 columns take longer than 3 columns by            {wide - narrow:6.2f} s")
    return int(ours > 1 or faster < 5)


if __name__ == "__main__":
    sys.exit(main())
