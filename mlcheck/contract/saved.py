"""Typical input on which a check failed, kept in `.mlcheck` until it fails no more: the next run tries it first.

One file for each model, named after its path in the project, holds the cases by check as the JSON of
`contract.data`, which can at worst be wrong, never run anything. A file that cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from mlcheck.contract.cases import Case, Intent
from mlcheck.contract.data import Frame, from_wire, to_wire
from mlcheck.contract.domain import Domain, is_typical
from mlcheck.keeping import make_directory, replace_file

DIRECTORY: Final = ".mlcheck"
_VERSION: Final = 1
_LONGEST: Final = 1_000_000  # characters; a failing batch of images is found anew rather than kept


class SavedFailures:
    """The saved cases of one model. Without a path there are none, and none is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._by_check: dict[str, object] = _read(path) if path is not None else {}

    def get(self, check: str, domain: Domain) -> Case | None:
        """Return the case on which the check failed, None where there is none or where it is typical no more."""
        try:
            data, params = (from_wire(part) for part in self._by_check[check])  # type: ignore[attr-defined]
            intent = Intent("typical", "there is typical input")
            case = Case(data, params if isinstance(params, dict) else None, "typical", intent)
            return case if is_typical_case(case, domain) else None
        except Exception:  # noqa: BLE001 - whatever the file holds, it must not stop a run
            return None

    def keep(self, check: str, case: Case) -> None:
        """Keep the case on which the check failed."""
        wire = [to_wire(case.data), to_wire(case.params)]
        if len(json.dumps(wire)) <= _LONGEST and self._by_check.get(check) != wire:
            self._by_check[check] = wire
            self._write()

    def forget(self, check: str) -> None:
        """Forget what was saved for the check."""
        if self._by_check.pop(check, None) is not None:
            self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        try:
            if not self._by_check:
                self.path.unlink(missing_ok=True)
                return
            make_directory(self.path.parents[1])
            self.path.parent.mkdir(exist_ok=True)
            replace_file(self.path, json.dumps({"version": _VERSION, "failures": self._by_check}))
        except OSError:  # a read-only project, a full disk: the next run finds it anew
            return


def find_saved(model: Path, root: Path) -> SavedFailures:
    """Return the saved failures of a model folder in the project at `root`.

    None are kept of a model outside of the project, nor where the project is inside of the model folder.
    """
    real, base = os.path.realpath(model), os.path.realpath(root)
    if not real.startswith(base.rstrip(os.sep) + os.sep):
        return SavedFailures()
    name = os.path.relpath(real, base).replace(os.sep, "/")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-60:]
    return SavedFailures(Path(base, DIRECTORY, "failures", f"{readable}-{digest}.json"))


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] == _VERSION:
            return dict(document["failures"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return {}


def is_typical_case(case: Case, domain: Domain) -> bool:
    """Return whether all values of a case are typical ones, as the domain is known now."""
    params = case.params or {}
    if not all(name in domain.params and domain.params[name].contains(value) for name, value in params.items()):
        return False
    known = {item.name: item for item in domain.inputs}
    return all(
        name in known and all(is_typical(known[name], value) for value in values)
        for name, values in _values_by_input(case.data, domain).items()
    )


def _values_by_input(data: Any, domain: Domain) -> Mapping[Any, list[Any]]:
    if isinstance(data, Frame):
        return {column.name: column.values for column in data.columns}
    if isinstance(data, np.ndarray):
        return {domain.inputs[0].name: np.unique(data).tolist()}
    if isinstance(data, dict):
        return {name: np.unique(array).tolist() for name, array in data.items()}
    return {domain.inputs[0].name: data}
