"""Builds what a folder declares as a virtual environment, in the steps in which MLflow does so."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mlcheck.contract.interpreters.declaration import Declaration
from mlcheck.contract.interpreters.types import DeclarationError, NoInterpreterError
from mlcheck.contract.interpreters.uv import Uv, UvError, blames_folder, essential_lines, one_line, remedy_for
from mlcheck.finding import Location
from mlcheck.requirements import parse_requirements

_LAST_WITH_SETUPTOOLS: Final = (3, 11)
"""`python -m venv` and conda bring setuptools up to here, and with it the pkg_resources that older MLflow imports."""


def build_environment(declaration: Declaration, model: Path, place: Path, uv: Uv) -> tuple[str, ...]:
    """Build the environment at `place`, a folder that does not exist; return notes about it.

    Raises DeclarationError when what is declared cannot be installed by anybody, NoInterpreterError when something
    is missing here, TimeoutError at the deadline.
    """
    python, notes = _make_venv(declaration, place, uv)
    with _stage(model, place) as stage:
        for lines in filter(None, (_build_tools(declaration, python), declaration.packages)):
            _install(declaration, place, stage, lines, uv)
        if declaration.mlflow and not _has_mlflow(place):
            _install(declaration, place, stage, (*declaration.packages, declaration.mlflow), uv)
            notes = (*notes, f"the folder does not declare MLflow: {declaration.mlflow} was installed")
    return (*notes, *declaration.notes)


# --- Python ----------------------------------------------------------------------------------------------------


def _make_venv(declaration: Declaration, place: Path, uv: Uv) -> tuple[str, tuple[str, ...]]:
    """Return the version that was asked for, and a note where it is not the declared one."""
    wanted = declaration.python or platform.python_version()
    minor = ".".join(wanted.split(".")[:2])
    try:
        _ask_for_venv(wanted, place, uv)
    except UvError as error:
        if minor == wanted:
            raise _no_python(wanted, error) from None
        try:
            _ask_for_venv(minor, place, uv)
        except UvError:
            raise _no_python(wanted, error) from None
        return minor, (f"Python {wanted} is not to be had here: another {minor} was taken",)
    undeclared = f"the folder declares no Python: {wanted} was taken, which mlcheck runs with"
    return wanted, () if declaration.python else (undeclared,)


def _ask_for_venv(python: str, place: Path, uv: Uv) -> None:
    environment = {"PATH": os.pathsep.join([*_pyenv_folders(python), os.environ.get("PATH", os.defpath)])}
    given = os.environ.get("UV_PYTHON_SEARCH_PATH")
    if given is not None:
        environment["UV_PYTHON_SEARCH_PATH"] = os.pathsep.join([given, *_pyenv_folders(python)])
    arguments = ["venv", "--no-project", "--quiet", "--python", python, str(place)]
    uv.run(arguments, cwd=place.parent, environment=environment)


def _pyenv_folders(python: str) -> list[str]:
    """Return where pyenv, with which MLflow's virtualenv environments are built, has such a Python."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    exact = root / python / "bin"
    return [str(path) for path in (exact, *sorted(root.glob(f"{python}.*/bin"), reverse=True)) if path.is_dir()]


def _no_python(python: str, error: UvError) -> NoInterpreterError:
    minor = ".".join(python.split(".")[:2])
    return NoInterpreterError(
        f"uv has no Python {python}, which the folder declares ({one_line(str(error))}): run "
        f"`uv python install {minor}`, put a Python {minor} on PATH, or name an interpreter with --env PATH"
    )


# --- packages --------------------------------------------------------------------------------------------------


def _build_tools(declaration: Declaration, python: str) -> tuple[str, ...]:
    asked = (requirement for line in declaration.build for requirement in parse_requirements(line, Location("")))
    declared = any(requirement.name == "setuptools" for requirement in asked)
    release = tuple(int(part) for part in python.split(".")[:2])
    return declaration.build if declared or release > _LAST_WITH_SETUPTOOLS else (*declaration.build, "setuptools<81")


@contextmanager
def _stage(model: Path, place: Path) -> Iterator[Path]:
    """Give a folder that holds links to what the model folder holds, so that relative paths lead where they should."""
    with tempfile.TemporaryDirectory(prefix="stage-", dir=place) as root:
        for entry in os.scandir(model):
            os.symlink(os.path.abspath(entry.path), os.path.join(root, entry.name))
        yield Path(root)


def _install(declaration: Declaration, place: Path, stage: Path, lines: Sequence[str], uv: Uv) -> None:
    with tempfile.NamedTemporaryFile("w", dir=stage, suffix=".txt", encoding="utf-8", delete=False) as file:
        file.write("\n".join(lines))
    # Compiled now, for models are run without leave to write bytecode
    arguments = ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(python_of(place))]
    try:
        uv.run([*arguments, "-r", file.name], cwd=stage)
    except UvError as error:
        said = str(error).replace(file.name, declaration.location.path).replace(f"{stage}{os.sep}", "")
        raise _cannot_install(declaration, said) from None


def _cannot_install(declaration: Declaration, said: str) -> Exception:
    if blames_folder(said):
        where = f"Python {declaration.python or platform.python_version()}, {platform.system()} {platform.machine()}"
        return DeclarationError(
            f"the environment that the folder declares cannot be built ({where}): {one_line(said)}",
            declaration.location,
            hint="MLflow cannot build it here either: declare versions that can be installed together on this Python",
            words=essential_lines(said),
        )
    return NoInterpreterError(f"the declared environment could not be built here: {one_line(said)}{remedy_for(said)}")


def python_of(place: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _has_mlflow(place: Path) -> bool:
    return (
        any(place.glob("lib*/python*/site-packages/mlflow/__init__.py"))
        or (place / "Lib" / "site-packages" / "mlflow" / "__init__.py").is_file()
    )
