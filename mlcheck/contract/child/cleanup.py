"""Removes a folder whatever its permissions are."""

from __future__ import annotations

import os
import shutil
import stat


def remove_tree(path: str) -> None:
    """Remove the folder and all in it, read-only folders too; what cannot be removed stays behind."""
    for folder, _, _ in os.walk(path):
        try:
            os.chmod(folder, stat.S_IRWXU)
        except OSError:
            pass
    shutil.rmtree(path, ignore_errors=True)
