"""The clean room of a model's process: working directory, environment, memory, network, read-only folder."""

from __future__ import annotations

import os


class Watch:
    """What the model tried to reach."""

    def take(self):
        return {"network": [], "writes": []}


def enter(request):
    """Make this process the room that the request describes; return the watch over it."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    return Watch()
