"""Forkservers, one for each interpreter and environment: started when first needed, ended with this process."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from mlcheck.contract.forkserver import Forkserver, OwnForkserver, StartError

if TYPE_CHECKING:
    import socket

    from mlcheck.contract.libraries import Library


class Key(NamedTuple):
    """What tells forkservers apart.

    That is the interpreter, the seed for the hashes of texts, whether mlflow is imported before the fork, and the
    library that is.
    """

    python: str
    hash_seed: int
    preload: bool
    library: str = ""


OTHER_HASH_SEED: Final = 1
THIRD_HASH_SEED: Final = 2
"""The seed for the hashes of texts in a process that must give the same answers as the model's own, whose is 0."""

# Elsewhere the system's own libraries do not bear a fork once numpy is imported
PRELOADS: Final = sys.platform == "linux"

_servers: dict[Key, Forkserver] = {}
_failed: Final[set[Key]] = set()
_KEPT: Final = 4
"""Forkservers of libraries, and of other interpreters than the one that is asked for, that wait to be used again."""

_servers_lock: Final = threading.Lock()


def get_forkserver(
    python: str | None = None,
    hash_seed: int = 0,
    *,
    library: Library | None = None,
    preload: bool | None = None,
    timeout: float = 120.0,
) -> Forkserver:
    """Return the forkserver for the interpreter (this one by default), starting it when there is none.

    With `preload` (the default where it is safe) it imports mlflow once for all models, and the modules of the
    `library`, else each model's process does so.

    Raises StartError when the interpreter is not there, has no mlflow, or takes longer than `timeout` seconds.
    """
    key = make_key(python, hash_seed, library, preload=preload)
    with _servers_lock:
        if library is not None and key.library:
            with contextlib.suppress(StartError):
                return _get_ready(key, library, timeout)
            _failed.add(key)
        return _get_ready(key._replace(library=""), None, timeout)


def prepare_forkserver(python: str | None = None, hash_seed: int = 0, *, library: Library | None = None) -> None:
    """Start a forkserver that is going to be asked for, unless it runs, and do not wait for it."""
    key = make_key(python, hash_seed, library)
    with _servers_lock, contextlib.suppress(StartError):  # which is raised again where it is asked for
        _get_or_start(key, library)


def make_key(
    python: str | None = None, hash_seed: int = 0, library: Library | None = None, *, preload: bool | None = None
) -> Key:
    """Return the key of the forkserver that such a model is forked from."""
    key = Key(python or sys.executable, hash_seed, PRELOADS if preload is None else preload)
    if library is None or not key.preload:
        return key
    of_library = key._replace(library=library.name)
    return key if of_library in _failed else of_library


def lend_forkservers() -> list[tuple[Key, socket.socket]]:
    """Return a stream to each forkserver of this process, for another process to borrow it."""
    lent = []
    with _servers_lock:
        for key, server in _servers.items():
            if not key.library and server.alive:
                with contextlib.suppress(OSError):
                    lent.append((key, server.lend()))
    return lent


def borrow_forkserver(key: Key, stream: socket.socket) -> None:
    """Use the forkserver of another process instead of starting one like it."""
    with _servers_lock:
        _servers[key] = Forkserver(key.python, stream)


def _get_ready(key: Key, library: Library | None, timeout: float) -> Forkserver:
    server = _get_or_start(key, library)
    try:
        server.await_ready(timeout)
    except BaseException as error:
        _close(server)
        if isinstance(error, StartError) and not key.library and not isinstance(server, OwnForkserver):
            return _get_ready(key, None, timeout)  # only whoever has started one hears why it cannot be used
        raise
    return server


def _get_or_start(key: Key, library: Library | None) -> Forkserver:
    if not hasattr(os, "fork"):
        raise StartError("models are run in processes that need fork: Linux, macOS or WSL")
    server = _servers.get(key)
    if server is not None and not server.alive:
        _close(server)
        server = None
    if server is None:
        _end_unused(key.python)
        server = _start(key, library)
    _servers[key] = _servers.pop(key, server)  # to the end: the longest unused come first
    return server


def _start(key: Key, library: Library | None) -> Forkserver:
    if library is None or not key.library:
        return OwnForkserver(key.python, key.hash_seed, preload=key.preload)
    base = _get_or_start(key._replace(library=""), None)
    try:
        return Forkserver(key.python, base.lend(library.modules))
    except OSError as error:
        raise StartError("the forkserver is gone") from error


def _close(server: Forkserver) -> None:
    server.close()
    for key in [key for key, known in _servers.items() if known is server]:
        del _servers[key]


def _end_unused(python: str) -> None:
    """Make room for another one: each holds some hundred megabytes, and a tree may name many interpreters."""
    others = [key for key in _servers if key.library or key.python not in {python, sys.executable}]
    for key in others[: max(0, len(others) - _KEPT)]:
        _servers.pop(key).close()


@atexit.register
def close_forkservers() -> None:
    """End all forkservers of this process, with the models' processes that are left."""
    with _servers_lock:
        while _servers:
            _servers.popitem()[1].close()


def _forget_forkservers() -> None:
    """In a forked child: the parent's end must not look open once the parent is gone."""
    for server in _servers.values():
        server.forget()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_forkservers)
