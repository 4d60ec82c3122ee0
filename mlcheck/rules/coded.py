"""The Python source of a model folder: its modules, and which of them are imported when the model is loaded."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.environment import read_environment
from mlcheck.folder import ModelFolder
from mlcheck.records import record
from mlcheck.rules.module_origins import code_directory
from mlcheck.rules.pickled import pickles

if TYPE_CHECKING:
    from mlcheck.sources.parsed import Source

CODE_LOADERS = ("mlflow.pyfunc.loaders.code_model", "mlflow.langchain", "mlflow.llama_index")
_MOST_FILES = 400
_LARGEST = 150_000  # bytes; longer source takes seconds to follow
_COMPILED = (".so", ".pyd", ".pyc")


@record(frozen=True, slots=True)
class ModelCode:
    """The source of a folder.

    modules: by the name that they are imported by. model: the file of a model from code. compiled: names of modules
    that there is no source of. loaded: the names that are imported when the model is loaded, "" for the model's own
    file; True for those that are certain to be.
    """

    modules: dict[str, Source]
    model: Source | None
    compiled: frozenset[str]
    loaded: dict[str, bool]

    @property
    def sources(self) -> Iterator[tuple[Source, bool]]:
        """The sources that are imported when the model is loaded, and whether that is certain."""
        for name, certain in self.loaded.items():
            source = self.model if not name else self.modules.get(name)
            if source is not None:
                yield source, certain

    def has(self, module: str) -> bool:
        """Tell whether there is a module or package of a name, one without `__init__.py` included."""
        inside = module + "."
        return (
            module in self.modules
            or module in self.compiled
            or any(name.startswith(inside) for name in (*self.modules, *self.compiled))
        )


@lru_cache(maxsize=4)
def model_code(folder: ModelFolder) -> ModelCode:
    """Return the source of a folder; nothing of it is run."""
    paths = {} if folder.partial else dict(_module_paths(folder))
    model_path = model_file(folder)
    if not paths and model_path is None:
        return ModelCode({}, None, frozenset(), {})
    from mlcheck.sources.parsed import parse  # noqa: PLC0415 - most folders have no source

    python = read_environment(folder).python
    release = (python.release[0], python.release[1]) if python and len(python.release) > 1 else None
    modules = {}
    for name, path in list(paths.items())[:_MOST_FILES]:
        raw = folder.read_bytes(path, limit=_LARGEST + 1) if path.endswith(".py") else None
        if raw is not None:
            modules[name] = parse(path, name, raw, release)
    raw = folder.read_bytes(model_path, limit=_LARGEST + 1) if model_path else None
    model = parse(model_path, "", raw, release) if model_path and raw is not None else None
    compiled = frozenset(name for name, path in paths.items() if not path.endswith(".py"))
    return ModelCode(modules, model, compiled, _loaded(modules, model, dict(_entries(folder, modules, model))))


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


def _entries(folder: ModelFolder, modules: dict[str, Source], model: Source | None) -> Iterator[tuple[str, bool]]:
    """Yield the modules that loading starts with; all, as a guess, where it is not known which those are."""
    known = model is not None
    if model is not None:
        yield "", True
    loader = folder.pyfunc.get("loader_module")
    if isinstance(loader, str) and loader in modules:
        known = True
        yield loader, True
    for conf in folder.flavors.values():
        model_class = conf.get("model_class")
        module = model_class.rpartition(".")[0] if isinstance(model_class, str) else ""
        if module in modules:
            known = True
            yield module, True
    for found in pickles(folder):
        for module in {ref.module for ref in found.facts.references} | set(found.facts.imports):
            if module in modules:
                known = True
                yield module, found.use == "model"
    if not known:
        yield from ((name, False) for name in modules)


def _loaded(modules: dict[str, Source], model: Source | None, entries: dict[str, bool]) -> dict[str, bool]:
    """Return the modules that are imported from the entries on."""
    from mlcheck.sources.imports import imports  # noqa: PLC0415 - as above

    loaded: dict[str, bool] = {}
    waiting = list(entries.items())
    while waiting:
        name, certain = waiting.pop()
        for part in _with_packages(name):
            if part in loaded and (loaded[part] or not certain):
                continue
            source = model if not part else modules.get(part)
            loaded[part] = certain
            for one in imports(source) if source is not None else ():
                always = certain and one.context.at_import and not one.context.conditional and not one.context.caught
                targets = [one.module, *(f"{one.module}.{taken}" for taken in one.names)]
                waiting += [(target, always) for target in targets if target in modules]
    return loaded


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


@lru_cache(maxsize=4)
def live_functions_of(folder: ModelFolder) -> frozenset[str]:
    """Return the names of functions that may be called once the model is loaded."""
    sources = [source for source, _ in model_code(folder).sources]
    if not sources:
        return frozenset()
    from mlcheck.sources.live import live_functions  # noqa: PLC0415 - as above

    return live_functions(sources)
