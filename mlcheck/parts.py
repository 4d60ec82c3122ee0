"""The parts of a model folder that other folders have too, word for word: what was found out of one holds for all.

A tree of models holds the same environment and the same signature many times over: models are trained again and
again, and most differ in their weights and in how MLflow calls the run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

from mlcheck.document import Document
from mlcheck.folder import ModelFolder

Part = Literal["folder", "environment", "signature"]
"""What a rule looks at.

environment: `flavors` and `mlflow_version` of MLmodel; conda.yaml, python_env.yaml and requirements.txt.
signature: the same, and `signature`, `is_signature_from_type_hint` and `metadata` of MLmodel.
folder: anything.
"""

KEYS = {
    "environment": ("flavors", "mlflow_version"),
    "signature": ("signature", "is_signature_from_type_hint", "metadata"),
}
"""The keys of MLmodel that belong to a part."""

Known = dict[object, Any]
"""What is known about a part, by whatever found it out."""

_Key = tuple[object, ...]

_LARGEST = 16 * 1024  # bytes of a file, characters of an excerpt
_ROOM = 1_000_000  # characters of all keys; what is known about a part may take a hundred times as many bytes

# What may include another file than requirements.txt: options -r and -c, or a way to write one that cannot be told.
_INCLUDES = re.compile(rb"(?<![\w.])--?[rc](?! requirements\.txt\s*(?:\n|\Z))|[^\t\n\r -~]|\\")


def known_about(folder: ModelFolder, part: Part) -> Known | None:
    """Return what is known about a part of a folder, to be added to; `None` where it is not to be shared.

    The same object is returned for all folders that hold the same text at the same place. Parts that are large or
    that reach into other files are not shared.
    """
    environment = _environment_of(folder)
    if environment is None or part == "folder":
        return None
    if part == "environment":
        return _shelf.take(environment)
    signature = _excerpts(folder.mlmodel, KEYS["signature"])
    return None if signature is None else _shelf.take((*environment, *signature))


class _Shelf:
    """What is known about the parts that were looked at last."""

    def __init__(self) -> None:
        self._known: dict[_Key, Known] = {}
        self._room = _ROOM

    def take(self, key: _Key) -> Known:
        known = self._known.pop(key, None)
        if known is None:
            known = {}
            self._room -= _size(key)
            while self._room < 0 and self._known:
                oldest = next(iter(self._known))
                del self._known[oldest]
                self._room += _size(oldest)
        self._known[key] = known
        return known


_shelf = _Shelf()


def _size(key: _Key) -> int:
    return sum(len(part) for part in key if isinstance(part, (str, bytes)))


@lru_cache(maxsize=8)  # folders, which rules ask about one after the other
def _environment_of(folder: ModelFolder) -> _Key | None:
    excerpts = _excerpts(folder.mlmodel, KEYS["environment"])
    if excerpts is None:
        return None
    paths = (folder.conda_path, folder.python_env_path, "requirements.txt")
    if any("/" in path for path in paths):  # an include is relative to the file that it stands in
        return None
    contents = [folder.read_bytes(path, _LARGEST) for path in paths]
    if any(content is not None and _is_unusual(content) for content in contents):
        return None
    return (*excerpts, *paths, *contents)


def _is_unusual(content: bytes) -> bool:
    return len(content) >= _LARGEST or _INCLUDES.search(content) is not None


def _excerpts(document: Document | None, keys: tuple[str, ...]) -> _Key | None:
    found: list[object] = []
    for key in keys:
        excerpt = None if document is None else document.excerpt(key)
        if excerpt is None or len(excerpt[2]) >= _LARGEST:
            return None
        found += excerpt
    return tuple(found)
