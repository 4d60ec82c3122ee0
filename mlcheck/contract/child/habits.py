"""Sees what predict does to its process besides answering: settings, things left behind, earlier answers, memory."""

from __future__ import annotations

import contextlib
import gc
import json
import locale
import logging
import os
import random
import re
import signal
import socket
import ssl
import sys
import tempfile
import time
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[[], Any]
    Setting = tuple[Callable[[], Any], Callable[[Any], Any]]

REPEATS = 3  # calls after which something must have been left behind each time
GRACE_SECONDS = 1.0  # for threads and processes that end by themselves
MOST_FILES = 200
BATCHES, BATCH = 3, 16  # of calls over which memory is watched
SLOW_SECONDS = 0.03  # a call that takes longer is not made so often
LEAST_BLOCKS = 8  # that a call must keep: caches of the libraries still grow by fewer now and then
LEAST_BYTES = 256 * 1024  # or that the process must grow by for a call

_STREAMS = ("stdin", "stdout", "stderr")
_HTTPS = "_create_default_https_context"  # what urllib and http.client call; many a script puts an unsafe one there
_ON, _OFF = "enabled", "disabled"


class Habits:
    """Remembers how the process was once the model had been loaded; `observe` compares with that."""

    def __init__(self, numpy: Any, folders: dict[str, str]) -> None:
        """`folders` are the working directory, home and temp folder, which were empty at first."""
        self._numpy = numpy
        self._folders = folders
        self._settings = _list_settings(numpy)
        self._loaded = self._read_settings()

    def observe(self, first: Call, second: Call, encode: Callable[[Any], Any]) -> dict[str, Any]:
        """Call again and again and return what was seen; whatever the model raises is raised."""
        return {
            "settings": self._find_changed_settings(first),
            "left": self._find_left(first),
            "files": _list_files(self._folders["cwd"]),
            "seeds": self._find_seeding(first),
            "earlier": _changes_earlier_answer(first, second, encode),
            "growth": _find_growth(first),
        }

    # --- settings ----------------------------------------------------------------------------------------

    def _read_settings(self) -> dict[str, Any]:
        found = {}
        for name, (read, _) in self._settings.items():
            with contextlib.suppress(Exception):  # what this platform or version has not got
                found[name] = read()
        return found

    def _restore(self, values: dict[str, Any]) -> None:
        for name, (_, write) in self._settings.items():
            with contextlib.suppress(Exception):
                write(values[name])

    def _find_changed_settings(self, call: Call) -> list[list[str]]:
        """Call with the settings that were there after loading, so that imports at the first call do not count."""
        now = self._read_settings()
        self._restore(self._loaded)
        before = self._read_settings()
        try:
            call()
            after = self._read_settings()
        finally:
            self._restore(now)
        both = before.keys() & after.keys()
        return [[name, *_describe(before[name], after[name])] for name in sorted(both) if before[name] != after[name]]

    # --- things left behind ------------------------------------------------------------------------------

    def _find_left(self, call: Call) -> dict[str, int]:
        """Return of what there is more after each call, and how many more."""
        before = self._count()
        for _ in range(REPEATS):
            call()
        end, found = time.monotonic() + GRACE_SECONDS, _increase(before, self._count())
        while found and time.monotonic() < end:
            time.sleep(0.05)
            found = _increase(before, self._count())
        return found

    def _count(self) -> dict[str, int]:
        gc.collect()
        places = [self._folders[name] for name in ("home", "tmp")]
        return {
            "threads": _count_entries("/proc/self/task"),
            "child processes": _count_children(),
            "open files or sockets": _count_entries("/proc/self/fd"),
            "temporary files": sum(_count_files(place) for place in places),
            "entries of sys.path": len(sys.path),
            "log handlers": _count_handlers(),
        }

    # --- random numbers ----------------------------------------------------------------------------------

    def _find_seeding(self, call: Call) -> list[str]:
        """Return whose global random state is the same after a call, wherever it was before."""
        states = []
        for seed in (12345, 54321):
            random.seed(seed)
            self._numpy.random.seed(seed)
            call()
            numbers = _listed(self._numpy.random.get_state())
            states.append({"random": repr(random.getstate()), "numpy.random": repr(numbers)})
        random.seed()
        self._numpy.random.seed()
        return [name for name, state in states[0].items() if state == states[1][name]]


def _list_settings(numpy: Any) -> dict[str, Setting]:
    """What belongs to the whole process, how to read it and how to put it back."""
    numbers = [number for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) if number is not None]
    return {
        "working directory": (os.getcwd, os.chdir),
        "environment variables": (lambda: dict(os.environ), _restore_environment),
        "locale": (lambda: locale.setlocale(locale.LC_ALL), lambda value: locale.setlocale(locale.LC_ALL, value)),
        "signal handlers": (
            lambda: {number.name: signal.getsignal(number) for number in numbers},
            lambda value: [signal.signal(number, value[number.name]) for number in numbers],
        ),
        "warning filters": (_read_strict_filters, _restore_strict_filters),
        "umask": (_read_umask, lambda value: os.umask(int(value, 8))),
        "standard streams": (lambda: {name: getattr(sys, name) for name in _STREAMS}, _restore_streams),
        "level of logging.disable": (lambda: logging.root.manager.disable, logging.disable),
        "level of the root logger": (lambda: logging.getLevelName(logging.root.level), logging.root.setLevel),
        # It is found at the first question for it, which is no change
        "temp folder": (tempfile.gettempdir, lambda value: setattr(tempfile, "tempdir", value)),
        "certificate check of HTTPS": (lambda: getattr(ssl, _HTTPS), lambda value: setattr(ssl, _HTTPS, value)),
        "garbage collector": (lambda: _ON if gc.isenabled() else _OFF, _restore_collector),
        "recursion limit": (sys.getrecursionlimit, sys.setrecursionlimit),
        "numpy error handling": (numpy.geterr, lambda value: numpy.seterr(**value)),
        "pandas options": (_read_pandas_options, _restore_pandas_options),
        "socket timeout": (socket.getdefaulttimeout, socket.setdefaulttimeout),
    }


