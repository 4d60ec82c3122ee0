"""Trees of model folders to measure with: real ones, each with an identity of its own."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from pathlib import Path

import yaml

LINT = Path(__file__).parent.parent / "tests" / "lint"


def real_models() -> list[Path]:
    """Return the model folders that the tests lint: written by many MLflow releases."""
    return sorted(path.parent for home in ("base", "corpus") for path in (LINT / home).rglob("MLmodel"))


def make_tree(target: Path, count: int) -> list[Path]:
    """Write `count` model folders below `target` and return them; no two have the same MLmodel."""
    made = []
    for number, model in zip(range(count), itertools.cycle(real_models())):
        folder = target / f"{number // 100:03}" / f"{number:05}-{model.name}"
        shutil.copytree(model, folder)
        _complete(folder)
        mlmodel = folder / "MLmodel"
        text = mlmodel.read_text(encoding="utf-8", errors="surrogateescape")
        mlmodel.write_text(f"{text.rstrip()}\n# copy {number}\n", encoding="utf-8", errors="surrogateescape")
        made.append(folder)
    return made


def _complete(folder: Path) -> None:
    """Put something in the place of the large files that the tests leave out, which they list."""
    listing = folder / "listing.json"
    if listing.is_file():
        for entry in json.loads(listing.read_text(encoding="utf-8"))["files"]:
            path = folder / entry["path"]
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"\0" * min(entry["size"], 1000))
        listing.unlink()


def read_documents(folders: list[Path]) -> list[tuple[str, bytes]]:
    """Return (`yaml` or `json`, content) of the files in folders that lint parses."""
    found = []
    for folder in folders:
        metadata = [folder / name for name in ("MLmodel", "conda.yaml", "python_env.yaml")]
        found += [("yaml", path.read_bytes()) for path in metadata if path.is_file()]
        found += [("json", path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return found


def parse_all(folders: list[Path]) -> None:
    """Read and parse the documents of folders as fast as PyYAML and `json` can, and do nothing else."""
    for kind, raw in read_documents(folders):
        with contextlib.suppress(yaml.YAMLError, ValueError):
            yaml.load(raw, yaml.CSafeLoader) if kind == "yaml" else json.loads(raw)
