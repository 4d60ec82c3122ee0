"""Rules about imports in the model's own source: what they name must be shipped, required or a part of Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlcheck.facts.dependencies import is_known
from mlcheck.facts.imports import added_to_python, distributions_of, removed_from_python
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.coded import ModelCode, live_functions_of, model_code
from mlcheck.rules.module_origins import Origin, comes_with_mlflow_alone, origin_of
from mlcheck.rules.pickled import pickles
from mlcheck.rules.registry import rule
from mlcheck.rules.shadowing import hides_what_is_needed

if TYPE_CHECKING:
    from mlcheck.sources.imports import Import
    from mlcheck.sources.parsed import Source

_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError")


@rule("MLC440", Severity.ERROR, since="0.1.0")
def undeclared_import(folder: ModelFolder) -> Iterator[Problem]:
    """Finds imports in the model's source that neither its code nor Python nor a requirement brings.

    ## Why is this bad?
    In an environment that is made from the requirements, loading fails: `ModuleNotFoundError: No module named
    'scipy'`. On the author's machine all goes well. An import within a function fails only once the function is
    called: a warning, or a note where nothing seems to call it. It is less than an error, too, if the import depends
    on a condition or if a requirement that mlcheck does not know may bring the module. A library that only MLflow
    brings along (scikit-learn, SciPy) is a warning: its version is left to the day of the build. Imports that are
    caught by `except ImportError` and those for type checkers do not count.

    ## Bad
        from scipy.stats import zscore          (model.py; requirements.txt: mlflow-skinny, pandas)

    ## Good
        mlflow-skinny==3.17.2
        pandas==2.3.3
        scipy==1.16.3

    ## What to do
    Add the distribution with the version that you use, or ship the module with `code_paths`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/3258, https://github.com/mlflow/mlflow/issues/2154,
    https://github.com/mlflow/mlflow/pull/10807
    """
    code = model_code(folder)
    live = live_functions_of(folder)
    told: set[tuple[str, str]] = set()
    for source, certain in code.sources:
        for one in _imports(source):
            top = one.module.partition(".")[0]
            origin = _origin(folder, code, one)
            by_luck = origin == "there" and not code.has(top) and comes_with_mlflow_alone(folder, one.module)
            if (origin in ("there", "unknown") and not by_luck) or (source.path, top) in told:
                continue
            told.add((source.path, top))
            place = Location(source.path, one.line, one.column)
            severity = _severity(one, origin, certain=certain, live=live)
            severity = severity or Severity.WARNING if by_luck else severity
            yield Problem(_message(one, origin), place, _hint(folder, one), subject=top, severity=severity)


def _imports(source: Source) -> Iterator[Import]:
    """Yield the absolute imports that nothing makes up for, those that happen for sure first."""
    from mlcheck.sources.imports import imports  # noqa: PLC0415 - only for folders with source

    found = [
        one
        for one in imports(source)
        if one.module
        and not one.relative
        and not one.context.catches(*_IMPORT_ERRORS)
        and not one.context.depends_on_platform
    ]
    yield from sorted(found, key=lambda one: bool(one.context.functions) or one.context.conditional)


def _origin(folder: ModelFolder, code: ModelCode, one: Import) -> Origin:
    top = one.module.partition(".")[0]
    if top in ("dbutils", "__main__", "__future__") or code.has(top) or _changes_path(code, top):
        return "there"
    names = [f"{one.module}.{name}" for name in one.names] or [one.module]
    origins = {origin_of(folder, name) for name in names}
    return next((origin for origin in _ORDER if origin in origins), "missing")


_ORDER: tuple[Origin, ...] = ("there", "unknown", "perhaps", "missing", "removed")


def _changes_path(code: ModelCode, module: str) -> bool:
    """Tell whether the source adds places to import from, where a module that is not well known may lie."""
    well_known = any(is_known(name) for name in distributions_of(module))
    return not well_known and any("sys.path" in source.text for source, _ in code.sources)


def _severity(one: Import, origin: Origin, *, certain: bool, live: frozenset[str]) -> Severity | None:
    context = one.context
    dead = bool(context.functions) and context.functions[0] not in live
    if dead or (origin == "perhaps" and any(is_known(name) for name in distributions_of(one.module))):
        return Severity.NOTE
    sure = certain and not context.functions and not context.conditional and not context.caught
    return None if sure and origin != "perhaps" else Severity.WARNING


def _shown(one: Import) -> str:
    """Return the module's name, in full where several distributions share its first part."""
    top = one.module.partition(".")[0]
    return top if distributions_of(top) == distributions_of(one.module) else one.module


def _message(one: Import, origin: Origin) -> str:
    top = _shown(one)
    if origin == "there":
        return f"imports {top!r}, which only MLflow brings along, in whatever version"
    if origin == "removed":
        last = removed_from_python(one.module) or (0, 0)
        return f"imports {top!r}, which Python has only up to {last[0]}.{last[1]}"
    added = added_to_python(one.module)
    if added is not None:
        return f"imports {top!r}, which Python has only from {added[0]}.{added[1]} on"
    if origin == "perhaps":
        return f"imports {top!r}, which no requirement is known to bring"
    return f"imports {top!r}, which is neither in the model's code nor in what its requirements bring"


