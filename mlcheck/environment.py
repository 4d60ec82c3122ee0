"""What the environment files of a model folder ask for together: every line once, and the Python of each file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from mlcheck.document import Document
from mlcheck.facts.packages import pip_name
from mlcheck.finding import Location
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.match_spec import CondaSpec
from mlcheck.parts import shared_by
from mlcheck.pip_lines import decode_requirements
from mlcheck.records import record
from mlcheck.requirements import Requirement, parse_requirements, parse_requirements_text

REQUIREMENTS = "requirements.txt"
BUILD_TOOLS = frozenset({"python", "pip", "setuptools", "wheel"})
"""What MLflow reads of the conda packages when it builds an environment with virtualenv or uv."""


@record(frozen=True, slots=True)
class DeclaredPython:
    """The one Python that a file declares: the file, the text as written, its numbers and its place."""

    source: str
    text: str
    release: tuple[int, ...]
    location: Location

    def agrees_with(self, other: DeclaredPython) -> bool:
        """Tell whether the shorter version is the beginning of the longer one (`3.8` of `3.8.12`)."""
        length = min(len(self.release), len(other.release))
        return self.release[:length] == other.release[:length]


@record(frozen=True, slots=True)
class Environment:
    """The environment files of one folder.

    Each group of lines holds those of the files that it includes with `-r`, after the line that includes them.
    has_requirements: whether there is a requirements.txt, of which `requirements` are the lines.
    python_env, build: `dependencies` and `build_dependencies` of python_env.yaml.
    conda_pip, conda: the pip section and the packages of conda.yaml. constraints: the lines of constraint files.
    lines: requirements, python_env and conda_pip, those with the same text once: MLflow writes most into two files.
    pythons: what MLmodel, conda.yaml and python_env.yaml declare, those that declare one version.
    """

    has_requirements: bool
    requirements: tuple[Requirement, ...]
    python_env: tuple[Requirement, ...]
    build: tuple[Requirement, ...]
    conda_pip: tuple[Requirement, ...]
    lines: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]
    conda: tuple[CondaSpec, ...]
    pythons: tuple[DeclaredPython, ...]

    @property
    def everything(self) -> tuple[Requirement, ...]:
        """All lines, those of constraint files and `build` too, those with the same text once."""
        return (*self.lines, *self.build, *self.constraints)

    @property
    def groups(self) -> tuple[tuple[Requirement, ...], ...]:
        """What pip is given together: the lines of requirements.txt, of python_env.yaml and of conda.yaml."""
        return (self.requirements, self.python_env, self.conda_pip)

    @property
    def installed(self) -> tuple[Requirement, ...]:
        """What pip gets from requirements.txt; without one from python_env.yaml, else from conda.yaml."""
        return self.requirements if self.has_requirements else self.python_env or self.conda_pip

    @property
    def python(self) -> DeclaredPython | None:
        """The Python that an environment is built with: of python_env.yaml, else conda.yaml, else MLmodel."""
        known = {python.source: python for python in self.pythons}
        return known.get("python_env.yaml") or known.get("conda.yaml") or known.get(MLMODEL)

    @property
    def recorded(self) -> DeclaredPython | None:
        """The Python that the others are held against: the one that made the model, else the first one."""
        return next((python for python in self.pythons if python.source == MLMODEL), (*self.pythons, None)[0])

    @property
    def builds(self) -> tuple[tuple[DeclaredPython | None, tuple[Requirement, ...]], ...]:
        """Return what pip installs on which Python: virtualenv and uv environments first, then that of conda."""
        known = {python.source: python for python in self.pythons}
        conda = known.get("conda.yaml") or known.get(MLMODEL)
        own = (*self.requirements, *self.python_env, *self.build)
        return ((self.python, _once(own)), (conda, self.conda_pip))

    @property
    def names(self) -> frozenset[str]:
        """The distributions that any of the files names, as pip names them."""
        named = {line.name for line in self.lines if line.name}
        return frozenset(named | {pip_name(spec.name) for spec in self.conda})

    @property
    def index_options(self) -> tuple[Requirement, ...]:
        """The lines that name another place to look for packages."""
        sources = {"--index-url", "--extra-index-url", "--find-links"}
        return tuple(line for line in self.lines if line.option in sources)


@shared_by("environment")
def read_environment(folder: ModelFolder) -> Environment:
    """Return what the environment files of a folder say."""
    requirements = tuple(_expand(folder, folder.requirements or ()))
    python_env = tuple(_expand(folder, _python_env_lines(folder, "dependencies")))
    conda_pip = tuple(_expand(folder, folder.conda_pip or ()))
    lines = _once((*requirements, *python_env, *conda_pip))
    return Environment(
        has_requirements=folder.requirements is not None,
        requirements=requirements,
        python_env=python_env,
        build=tuple(_python_env_lines(folder, "build_dependencies")),
        conda_pip=conda_pip,
        lines=lines,
        constraints=_once(_constraints(folder, lines)),
        conda=folder.conda_specs,
        pythons=tuple(_declared_pythons(folder)),
    )


def local_path(line: Requirement) -> str | None:
    """Return where a line's file lies in the folder; `None` for URLs, absolute paths and those that leave it."""
    target = line.target
    if not target or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/~\\]", target):
        return None
    # pip takes `-r` relative to the file it stands in, everything else relative to where it runs. MLflow copies the
    # lines of python_env.yaml, wherever it lies, into a file at the root of the folder.
    copied = (
        line.location.pointer.startswith(("/dependencies/", "/build_dependencies/"))
        and "/pip/" not in line.location.pointer
    )
    base = "" if copied or line.kind not in {"file", "constraint"} else posixpath.dirname(line.location.path)
    path = posixpath.normpath(posixpath.join(base, target.replace("\\", "/")))
    return None if path.split("/", 1)[0] == ".." else path


