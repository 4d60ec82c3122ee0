"""Whether the environment of a model brings a module: from its own code, from Python, or from what it requires."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from mlcheck.environment import local_path, read_environment
from mlcheck.facts.dependencies import brings, is_known
from mlcheck.facts.flavors import needed_distributions
from mlcheck.facts.imports import bringing, distributions_of, is_stdlib, removed_from_python
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.facts.packages import DEVELOPMENT, pip_name, wrong_name
from mlcheck.folder import ModelFolder
from mlcheck.parts import shared_by
from mlcheck.records import record
from mlcheck.requirements import Requirement

Origin = Literal["there", "unknown", "perhaps", "missing", "removed"]
"""there: it is brought, or another rule tells that it is not. unknown: something is required whose content cannot be
told. perhaps: one of the requirements may bring it, though none is known to. missing: nothing brings it.
removed: it was a part of Python until a release before the declared one."""

# What is there wherever MLflow is, and MLflow is needed to load a model at all (MLC351 and MLC352 tell if it lacks).
_ALWAYS = frozenset({"mlflow", "numpy", "pandas", "yaml", "pip", "setuptools", "pkg_resources", "distutils", "wheel"})
_LIBRARY = r"lib|-|_|ca-certificates|openssl|ncurses|readline|tk$|xz$|zlib|zstd|bzip2|mkl|icu|gmp|mp[fc]"


@record(frozen=True, slots=True)
class Declared:
    """What an environment declares.

    distributions: what is installed, those that others bring included. unknown: requirements whose content is not
    known. anything: one has no name, is a file, or has extras, so that nothing can be ruled out. python: its major
    and minor release.
    """

    distributions: frozenset[str]
    unknown: tuple[str, ...]
    anything: bool
    python: tuple[int, int] | None

    @property
    def nothing(self) -> bool:
        """Whether there is no requirement at all."""
        return not self.distributions and not self.anything


@shared_by("environment")
def declared(folder: ModelFolder) -> Declared:
    """Return what the environment files of a folder declare together."""
    environment = read_environment(folder)
    names = environment.names - {"python"}
    right = {known.right for name in names if (known := wrong_name(name)) is not None and known.right}
    names = names | right | (frozenset() if names.intersection(MLFLOW_DISTRIBUTIONS) else {"mlflow"})
    declared_any = bool(environment.lines or environment.conda)
    conda_libraries = {pip_name(spec.name) for spec in environment.conda if re.match(_LIBRARY, spec.name)}
    release = environment.python.release if environment.python else ()
    return Declared(
        distributions=frozenset(part for name in names for part in brings(name)) if declared_any else frozenset(),
        unknown=tuple(sorted(name for name in names - conda_libraries - DEVELOPMENT if not is_known(name))),
        anything=any(_may_be_anything(folder, line) for line in environment.lines),
        python=(release[0], release[1]) if len(release) > 1 else None,
    )


def _may_be_anything(folder: ModelFolder, line: Requirement) -> bool:
    if line.kind == "file":
        path = local_path(line)
        return path is None or not folder.has(path)
    if line.kind in ("option", "constraint"):
        return False
    return line.kind != "named" or bool(line.extras)


def origin_of(folder: ModelFolder, module: str) -> Origin:
    """Return whether the environment of a folder brings a module; `module` may be dotted."""
    known = declared(folder)
    top = module.partition(".")[0]
    if top in _ALWAYS or top in own_modules(folder):
        return "there"
    if is_stdlib(top, known.python):
        return "there"
    if bringing(known.distributions, module) or _told_elsewhere(folder, module):
        return "there"
    if known.nothing or known.anything:
        return "unknown"
    if removed_from_python(top):
        return "removed"
    if lacks_code(folder) and not any(is_known(name) for name in distributions_of(module)):
        return "unknown"  # missing-file tells that the code it is in is not there
    if not known.unknown:
        return "missing"
    return "unknown" if any(_akin(top, name) for name in known.unknown) else "perhaps"


def comes_with_mlflow_alone(folder: ModelFolder, module: str) -> bool:
    """Tell whether a library that predictions depend on is there only because MLflow needs it, in whatever version."""
    top = module.partition(".")[0]
    known = declared(folder)
    if top not in _PREDICTS or known.anything or known.unknown or _told_elsewhere(folder, module):
        return False
    names = read_environment(folder).names - set(MLFLOW_DISTRIBUTIONS)
    others = frozenset(part for name in names for part in brings(name))
    return top not in own_modules(folder) and not bringing(others, module)


_PREDICTS = frozenset({"sklearn", "scipy", "skops", "pyarrow"})
"""What mlflow brings along, and mlflow-skinny does not."""


def _told_elsewhere(folder: ModelFolder, module: str) -> bool:
    """Return whether a flavor needs the module's distribution: that it is lacking is a finding of its own."""
    wanted = set(distributions_of(module))
    return any(
        wanted.intersection(group)
        for flavor, conf in folder.flavors.items()
        for group in needed_distributions(flavor, conf)
    )


def _akin(module: str, distribution: str) -> bool:
    """Return whether a distribution looks like the one that has a module: `acme-features` for `acme`."""
    name = module.lower().replace("_", "").replace("-", "")
    return name in distribution.replace("-", "") or distribution.partition("-")[0] in name


@lru_cache(maxsize=8)
def own_modules(folder: ModelFolder) -> frozenset[str]:
    """Return the names of the modules and packages at the top of the model's code directory."""
    code = code_directory(folder)
    if code is None:
        return frozenset()
    prefix = f"{code}/"
    inside = (entry.path.removeprefix(prefix) for entry in folder.files if entry.path.startswith(prefix))
    return frozenset(path.split("/", 1)[0].split(".", 1)[0] for path in inside if _is_module(path))


def _is_module(path: str) -> bool:
    return "/" in path or path.endswith((".py", ".so", ".pyd", ".pyc"))


def lacks_code(folder: ModelFolder) -> bool:
    """Tell whether MLmodel names a directory of code that is not in the folder."""
    named = [conf.get("code") for conf in (folder.pyfunc, *folder.flavors.values())]
    return code_directory(folder) is None and any(isinstance(code, str) and code for code in named)


@lru_cache(maxsize=8)
def code_directory(folder: ModelFolder) -> str | None:
    """Return the directory of the model's code inside of the folder, `None` if there is none."""
    for conf in (folder.pyfunc, *folder.flavors.values()):
        code = conf.get("code")
        if isinstance(code, str) and code and folder.is_dir(code):
            return code.rstrip("/")
    return None