def _hint(folder: ModelFolder, one: Import) -> str:
    top = one.module.partition(".")[0]
    if folder.has(f"{top}.py") or folder.has(f"{top}/__init__.py"):
        return f"log the model with code_paths=[…]: {top!r} at the root of the folder is not found"
    if added_to_python(one.module):
        return "declare a Python that has it, or catch the ImportError and use a package instead"
    names = distributions_of(one.module)
    known = [name for name in names if is_known(name)]
    return f"add {known[0]!r} to the requirements" if known else f"add the distribution of {top!r}, or code_paths=[…]"


@rule("MLC441", Severity.ERROR, since="0.1.0")
def missing_own_module(folder: ModelFolder) -> Iterator[Problem]:
    """Finds imports from the model's own code of modules or names that are not in it.

    ## Why is this bad?
    Loading fails: `ModuleNotFoundError: No module named 'churn.features'`, `cannot import name 'Encoder'`, or
    `attempted relative import with no known parent package`. Only a part of the package was shipped, or a file was
    renamed. The same goes for classes that a pickle looks for.

    ## Bad
        from churn.features import Encoder      (code/churn/__init__.py, and no code/churn/features.py)

    ## Good
        code/churn/__init__.py
        code/churn/features.py

    ## What to do
    Ship the whole package: `code_paths=["churn"]`. A model from code can import its helpers only by their full name,
    from what is in `code_paths`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/9514, https://github.com/mlflow/mlflow/issues/727
    """
    from mlcheck.sources.imports import imports  # noqa: PLC0415 - as above

    code = model_code(folder)
    for source, certain in code.sources:
        for one in imports(source):
            message = "" if one.context.catches(*_IMPORT_ERRORS, "AttributeError") else _lacking(code, source, one)
            if message and not hides_what_is_needed(folder, one.module.partition(".")[0]):
                sure = certain and one.context.at_import and not one.context.conditional and not one.context.caught
                place = Location(source.path, one.line, one.column)
                hint = "ship the whole package with code_paths=[…]"
                severity = None if sure else Severity.WARNING
                yield Problem(message, place, hint, subject=f"{source.path} {one.module}", severity=severity)
    for found in pickles(folder):
        for ref in found.facts.references:
            message = _lacking_name(code, ref.module, ref.name.partition(".")[0]) if found.use != "other" else ""
            if message and not hides_what_is_needed(folder, ref.top):
                severity = None if found.use == "model" else Severity.WARNING
                subject = f"{found.member} {ref}"
                message = f"{found.label} needs {str(ref)!r}: {message}"
                yield Problem(
                    message, found.location, "ship it with code_paths=[…]", subject=subject, severity=severity
                )


def _lacking(code: ModelCode, source: Source, one: Import) -> str:
    if one.relative and not source.package:
        return "a relative import does not work here: the file is imported by itself, not as a part of a package"
    if one.relative and not one.module:
        return "the relative import leads out of the model's code"
    if not one.names:
        return _lacking_module(code, one.module)
    problems = (_lacking_name(code, one.module, name) for name in one.names)
    return next((problem for problem in problems if problem), "")


def _lacking_module(code: ModelCode, module: str) -> str:
    """Say that a module of the model's own code is not there; "" if it is, or if it is not one of its own."""
    parts = module.split(".")
    for length in range(2, len(parts) + 1):
        package, name = ".".join(parts[: length - 1]), ".".join(parts[:length])
        if code.has(name) or not (_is_own(code, package) or _is_own_directory(code, package)):
            continue
        source = code.source(package)
        if source is not None and not source.is_package:
            return f"{package!r} is a module of the model's code, not a package, and has no {name!r}"
        return f"there is no {name!r} in the model's code"
    return ""


def _lacking_name(code: ModelCode, module: str, name: str) -> str:
    lacking = _lacking_module(code, module)
    if lacking or name == "*" or code.has(f"{module}.{name}"):
        return lacking
    if not _is_own(code, module):
        return f"there is no '{module}.{name}' in the model's code" if _is_own_directory(code, module) else ""
    source = code.source(module)
    if source is None or source.tree is None:
        return ""
    from mlcheck.sources.bindings import bound_names  # noqa: PLC0415 - as above

    names = bound_names(source.tree)
    if names is None or name in names or (name.startswith("__") and name.endswith("__")):
        return ""
    return f"{module!r} in the model's code has no {name!r}"


def _is_own(code: ModelCode, module: str) -> bool:
    """Tell whether a module is one of the model's own with source, so that what it lacks is lacking."""
    return code.source(module) is not None


def _is_own_directory(code: ModelCode, package: str) -> bool:
    """Tell whether a name is a directory of the model's code that no distribution is known to have a part of."""
    known = any(is_known(name) for name in distributions_of(package))
    return code.has(package) and code.source(package) is None and not code.is_compiled(package) and not known
