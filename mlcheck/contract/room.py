"""What a model's process may use: time, memory, network, its own folder, environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlcheck.contract.environment import clean_environment, pick_declared, place_folders

if TYPE_CHECKING:
    from mlcheck.contract.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that things may take, and bytes of address space that the process may have (None: no limit)."""

    start: float = 120.0
    load: float = 120.0
    call: float = 60.0
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What surrounds the model: whether it has network, whether its folder is read-only, which variables it sees.

    `declared` are the names of environment variables that the model says it needs; those that are set here are
    handed on, all others are not. `time_zone` is a value for `TZ`; empty for that of this machine.
    """

    network: bool = False
    read_only: bool = True
    declared: tuple[str, ...] = ()
    time_zone: str = ""


def describe_room(
    room: Room, limits: Limits, workspace: Workspace, hash_seed: int, python: str | None = None
) -> dict[str, object]:
    """Return the request from which `child/sandbox.py` makes the room."""
    environment = clean_environment(hash_seed, python) | place_folders(workspace.root)
    if room.time_zone:
        environment["TZ"] = room.time_zone
    return {
        "model": str(workspace.model),
        "cwd": str(workspace.root / "cwd"),
        "env": environment | pick_declared(room.declared),
        "network": room.network,
        "read_only": room.read_only,
        "memory": limits.memory,
    }
