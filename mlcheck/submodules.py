"""The modules of a package of ours that is open to new files, such as the rules and the report formats."""

from __future__ import annotations

import os
from collections.abc import Iterable


def submodule_names(package_path: Iterable[str]) -> list[str]:
    """Return the names of the modules in a package (its `__path__`), sorted; without those that begin with `_`.

    `pkgutil.iter_modules` would do, but it imports `inspect`, which takes longer than linting a folder.
    """
    files = [name for directory in package_path for name in os.listdir(directory)]
    return sorted({name.partition(".")[0] for name in files if name.endswith((".py", ".pyc")) and name[0] != "_"})
