"""The clean room of a model's process: where it is, what it may use, and who watches."""

from __future__ import annotations

import contextlib
import os
import resource
import site
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from . import namespaces
from .watch import Watch

if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]


def enter(request: Request) -> Watch:
    """Make this process the room that the request describes; return the watch over it, which knows what was had."""
    network, folder = _isolate(request)
    _set_limits(request["memory"])
    _set_environment(request["env"])
    os.chdir(request["cwd"])
    places = {"cwd": request["cwd"], "home": request["env"]["HOME"], "tmp": request["env"]["TMPDIR"]}
    room = {"network": network, "folder": folder}
    watch = Watch(request["model"], block=network == "guard", room=room, places=places)
    sys.addaudithook(watch.note)
    return watch


def _isolate(request: Request) -> tuple[str, str]:
    """Return how the network is kept away and how the folder is kept as it is, as far as the system lets us."""
    able = request["abilities"]
    network = not request["network"] and able["network"]
    mount = request["read_only"] and able["mount"]
    try:
        namespaces.leave(network=network, mount=mount)
        if mount:
            namespaces.make_read_only(request["model"])
        if network:
            namespaces.raise_loopback()
        namespaces.drop_capabilities()
    except OSError:  # it worked when the forkserver tried; the limits of the system may have been reached since
        network = mount = False
    return _name_network(request, network=network), _name_folder(request, mount=mount)


def _name_network(request: Request, *, network: bool) -> str:
    if request["network"]:
        return "open"
    return "namespace" if network else "guard"


def _name_folder(request: Request, *, mount: bool) -> str:
    if not request["read_only"]:
        return "writable"
    if mount:
        return "mount"
    return "permissions" if os.geteuid() != 0 else "watched"  # permissions do not hold root back


def _set_limits(memory: int | None) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if memory is not None:
        with contextlib.suppress(ValueError, OSError):  # macOS knows the limit but will not have it set
            resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    if site.ENABLE_USER_SITE:  # for Python processes of the model's own, which would look below its new home
        os.environ["PYTHONUSERBASE"] = site.getuserbase()
    tempfile.tempdir = None
    time.tzset()