def _read_pandas_options() -> dict[str, Any]:
    config: Any = sys.modules["pandas._config.config"]  # pandas itself lists them for people alone
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are deprecated
        return {name: sys.modules["pandas"].get_option(name) for name in config._registered_options}  # noqa: SLF001


def _restore_pandas_options(value: dict[str, Any]) -> None:
    changed = {name: old for name, old in value.items() if sys.modules["pandas"].get_option(name) != old}
    for name, old in changed.items():
        sys.modules["pandas"].set_option(name, old)


def _restore_environment(value: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(value)


def _read_umask() -> str:
    mask = os.umask(0o077)  # there is no other way to ask for it
    os.umask(mask)
    return oct(mask)


def _restore_streams(value: dict[str, Any]) -> None:
    for name, stream in value.items():
        setattr(sys, name, stream)


def _restore_collector(value: str) -> None:
    (gc.enable if value == _ON else gc.disable)()


def _read_strict_filters() -> list[str]:
    """Those that make errors of warnings: others are added by many a library, and hurt nobody."""
    return [repr(one) for one in warnings.filters if one[0] == "error"]


def _restore_strict_filters(value: list[str]) -> None:
    kept = [one for one in warnings.filters if one[0] != "error" or repr(one) in value]
    warnings.filters[:] = kept  # type: ignore[index] # typeshed calls it a Sequence
    warnings._filters_mutated()  # type: ignore[attr-defined] # noqa: SLF001 - what warnings itself calls then


def _describe(before: Any, after: Any) -> tuple[str, str]:
    """Return both values, of dicts only what is different."""
    if isinstance(before, dict):
        keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        return _say({key: before.get(key) for key in keys}), _say({key: after.get(key) for key in keys})
    if isinstance(before, list):
        return _say(", ".join(before)) or "none", _say(", ".join(after)) or "none"
    return _say(before), _say(after)


def _say(value: Any) -> str:
    """Return the value without addresses, which are others in every process."""
    return re.sub(" at 0x[0-9a-f]+", "", str(value))[:200]


def _listed(state: Any) -> Any:
    return [part.tolist() if hasattr(part, "tolist") else part for part in state]


def _increase(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - count for name, count in before.items() if after[name] - count >= REPEATS}


def _count_entries(folder: str) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:  # no such thing on this system
        return 0


def _count_children() -> int:
    """Processes that live, of this one; those that ended and wait to be asked count too."""
    count = 0
    for task in _entries("/proc/self/task"):
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children", encoding="ascii") as stream:
            count += len(stream.read().split())
    return count


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _count_handlers() -> int:
    loggers = [logging.root, *list(logging.root.manager.loggerDict.values())]
    return sum(len(getattr(logger, "handlers", ())) for logger in loggers)


def _count_files(folder: str) -> int:
    """Return how many files and folders there are below; all of them, for what is capped does not grow."""
    return sum(len(folders) + len(files) for _, folders, files in os.walk(folder))


def _list_files(folder: str) -> list[str]:
    """Return the paths of files and folders below, relative to it, sorted; not all where there are very many."""
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        found += [os.path.relpath(os.path.join(place, name), folder) for name in (*folders, *files)]
        if len(found) > MOST_FILES:
            break
    return sorted(found)[:MOST_FILES]


def _changes_earlier_answer(first: Call, second: Call, encode: Callable[[Any], Any]) -> bool:
    """Tell whether the answer to one call becomes another one by the next call, as one in a shared buffer does."""
    answer = first()
    before = json.dumps(encode(answer))
    second()
    return before != json.dumps(encode(answer))


def _find_growth(call: Call) -> dict[str, int] | None:
    """Return how many objects and bytes every call keeps, None where it may keep nothing."""
    started = time.perf_counter()
    call()
    if time.perf_counter() - started > SLOW_SECONDS:
        return None
    blocks, sizes = [], []
    for _ in range(BATCHES + 1):  # the first fills caches
        before = _measure()
        for _ in range(BATCH):
            call()
        after = _measure()
        blocks.append((after[0] - before[0]) // BATCH)
        sizes.append((after[1] - before[1]) // BATCH)
    least_blocks, least_bytes = min(blocks[1:]), min(sizes[1:])
    if least_blocks < LEAST_BLOCKS and least_bytes < LEAST_BYTES:
        return None
    return {"blocks": least_blocks, "bytes": max(0, least_bytes)}


def _measure() -> tuple[int, int]:
    """Return the blocks of memory that Python has handed out, and the bytes that the process has in memory."""
    gc.collect()
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            pages = int(stream.read().split()[1])
    except OSError:
        pages = 0
    return sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE")
