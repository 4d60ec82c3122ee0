"""The rule about wheels that the requirements name: they must be for the Python and the system of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import DeclaredPython, marker_holds, read_environment
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.records import record
from mlcheck.requirements import Requirement
from mlcheck.rules.registry import rule


@record(frozen=True, slots=True)
class _Wheel:
    """The last parts of a wheel's name: the Pythons, their binary interfaces and the platforms that it is for."""

    file: str
    pythons: tuple[str, ...]
    interfaces: tuple[str, ...]
    platforms: tuple[str, ...]


@rule("MLC334", Severity.ERROR, since="0.1.0", reads="environment")
def wheel_not_for_environment(folder: ModelFolder) -> Iterator[Problem]:
    """Finds wheels among the requirements that are for another Python than the environment declares, or not for Linux.

    ## Why is this bad?
    pip refuses such a wheel, and with it the whole file: "is not a supported wheel on this platform". A wheel for
    Windows or macOS alone is a warning: it installs where the model was made, not in a container.

    ## Bad
        python: 3.11.7                                          (python_env.yaml)
        wheels/acme-1.0-cp39-cp39-manylinux2014_x86_64.whl      (requirements.txt)

    ## Good
        wheels/acme-1.0-cp311-cp311-manylinux2014_x86_64.whl
        wheels/acme-1.0-py3-none-any.whl

    ## What to do
    Build the wheel for the Python and the system that the model is served with, or add a marker such as
    `; sys_platform == "win32"`.

    ## Based on
    The names of wheels (PEP 427, PEP 425) and the order of tags in `packaging.tags`
    """
    told: set[str] = set()
    for python, lines in read_environment(folder).builds:
        for line in lines:
            wheel = _wheel_of(line)
            if wheel is None or line.text in told or not marker_holds(line, python.release if python else (3, 11)):
                continue
            told.add(line.text)
            if python is not None and len(python.release) > 1 and not _runs_on(wheel, python):
                tag = "-".join((".".join(wheel.pythons), ".".join(wheel.interfaces)))
                message = f"the wheel {wheel.file!r} is for {tag}: pip refuses it on Python {python.text}"
                hint = "build the wheel for that Python"
                yield Problem(f"{message}, which {python.source} declares", line.location, hint, subject=wheel.file)
            elif not any(map(_is_for_linux, wheel.platforms)):
                message = f"the wheel {wheel.file!r} is for {' and '.join(wheel.platforms)}: pip refuses it on Linux"
                hint = "build the wheel for Linux, or add a marker"
                yield Problem(message, line.location, hint, subject=wheel.file, severity=Severity.WARNING)


def _wheel_of(line: Requirement) -> _Wheel | None:
    if ".whl" not in line.target:
        return None
    file = re.split(r"[/\\]", line.target.partition("#")[0].partition("?")[0])[-1]
    parts = file.removesuffix(".whl").split("-")
    if not file.endswith(".whl") or not 5 <= len(parts) <= 6:
        return None
    pythons, interfaces, platforms = (tuple(part.split(".")) for part in parts[-3:])
    return _Wheel(file, pythons, interfaces, platforms)


def _runs_on(wheel: _Wheel, python: DeclaredPython) -> bool:
    minor = python.release[:2]
    return any(_fits(tag, interface, minor) for tag in wheel.pythons for interface in wheel.interfaces)


def _fits(tag: str, interface: str, minor: tuple[int, ...]) -> bool:
    """Tell whether CPython takes a tag, such as `cp39`; those in forms of their own are let pass."""
    found = re.fullmatch(r"(py|cp)(\d)(\d*)", tag)
    if found is None:
        return not re.fullmatch(r"(?:pp|ip|jy|graalpy)\d+", tag)
    wanted = (int(found[2]), int(found[3] or 0))
    if found[1] == "py" or interface == "abi3" or not found[3]:
        return wanted[0] == minor[0] and wanted <= minor
    return wanted == minor


def _is_for_linux(platform: str) -> bool:
    return platform == "any" or "linux" in platform
