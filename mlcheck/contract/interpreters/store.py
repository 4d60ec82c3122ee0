"""Environments that were built before: found by the content of what they were built from, built once, used whole."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from mlcheck.contract.child.cleanup import remove_tree
from mlcheck.contract.interpreters.build import build_environment, python_of
from mlcheck.contract.interpreters.declaration import Declaration
from mlcheck.contract.interpreters.types import DeclarationError, Interpreter, NoInterpreterError
from mlcheck.contract.interpreters.uv import Uv, find_uv, uv_version

VARIABLE: Final = "MLCHECK_CACHE_DIR"
"""The environment variable that names another cache folder."""

_FORMAT: Final = 1
_MARKER: Final = "mlcheck.json"
"""Written last: an environment without it is half-built, and is built again."""

_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of mlcheck; see https://bford.info/cachedir/\n"
_failures: dict[Path, NoInterpreterError | DeclarationError] = {}
"""What could not be had in this process is not tried again for the next model that declares the same."""


def cache_folder() -> Path:
    """Return where environments are kept: what the variable says, else the user's own cache folder."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser().absolute() / "environments"
    if sys.platform == "darwin":
        own = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        own = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return own.absolute() / "mlcheck" / "environments"


def provide(declaration: Declaration, model: Path, limit: float) -> Interpreter:
    """Return the interpreter of the declared environment, built within `limit` seconds if it is not there yet.

    Raises DeclarationError, or NoInterpreterError where this machine is to blame.
    """
    uv = find_uv()
    place = cache_folder() / _key(declaration, uv)
    known = _read(place)
    if known is not None:
        return known
    failed = _failures.get(place)
    if failed is not None:
        raise failed
    try:
        return _build_once(declaration, model, place, uv, limit)
    except (NoInterpreterError, DeclarationError) as error:
        _failures[place] = error
        raise
    except TimeoutError:
        raise NoInterpreterError(
            f"the declared environment was not built within {limit:g} s: "
            "raise build-time-limit under [tool.mlcheck.contract] if it needs longer"
        ) from None
    except OSError as error:
        raise NoInterpreterError(
            f"the declared environment cannot be built in {place.parent}: {error}; {VARIABLE} names another folder"
        ) from error


def _build_once(declaration: Declaration, model: Path, place: Path, uv: str, limit: float) -> Interpreter:
    began = time.monotonic()
    place.parent.mkdir(parents=True, exist_ok=True)
    (place.parent / "CACHEDIR.TAG").write_text(_TAG)
    with _locked(place, began + limit) as lock:
        known = _read(place)
        if known is not None:  # by another run, while this one waited
            return known
        remove_tree(str(place))
        _sweep(place.parent)
        try:
            notes = build_environment(declaration, model, place, Uv(uv, began + limit, lock))
            seconds = time.monotonic() - began
            _write(place, {"notes": notes, "seconds": round(seconds, 2), "lines": declaration.packages})
        except BaseException:
            remove_tree(str(place))
            raise
    return Interpreter(str(python_of(place)), declared=True, build_seconds=seconds, notes=notes)


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left half-built."""
    for place in folder.iterdir():
        if place.is_dir() and not (place / _MARKER).exists():
            with suppress(TimeoutError), _locked(place, 0.0):
                remove_tree(str(place))


def _key(declaration: Declaration, uv: str) -> str:
    wanted = (declaration.python or platform.python_version(), declaration.mlflow, declaration.content)
    machine = (sys.platform, platform.machine(), platform.libc_ver())
    sources = sorted((name, value) for name, value in os.environ.items() if name.startswith(_SOURCES))
    text = repr((_FORMAT, wanted, declaration.notes, machine, uv_version(uv), sources))
    return f"{wanted[0]}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"


_SOURCES: Final = (
    *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_FIND_LINKS", "UV_EXCLUDE_NEWER", "UV_CONSTRAINT"),
    *("UV_OVERRIDE", "UV_PRERELEASE", "UV_RESOLUTION", "UV_TORCH_BACKEND"),
)
"""Settings of uv that decide which packages it takes."""


def _read(place: Path) -> Interpreter | None:
    python = python_of(place)
    try:
        known = json.loads((place / _MARKER).read_text(encoding="utf-8"))
        notes = tuple(map(str, known["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Interpreter(str(python), declared=True, notes=notes) if python.exists() else None


def _write(place: Path, known: dict[str, object]) -> None:
    temporary = place / f"{_MARKER}.new"
    temporary.write_text(json.dumps(known), encoding="utf-8")
    temporary.replace(place / _MARKER)


@contextmanager
def _locked(place: Path, deadline: float) -> Iterator[int]:
    """Hold the lock of an environment; the system lets go of it when its holders have ended, whatever their end."""
    import fcntl  # noqa: PLC0415 - not on Windows, where no model is run

    descriptor = os.open(f"{place}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError from None
                time.sleep(0.2)
        yield descriptor
    finally:
        os.close(descriptor)
