"""What a folder says that its environment is made of, read as MLflow reads it to build one with virtualenv or uv.

That is python_env.yaml; without one requirements.txt, with the Python and the build tools of conda.yaml; without
either conda.yaml alone (`mlflow/utils/virtualenv.py`, `_get_python_env`, MLflow 1.26 to 3.17). A uv.lock, which only
MLflow 3.11 and newer with `env_manager="uv"` looks at, is left alone: MLflow writes requirements.txt from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mlcheck.contract.interpreters.types import OLDEST, DeclarationError, NoInterpreterError
from mlcheck.environment import BUILD_TOOLS, REQUIREMENTS, local_path, read_environment
from mlcheck.facts.packages import pip_name, pypi_equivalent
from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.match_spec import CondaSpec

_BRINGS_MLFLOW: Final = frozenset({"mlflow", "mlflow-skinny"})


@dataclass(frozen=True, slots=True)
class Declaration:
    """An environment as it is declared.

    python: the version, `3.10` or `3.10.4`; empty where none is declared.
    build, packages: lines of requirements files, relative to the model folder; `build` is installed first.
    mlflow: the requirement to install if these do not bring MLflow; empty where a line names it.
    content: what these lines depend on, files that they name included, as one digest.
    location: where it is declared. notes: what was left out.
    """

    python: str
    build: tuple[str, ...]
    packages: tuple[str, ...]
    mlflow: str
    content: str
    location: Location
    notes: tuple[str, ...] = ()


def read_declaration(folder: ModelFolder) -> Declaration:
    """Return the environment that a folder declares.

    Raises DeclarationError for a file that cannot be read, NoInterpreterError where nothing is declared.
    """
    build, packages, location, taken = _read_lines(folder)
    environment = read_environment(folder)
    named = {line.name for line in environment.installed} | taken
    python = environment.python
    if python and python.release[:2] < OLDEST:
        raise NoInterpreterError(
            f"the folder declares Python {'.'.join(map(str, python.release))}, and models are run with Python 3.8 and "
            "newer: test it with --env current or --env PATH"
        )
    return Declaration(
        python=".".join(map(str, python.release)) if python else "",
        build=build,
        packages=packages,
        mlflow="" if named & _BRINGS_MLFLOW else _mlflow_of(folder),
        content=_digest(folder, (*build, *packages)),
        location=location,
        notes=tuple(_say_left_out(folder, named)),
    )


def _read_lines(folder: ModelFolder) -> tuple[tuple[str, ...], tuple[str, ...], Location, frozenset[str]]:
    """Return build tools, packages, their place, and the names among them that come from conda packages."""
    document = folder.python_env
    if document is not None:
        if not isinstance(document.data, dict):
            raise DeclarationError(f"{document.path} cannot be read", Location(document.path, 1, 1))
        build, packages = (_strings(document.get(key)) for key in ("build_dependencies", "dependencies"))
        place = Location(REQUIREMENTS, 1, 1) if folder.requirements is not None else document.locate("dependencies")
        return build, packages, place, frozenset()
    build = tuple(_as_pip(spec, spec.name) for spec in folder.conda_specs if spec.name in BUILD_TOOLS - {"python"})
    if folder.requirements is not None:
        lines: tuple[str, ...] = (f"-r {REQUIREMENTS}",)
        place = Location(REQUIREMENTS, 1, 1)
    elif folder.conda is not None:
        lines = tuple(dict.fromkeys(line.text for line in folder.conda_pip or ()))
        place = folder.conda.locate("dependencies")
    else:
        raise NoInterpreterError(
            "the folder declares no environment (no python_env.yaml, requirements.txt or conda.yaml): "
            "test it with --env current or --env PATH"
        )
    named = {line.name for line in read_environment(folder).installed}
    known = {pip_name(spec.name): _as_pip(spec, str(pypi_equivalent(spec.name))) for spec in _equivalents(folder)}
    added = {name: line for name, line in known.items() if name not in named}
    return build, (*lines, *added.values()), place, frozenset(added)


def _equivalents(folder: ModelFolder) -> Iterator[CondaSpec]:
    """Yield the conda packages that are on PyPI under a known name, in a version that pip has words for."""
    for spec in folder.conda_specs:
        if spec.name not in BUILD_TOOLS and pypi_equivalent(spec.name) and "|" not in spec.version:
            yield spec


def _as_pip(spec: CondaSpec, name: str) -> str:
    """Return a conda package as a requirement: `=1.2` is any 1.2 to conda, but with a build it is that very one."""
    version = spec.version
    if version.startswith("=") and not version.startswith("=="):
        exact = version[1:].removesuffix("*").removesuffix(".")
        return f"{name}=={exact}" if spec.build or name in BUILD_TOOLS else f"{name}=={exact}.*"
    return f"{name}=={version}" if version[:1].isdigit() else f"{name}{version if version != '*' else ''}"


def _say_left_out(folder: ModelFolder, named: Iterable[str | None]) -> Iterator[str]:
    if folder.has("uv.lock"):
        yield "uv.lock was left alone: what requirements.txt says was installed"
    have = {*named, *BUILD_TOOLS}
    left = [spec.text for spec in folder.conda_specs if pip_name(spec.name) not in have]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        yield f"packages of conda.yaml that only conda installs were left out: {', '.join(left[:_SHOWN])}{more}"


_SHOWN: Final = 8


def _mlflow_of(folder: ModelFolder) -> str:
    """Return MLflow in the version that wrote the folder; a development version is on no index, its release is."""
    version = folder.mlflow_version
    return f"mlflow=={version.base_version}" if version else "mlflow"


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


# --- what it depends on ----------------------------------------------------------------------------------------


def _digest(folder: ModelFolder, lines: Iterable[str]) -> str:
    total = hashlib.sha256(repr(tuple(lines)).encode("utf-8", "surrogatepass"))
    everything = read_environment(folder).everything
    paths = {path for line in everything if (path := local_path(line)) is not None}
    for path in sorted({REQUIREMENTS, *paths}):
        for name in _files_of(folder, path):
            total.update(f"\0{name}\0".encode("utf-8", "surrogatepass") + _digest_file(folder, name))
    return total.hexdigest()


def _files_of(folder: ModelFolder, path: str) -> list[str]:
    if folder.is_dir(path):
        return [entry.path for entry in folder.files if path == "." or entry.path.startswith(f"{path}/")]
    return [path]


def _digest_file(folder: ModelFolder, path: str) -> bytes:
    content = hashlib.sha256()
    stream = folder.open(path)
    if stream is not None:
        with stream:
            while block := stream.read(1 << 20):
                content.update(block)
    return content.digest()
