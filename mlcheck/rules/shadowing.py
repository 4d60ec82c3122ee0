"""Rules about names of modules that the model's code has in common with others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from mlcheck.environment import read_environment
from mlcheck.facts.dependencies import is_known
from mlcheck.facts.imports import bringing, distributions_of, is_stdlib
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.coded import model_code
from mlcheck.rules.module_origins import code_directory, declared, own_modules
from mlcheck.rules.pickled import pickles
from mlcheck.rules.registry import rule, tree_rule

_LARGEST = 4_000_000
# Modules of Python that nobody misses.
_HARMLESS = frozenset({"antigravity", "cmd", "code", "idlelib", "lib2to3", "test", "this", "turtle", "turtledemo"})


@rule("MLC450", Severity.ERROR, since="0.1.0")
def shadowing_module(folder: ModelFolder) -> Iterator[Problem]:
    """Finds modules in the model's code that have the name of a module of Python or of a requirement.

    ## Why is this bad?
    The code directory is put in front of everything else that is imported from. A `code/random.py` is what NumPy then
    gets for `import random`, or, if Python's was imported before, what the model does not get. The failure is far
    from its cause: `module 'random' has no attribute 'Random'`. It is an error where the model needs a part of the
    requirement that its own code lacks, else a warning.

    ## Bad
        code/decorator.py
        code/types.py

    ## Good
        code/churn/decorator.py
        code/churn/types.py

    ## What to do
    Rename the module, or move it into a package with a name of its own.

    ## Based on
    `_add_code_to_system_path`, MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/6028
    """
    own = own_modules(folder)
    known = declared(folder) if own else None
    direct = read_environment(folder).names if own else frozenset()
    for name in sorted(own):
        place = _place(folder, name)
        distributions = bringing(known.distributions, name) if known else []
        if known is not None and is_stdlib(name, known.python):
            message = f"{_shown(place)!r} hides the module {name!r} of Python"
            severity: Severity | None = Severity.NOTE if name in _HARMLESS else Severity.WARNING
            yield Problem(message, place, "give it another name", subject=name, severity=severity)
        elif distributions and (distributions[0] in direct or is_known(distributions[0])):
            message = f"{_shown(place)!r} hides the module {name!r} of the requirement {distributions[0]!r}"
            severity = Severity.WARNING if is_known(distributions[0]) else Severity.NOTE
            severity = None if hides_what_is_needed(folder, name) else severity
            yield Problem(message, place, "give it another name", subject=name, severity=severity)
        elif known is not None and any(is_known(one) for one in distributions_of(name)):
            message = f"{_shown(place)!r} has the name of a well-known module: what else needs {name!r} gets this one"
            yield Problem(message, place, "give it another name", subject=name, severity=Severity.NOTE)


def _shown(place: Location) -> str:
    """Return the module or package of a place."""
    return place.path.removesuffix("/__init__.py")


@lru_cache(maxsize=8)
def hides_what_is_needed(folder: ModelFolder, name: str) -> bool:
    """Tell whether own code has the name of a known requirement and lacks what the model needs of that."""
    if not any(is_known(one) for one in bringing(declared(folder).distributions, name)):
        return False
    from mlcheck.sources.imports import imports  # noqa: PLC0415 - few folders hide anything

    code = model_code(folder)
    wanted = {ref.module for found in pickles(folder) if found.use == "model" for ref in found.facts.references}
    wanted |= {one.module for source, certain in code.sources if certain for one in imports(source)}
    return any(module.startswith(f"{name}.") and not code.has(module) for module in wanted)


def _place(folder: ModelFolder, name: str) -> Location:
    path = f"{code_directory(folder)}/{name}"
    source = next((one for one in (f"{path}.py", f"{path}/__init__.py") if folder.entry(one) is not None), "")
    return Location(source, 1, 1) if source else Location(path)


def _modules(folder: ModelFolder) -> list[tuple[str, str, str, bool]]:
    """Return the modules of the model's code: name, hash of the source, path, and whether that is a file."""
    if folder.partial:
        return []
    places = ((name, _place(folder, name)) for name in sorted(own_modules(folder)))
    return [(name, _digest(folder, name), place.path, place.line is not None) for name, place in places]


@tree_rule("MLC451", Severity.NOTE, since="0.1.0", fact=_modules)
def same_module_other_content(
    folders: Sequence[tuple[ModelFolder, list[tuple[str, str, str, bool]]]],
) -> Iterator[tuple[ModelFolder, Problem]]:
    """Finds modules of the same name in the code of several models that are not the same.

    ## Why is this bad?
    Two models that are loaded in one process share their modules: the second one silently gets the code of the first,
    and answers wrongly. Only folders that are checked together are compared.

    ## Bad
        churn/code/helper.py
        fraud/code/helper.py           (other content)

    ## Good
        churn/code/churn_helper.py
        fraud/code/fraud_helper.py

    ## What to do
    Nothing, if the models never meet in one process. Else put the code of each model into a package of its own name.

    ## Based on
    MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/4061, https://github.com/mlflow/mlflow/issues/5923,
    https://github.com/mlflow/mlflow/issues/12395
    """
    found: dict[str, dict[str, list[tuple[ModelFolder, Location]]]] = {}
    for folder, modules in folders:
        for name, digest, path, is_file in modules:
            place = Location(path, 1, 1) if is_file else Location(path)
            found.setdefault(name, {}).setdefault(digest, []).append((folder, place))
    for name, versions in found.items():
        for digest, same in versions.items() if len(versions) > 1 else ():
            other = next(group[0][0] for key, group in versions.items() if key != digest)
            for folder, place in same:
                message = f"{_shown(place)!r} is not the module {name!r} that {other.name!r} has"
                hint = "give it a name of its own if both are loaded in one process"
                yield folder, Problem(message, place, hint, subject=name)


def _digest(folder: ModelFolder, name: str) -> str:
    """Return a hash of the source of a module or package of the model's code."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, and a single folder is compared with none

    base = f"{code_directory(folder)}/{name}"
    digest = hashlib.sha256()
    for entry in folder.files:
        if entry.path.endswith((".py", ".so", ".pyd")) and entry.path.startswith((f"{base}.", f"{base}/")):
            digest.update(entry.path.encode("utf-8", "surrogatepass") + b"\0")
            digest.update(folder.read_bytes(entry.path, limit=_LARGEST) or b"")
    return digest.hexdigest()
