"""Removes a folder whatever its permissions are."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat


def remove_tree(path: str) -> None:
    """Remove the folder and all in it, read-only folders too; what cannot be removed stays behind."""
    for folder, _, _ in os.walk(path):
        with contextlib.suppress(OSError):
            os.chmod(folder, stat.S_IRWXU)
    shutil.rmtree(path, ignore_errors=True)
