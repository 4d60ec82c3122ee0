"""The parts of a model folder that other folders have too, word for word: what was found out of one holds for all.

A tree of models holds the same environment and the same signature many times over: models are trained again and
again, and most differ in their weights and in how MLflow calls the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Literal, TypeVar, cast

from mlcheck.document import Document
from mlcheck.folder import ModelFolder

Part = Literal["folder", "environment", "signature", "examples"]
"""What a rule looks at.

environment: `flavors` and `mlflow_version` of MLmodel; conda.yaml, python_env.yaml and requirements.txt.
signature: the same, and `signature`, `is_signature_from_type_hint` and `metadata` of MLmodel.
examples: the same, and `saved_input_example_info` of MLmodel, the input example and the serving example.
folder: anything.
"""

KEYS: dict[Part, tuple[str, ...]] = {
    "environment": ("flavors", "mlflow_version"),
    "signature": ("signature", "is_signature_from_type_hint", "metadata"),
    "examples": ("saved_input_example_info",),
}
"""The keys of MLmodel that a part has more than the one before it."""

Known = dict[object, Any]
"""What is known about a part, by whatever found it out."""

Result = TypeVar("Result")

_Key = tuple[object, ...]

_LARGEST = 16 * 1024  # bytes of a file, characters of an excerpt
_ROOM = 1_000_000  # characters of all keys; what is known about a part may take a hundred times as many bytes

# What may include another file than requirements.txt: the options -r and -c
_INCLUDES = re.compile(rb"(?<![\w.])--?[rc](?! requirements\.txt\s*(?:\n|\Z))")


def shared_by(part: Part) -> Callable[[Callable[[ModelFolder], Result]], Callable[[ModelFolder], Result]]:
    """Make a function of a folder, which looks at no more than a part of it, give all that share it the same result."""

    def share(function: Callable[[ModelFolder], Result]) -> Callable[[ModelFolder], Result]:
        alone = lru_cache(maxsize=8)(function)

        @wraps(function)
        def look(folder: ModelFolder) -> Result:
            known = known_about(folder, part)
            if known is None:
                return alone(folder)
            if function not in known:
                known[function] = function(folder)
            return cast(Result, known[function])

        return look

    return share


@lru_cache(maxsize=16)  # folders, which rules ask about one after the other
def known_about(folder: ModelFolder, part: Part) -> Known | None:
    """Return what is known about a part of a folder, to be added to; `None` where it is not to be shared.

    The same object is returned for all folders that hold the same text at the same place. Parts that are large or
    that reach into other files are not shared.
    """
    key = _KEY_OF[part](folder) if part != "folder" else None
    return None if key is None else _shelf.take(key)


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


@lru_cache(maxsize=8)
def _environment_of(folder: ModelFolder) -> _Key | None:
    excerpts = _excerpts(folder.mlmodel, KEYS["environment"])
    if excerpts is None:
        return None
    paths = (folder.conda_path, folder.python_env_path, "requirements.txt")
    contents = _contents(folder, *paths)
    # An include is relative to the file that it stands in.
    if contents is None or any("/" in path for path in paths) or any(map(_is_unusual, contents)):
        return None
    return (*excerpts, *paths, *contents, *map(folder.has, paths))


def _signature_of(folder: ModelFolder) -> _Key | None:
    environment = _environment_of(folder)
    excerpts = None if environment is None else _excerpts(folder.mlmodel, KEYS["signature"])
    return None if environment is None or excerpts is None else (*environment, *excerpts)


def _examples_of(folder: ModelFolder) -> _Key | None:
    signature = _signature_of(folder)
    excerpts = None if signature is None else _excerpts(folder.mlmodel, KEYS["examples"])
    if signature is None or excerpts is None:
        return None
    contents = _contents(folder, folder.input_example_path, folder.serving_example_path)
    return None if contents is None else (*signature, *excerpts, *contents)


_KEY_OF: dict[Part, Callable[[ModelFolder], _Key | None]] = {
    "environment": _environment_of,
    "signature": _signature_of,
    "examples": _examples_of,
}


def _contents(folder: ModelFolder, *paths: str | None) -> list[bytes | None] | None:
    """Return what is in files, `None` for each that is not there; `None` where one of them is large."""
    contents = [folder.read_bytes(path, _LARGEST) if path is not None else None for path in paths]
    return None if any(content is not None and len(content) >= _LARGEST for content in contents) else contents


@lru_cache(maxsize=128)
def _is_unusual(content: bytes | None) -> bool:
    """Tell whether a file may include others, or is written so that it cannot be told (UTF-16, escapes)."""
    if content is None:
        return False
    plain = content.isascii() and b"\0" not in content and b"\\" not in content
    return not plain or _INCLUDES.search(content) is not None


def _excerpts(document: Document | None, keys: tuple[str, ...]) -> _Key | None:
    found: list[object] = []
    for key in keys:
        excerpt = None if document is None else document.excerpt(key)
        if excerpt is None or len(excerpt[2]) >= _LARGEST:
            return None
        found += excerpt
    return tuple(found)
