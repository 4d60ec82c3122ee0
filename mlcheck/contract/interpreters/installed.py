"""What is installed where a model runs."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from mlcheck.contract.environment import clean_environment

_ASK = (
    "import json\nfrom importlib import metadata\n"
    "print(json.dumps([[d.metadata['Name'], d.version] for d in metadata.distributions()]))"
)


@lru_cache(maxsize=64)
def list_installed(python: str | None) -> Mapping[str, str]:
    """Return distribution (canonical name) → version for an interpreter, `None` for the one that runs this.

    Empty where the interpreter does not say.
    """
    if python is None:
        pairs = [(item.metadata["Name"], item.version) for item in metadata.distributions()]
    else:
        pairs = _ask(python)
    found: dict[str, str] = {}
    for name, version in pairs:
        if name:  # the first on the path is the one that is imported
            found.setdefault(canonicalize_name(name), version)
    return found


def _ask(python: str) -> list[tuple[str, str]]:
    environment = clean_environment(0, python) | {"HOME": str(Path.home())}
    with tempfile.TemporaryDirectory() as empty:
        try:
            asked = subprocess.run(  # noqa: S603 - the user's own choice of interpreter
                [python, "-c", _ASK], cwd=empty, env=environment, capture_output=True, timeout=60, check=True
            )
            return [(name, version) for name, version in json.loads(asked.stdout)]
        except (OSError, ValueError, subprocess.SubprocessError):
            return []