def is_remote(target: str) -> bool:
    """Tell whether a target is on the network; `file:` and `git+file:` are not, a drive letter is no scheme."""
    return bool(re.match(r"(?!(?:\w+\+)?file:)[A-Za-z][A-Za-z0-9+.-]+:/", target, re.IGNORECASE))


def marker_holds(line: Requirement, python: tuple[int, ...]) -> bool:
    """Tell whether a line's marker holds for a CPython release on Linux; true where that cannot be told."""
    return not line.marker or len(python) < 2 or _marker_holds(line.marker, python)


@lru_cache(maxsize=8192)  # many rules ask for it of each line
def _marker_holds(text: str, python: tuple[int, ...]) -> bool:
    if re.search(r"platform_(?:release|version)", text):
        return True
    full = ".".join(map(str, (*python, 0)[:3]))
    environment = {
        "python_version": ".".join(map(str, python[:2])),
        "python_full_version": full,
        "implementation_version": full,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName  # noqa: PLC0415

    try:
        marker = Marker(text)
        return any(marker.evaluate({**environment, "platform_machine": machine}) for machine in ("x86_64", "aarch64"))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return True


def release_of(text: object) -> tuple[int, ...]:
    """Return the numbers of a plain version (`3.10.4`, `3.10.*`), nothing for any other value."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,9}(?:\.\d{1,9}){0,5}(?:\.\*)?", text.strip()):
        return ()
    return tuple(int(part) for part in text.strip().split(".") if part != "*")


def _once(lines: Iterable[Requirement]) -> tuple[Requirement, ...]:
    seen: dict[tuple[str, str], Requirement] = {}
    for line in lines:
        seen.setdefault((" ".join(line.text.split()), line.target), line)
    return tuple(seen.values())


def _expand(folder: ModelFolder, lines: Iterable[Requirement], seen: set[str] | None = None) -> Iterator[Requirement]:
    """Yield lines and those of the files that they include, of each file once: files may include each other."""
    seen = set() if seen is None else seen
    for line in lines:
        yield line
        path = local_path(line) if line.kind == "file" else None
        if path is not None and path not in seen and len(seen) < _MAX_FILES:
            seen.add(path)
            yield from _expand(folder, _read_file(folder, path), seen)


_MAX_FILES = 20


def _constraints(folder: ModelFolder, lines: Iterable[Requirement]) -> Iterator[Requirement]:
    seen: set[str] = set()
    for line in lines:
        path = local_path(line) if line.kind == "constraint" else None
        if path is not None and path not in seen:
            seen.add(path)
            yield from _expand(folder, _read_file(folder, path), seen)


def _read_file(folder: ModelFolder, path: str) -> tuple[Requirement, ...]:
    if path == REQUIREMENTS:
        return folder.requirements or ()
    raw = folder.read_bytes(path)
    return () if raw is None else parse_requirements_text(path, decode_requirements(raw))


def _python_env_lines(folder: ModelFolder, key: str) -> Iterator[Requirement]:
    document = folder.python_env
    items = document.get(key) if document else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, str) and document is not None:
            yield from parse_requirements(item, document.locate(key, index))


def _declared_pythons(folder: ModelFolder) -> Iterator[DeclaredPython]:
    if folder.mlmodel is not None:
        keys = ("flavors", "python_function", "python_version")
        yield from _declared(MLMODEL, folder.mlmodel, folder.pyfunc.get("python_version"), *keys)
    for spec in folder.conda_specs:
        if spec.name == "python":
            exact = re.sub(r"^=(?:==?)?", "", spec.version)
            if release_of(exact):
                yield DeclaredPython("conda.yaml", spec.text, release_of(exact), spec.location)
                break
    if folder.python_env is not None:
        yield from _declared("python_env.yaml", folder.python_env, folder.python_env.get("python"), "python")


def _declared(source: str, document: Document, value: object, *keys: str) -> Iterator[DeclaredPython]:
    release = release_of(value)
    if release:
        yield DeclaredPython(source, str(value), release, document.locate(*keys))
