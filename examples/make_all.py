"""Make the example models again, or only those that are named: `python examples/make_all.py [NAME …]`.

Each `make.py` runs in an empty folder of its own, where only the files that lie beside it are copied to. A script that
declares an environment of its own (`# /// script`) is run by uv, which provides it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
STAMPS = re.compile(rb"^(utc_time_created|model_uuid): .*$", re.MULTILINE)
QUIET = {"PYTHONDONTWRITEBYTECODE": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}


def main() -> None:
    """Make the named examples, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as artifacts or broken/label_signature")
    names = parser.parse_args().names or list(iter_names())
    for name in names:
        print(f"{name}: {make(HERE / name)}", flush=True)


def iter_names() -> Iterator[str]:
    """Yield the name of each example, its folder relative to this one."""
    for script in sorted(HERE.rglob("make.py")):
        yield script.parent.relative_to(HERE).as_posix()


def make(example: Path) -> str:
    """Make one example's `model/` and return what became of it."""
    with tempfile.TemporaryDirectory() as scratch:
        workshop = Path(scratch).resolve() / "workshop"
        shutil.copytree(example, workshop, ignore=shutil.ignore_patterns("model", "__pycache__"))
        run_script(workshop / "make.py")
        forget_workshop(workshop)
        return replace(example / "model", workshop / "model")


def run_script(script: Path) -> None:
    """Run a `make.py` in its own folder."""
    own_environment = "# /// script" in script.read_text(encoding="utf-8")
    command = ["uv", "run", "--quiet", "--script"] if own_environment else [sys.executable]
    subprocess.run([*command, script.name], cwd=script.parent, env=os.environ | QUIET, check=True)


def forget_workshop(workshop: Path) -> None:
    """Make relative again what MLflow writes as an absolute path: `model_code_path`."""
    document = workshop / "model" / "MLmodel"
    document.write_bytes(document.read_bytes().replace(f"{workshop.as_posix()}/".encode(), b""))


def replace(old: Path, new: Path) -> str:
    """Put `new` in the place of `old`, unless the two differ only in when they were made."""
    if contents(old) == contents(new):
        return "unchanged"
    shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(new, old)
    return "made"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a model folder by its path, MLmodel without its time and its id."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: STAMPS.sub(b"", data) if name == "MLmodel" else data for name, data in files.items()}


if __name__ == "__main__":
    main()
