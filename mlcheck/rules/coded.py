"""The Python source of a model folder: its modules, and which of them are imported when the model is loaded."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.environment import read_environment
from mlcheck.facts.bytecode import imports_of
from mlcheck.folder import ModelFolder
from mlcheck.records import lazy
from mlcheck.rules.module_origins import code_directory
from mlcheck.rules.pickled import pickles

if TYPE_CHECKING:
    from mlcheck.sources.parsed import Source

_MOST_FILES = 400
_LARGEST = 150_000  # bytes; longer source takes seconds to follow
_COMMON = 8 * 1024  # characters of source that other folders may have too
_COMPILED = (".so", ".pyd", ".pyc")


class ModelCode:
    """The source of a folder: its modules, by the names that they are imported by, and the file of a model from code.

    Only what is asked for is read, which is what loading the model may import.
    """

    def __init__(self, folder: ModelFolder) -> None:
        """Look at a folder; nothing of it is run."""
        self._folder = folder
        self._paths = {} if folder.partial else dict(_module_paths(folder))
        self._names = frozenset(
            ".".join(name.split(".")[:length]) for name in self._paths for length in range(1, name.count(".") + 2)
        )
        python = read_environment(folder).python
        self._python = (python.release[0], python.release[1]) if python and len(python.release) > 1 else None
        self._read: dict[str, Source | None] = {}

    def has(self, module: str) -> bool:
        """Tell whether there is a module or package of a name, compiled ones and those without `__init__.py` too."""
        return module in self._names

    def source(self, module: str) -> Source | None:
        """Return the source of a module, None where there is none."""
        path = self._paths.get(module, "")
        if module not in self._read:
            self._read[module] = self._parse(path, module) if path.endswith(".py") else None
        return self._read[module]

    def is_compiled(self, module: str) -> bool:
        """Tell whether a module is there without source."""
        return module in self._paths and not self._paths[module].endswith(".py")

    @lazy
    def model(self) -> Source | None:
        """The file of a model from code."""
        path = model_file(self._folder)
        return self._parse(path, "") if path is not None else None

    def _parse(self, path: str, module: str) -> Source | None:
        from mlcheck.sources.parsed import parse  # noqa: PLC0415 - most folders have no source

        raw = self._folder.read_bytes(path, limit=_LARGEST + 1)
        return parse(path, module, raw, self._python) if raw is not None else None

    @lazy
    def loaded(self) -> dict[str, bool]:
        """What is imported when the model is loaded: names, "" for the model's own file, and whether it is certain."""
        entries = dict(_entries(self._folder, self))
        return _loaded(self, entries) if entries else {}

    @property
    def module_names(self) -> Iterator[str]:
        """The names of all modules with source."""
        return (name for name, path in self._paths.items() if path.endswith(".py"))

    @property
    def sources(self) -> Iterator[tuple[Source, bool]]:
        """The sources that are imported when the model is loaded, and whether that is certain."""
        for name, certain in self.loaded.items():
            source = self.source(name) if name else self.model
            if source is not None:
                yield source, certain


@lru_cache(maxsize=4)
def model_code(folder: ModelFolder) -> ModelCode:
    """Return the source of a folder."""
    return ModelCode(folder)


def model_file(folder: ModelFolder) -> str | None:
    """Return the path of the file of a model from code, which lies at the root of the folder."""
    path = folder.pyfunc.get("model_code_path")
    if not isinstance(path, str) or folder.partial:
        return None
    name = posixpath.basename(path.replace("\\", "/"))
    return name if name.endswith(".py") and folder.entry(name) is not None else None


def _module_paths(folder: ModelFolder) -> Iterator[tuple[str, str]]:
    code = code_directory(folder)
    for entry in folder.files if code is not None else ():
        if (
            entry.path.startswith(f"{code}/")
            and entry.path.endswith((".py", *_COMPILED))
            and entry.kind != "outside-link"
        ):
            *packages, name = entry.path[len(code or "") + 1 :].split("/")
            stem = name.partition(".")[0]
            parts = [*packages, *([] if stem == "__init__" else [stem])]
            if parts and "__pycache__" not in parts and all(part.isidentifier() for part in parts):
                yield ".".join(parts), entry.path


def _entries(folder: ModelFolder, code: ModelCode) -> Iterator[tuple[str, bool]]:
    """Yield the modules that loading starts with; all, as a guess, where it is not known which those are."""
    known = code.model is not None
    if known:
        yield "", True
    names = set(code.module_names)
    classes = [conf.get("model_class") for conf in folder.flavors.values()]
    loader = folder.pyfunc.get("loader_module")
    wanted = [loader if isinstance(loader, str) else "", *(str(name).rpartition(".")[0] for name in classes)]
    for module in wanted:
        if module in names:
            known = True
            yield str(module), True
    for found in pickles(folder) if names else ():
        for module in ({ref.module for ref in found.facts.references} | set(found.facts.imports)) & names:
            known = True
            yield module, found.use == "model"
        for carried in found.facts.code:
            for module in set(imports_of(carried.bytecode, carried.names, carried.arguments)) & names:
                known = True
                yield module, False
    if not known:
        yield from ((name, False) for name in sorted(names)[:_MOST_FILES] if not _is_test(name))


def _is_test(module: str) -> bool:
    """Tell whether a module is one that test runners and build tools look for, and no model."""
    parts = module.split(".")
    return parts[0] in ("tests", "test", "conftest", "setup") or parts[-1].startswith("test_")


def _loaded(code: ModelCode, entries: dict[str, bool]) -> dict[str, bool]:
    """Return the modules that are imported from the entries on."""
    from mlcheck.sources.imports import imports  # noqa: PLC0415 - as above

    loaded: dict[str, bool] = {}
    waiting = list(entries.items())
    while waiting and len(loaded) < _MOST_FILES:
        name, certain = waiting.pop()
        for part in _with_packages(name):
            if part in loaded and (loaded[part] or not certain):
                continue
            loaded[part] = certain
            source = code.source(part) if part else code.model
            for one in imports(source) if source is not None else ():
                always = certain and one.context.at_import and not one.context.conditional and not one.context.caught
                targets = [one.module, *(f"{one.module}.{taken}" for taken in one.names)]
                waiting += [(target, always) for target in targets if code.has(target)]
    return loaded


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


@lru_cache(maxsize=4)
def live_functions_of(folder: ModelFolder) -> frozenset[str]:
    """Return the names of functions that may be called once the model is loaded."""
    sources = tuple(source for source, _ in model_code(folder).sources)
    if not sources:
        return frozenset()
    common = sum(len(source.text) for source in sources) <= _COMMON
    return _live_functions_of_common(sources) if common else _live_functions(sources)


def _live_functions(sources: tuple[Source, ...]) -> frozenset[str]:
    from mlcheck.sources.live import live_functions  # noqa: PLC0415 - as above

    return live_functions(sources)


_live_functions_of_common = lru_cache(maxsize=32)(_live_functions)
