"""Which releases of common libraries install on which Python, and which releases cannot be installed together.

From the package index in November 2026 (`pip index versions … --only-binary=:all:`, Linux x86-64) and from the
metadata of the releases named; adding a library is adding one entry.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from packaging.version import Version

from mlcheck.pep440 import allows
from mlcheck.records import record

# Distribution → for each Python the first and the last release that has wheels for it; no last release: the newest.
_WHEELS: dict[str, str] = {
    "numpy": "3.7:1.14.5-1.21.6 3.8:1.17.3-1.24.4 3.9:1.19.3-2.0.2 3.10:1.21.2-2.2.6 3.11:1.23.2-2.4.6 "
    "3.12:1.26.0- 3.13:2.1.0- 3.14:2.3.2-",
    "pandas": "3.7:0.23.2-1.3.5 3.8:0.25.2-2.0.3 3.9:1.1.3-2.3.3 3.10:1.3.3-2.3.3 3.11:1.5.0- 3.12:2.1.1- "
    "3.13:2.2.3- 3.14:2.3.3-",
    "scipy": "3.7:1.1.0-1.7.3 3.8:1.3.2-1.10.1 3.9:1.5.4-1.13.1 3.10:1.7.2-1.15.3 3.11:1.9.2-1.17.1 3.12:1.11.2- "
    "3.13:1.14.1- 3.14:1.16.1-",
    "scikit-learn": "3.7:0.19.2-1.0.2 3.8:0.22-1.3.2 3.9:0.24.0-1.6.1 3.10:1.0.2-1.7.2 3.11:1.1.3- 3.12:1.3.1- "
    "3.13:1.5.2- 3.14:1.7.2-",
    "tensorflow": "3.7:1.13.1-2.11.0 3.8:2.2.0-2.13.1 3.9:2.5.0-2.20.0 3.10:2.8.0- 3.11:2.12.0- 3.12:2.16.1- "
    "3.13:2.20.0-",
    "torch": "3.7:1.0.0-1.13.1 3.8:1.4.0-2.4.1 3.9:1.7.1-2.8.0 3.10:1.11.0-2.14.1 3.11:1.13.0- 3.12:2.2.0- "
    "3.13:2.5.0- 3.14:2.9.0-",
    "onnxruntime": "3.7:0.1.2-1.14.1 3.8:1.2.0-1.19.2 3.9:1.7.0-1.19.2 3.10:1.12.0-1.23.2 3.11:1.15.0- "
    "3.12:1.17.0- 3.13:1.20.0- 3.14:1.24.1-",
    "pyarrow": "3.7:0.11.0-12.0.1 3.8:0.16.0-17.0.0 3.9:3.0.0-21.0.0 3.10:6.0.0-25.0.1 3.11:10.0.1- 3.12:14.0.0- "
    "3.13:18.0.0- 3.14:22.0.0-",
}

# Without a wheel pip builds from source: these have none, and numpy's needs the distutils that Python 3.12 lost.
_NO_SOURCE = frozenset({"tensorflow", "torch", "onnxruntime"})
_DISTUTILS = frozenset({"numpy"})
_NO_DISTUTILS = (3, 12)

# What breaks in the build tools themselves on a Python (tried): it uses pkgutil.ImpImporter or distutils.
_BUILD_TOOLS: dict[str, tuple[tuple[int, int], str]] = {
    "pip": ((3, 12), "23.1.2"),
    "setuptools": ((3, 12), "66.1.0"),
}


@record(frozen=True, slots=True)
class Mismatch:
    """Why a release does not go with a Python: only releases from `first` to `last` do ("" = the newest).

    kind: it has `dropped` the Python, is `too-old` for it (not installable, or it does not run), or has `no-wheel`:
    pip builds it from source.
    """

    kind: Literal["dropped", "too-old", "no-wheel"]
    first: str
    last: str


@cache
def _wheels(distribution: str) -> dict[tuple[int, int], tuple[str, str]]:
    found = {}
    for entry in _WHEELS.get(distribution, "").split():
        python, _, releases = entry.partition(":")
        major, minor = python.split(".")
        first, _, last = releases.partition("-")
        found[int(major), int(minor)] = (first, last)
    return found


def python_mismatch(distribution: str, release: Version, python: tuple[int, ...]) -> Mismatch | None:
    """Return why a release of a library cannot be had for a Python (major, minor, …), `None` if it can or may be.

    Linux on x86-64 is assumed; libraries and Pythons that the tables do not know pass.
    """
    minor = (python[0], python[1])
    since = _BUILD_TOOLS.get(distribution)
    if since is not None:
        if minor >= since[0] and release < Version(since[1]):
            return Mismatch("too-old", since[1], "")
        return None
    pythons = _wheels(distribution)
    if minor not in pythons:
        return None
    first, last = pythons[minor]
    if last and release > Version(last):
        return Mismatch("dropped", first, last)
    if release >= Version(first):
        return None
    no_source = distribution in _NO_SOURCE or (distribution in _DISTUTILS and minor >= _NO_DISTUTILS)
    return Mismatch("too-old" if no_source else "no-wheel", first, last)


@record(frozen=True, slots=True)
class Limit:
    """Releases of a distribution that go with some releases of another only: by their metadata, or by their ABI."""

    distribution: str
    releases: str
    other: str
    allowed: str


# Where only some releases were read, the limit is that of the next one that was: a cap only ever rises.
LIMITS: tuple[Limit, ...] = (
    Limit("mlflow", "<=2.15.0", "numpy", "<2"),
    Limit("mlflow", "<=2.0.1", "pandas", "<2"),
    Limit("mlflow", "<=3.14.0", "pandas", "<3"),
    Limit("mlflow", "<=2.0.1", "pyarrow", "<11"),
    Limit("mlflow", "<=2.3.0", "pyarrow", "<12"),
    Limit("mlflow", "<=2.6.0", "pyarrow", "<13"),
    Limit("mlflow", "<=2.8.0", "pyarrow", "<14"),
    Limit("mlflow", "<=2.15.0", "pyarrow", "<16"),
    Limit("mlflow", "<=2.17.0", "pyarrow", "<18"),
    Limit("mlflow", "<=2.18.0", "pyarrow", "<19"),
    Limit("mlflow", "<=3.9.0", "pyarrow", "<23"),
    Limit("mlflow", "<=3.12.0", "pyarrow", "<24"),
    Limit("mlflow", "<=3.14.0", "pyarrow", "<25"),
    *(Limit(name, "<=2.8.0", "cloudpickle", "<3") for name in ("mlflow", "mlflow-skinny")),
    *(Limit(name, "<=2.0.1", "packaging", "<22") for name in ("mlflow", "mlflow-skinny")),
    *(Limit(name, "<=2.9.2", "packaging", "<24") for name in ("mlflow", "mlflow-skinny")),
    *(Limit(name, "<=2.22.4", "packaging", "<25") for name in ("mlflow", "mlflow-skinny")),
    *(Limit(name, "<=3.9.0", "packaging", "<26") for name in ("mlflow", "mlflow-skinny")),
    Limit("pandas", "<=2.2.1", "numpy", "<2"),
    Limit("pandas", ">=2.1", "numpy", ">=1.22.4"),
    Limit("pandas", ">=3.0", "numpy", ">=1.26"),
    Limit("scikit-learn", "<1.4.2", "numpy", "<2"),
    Limit("scikit-learn", ">=1.7", "numpy", ">=1.22"),
    Limit("scipy", "<=1.12.0", "numpy", "<2"),
    Limit("scipy", "<=1.14.1", "numpy", "<2.3"),
    Limit("scipy", "<=1.16.0", "numpy", "<2.6"),
    Limit("scipy", ">=1.14.1", "numpy", ">=1.23.5"),
    Limit("pyarrow", "<=15.0.2", "numpy", "<2"),
    Limit("tensorflow", "<=2.12.0", "numpy", "<1.24"),
    Limit("tensorflow", "<=2.13.0", "numpy", "<=1.24.3"),
    Limit("tensorflow", "<=2.17.0", "numpy", "<2"),
    Limit("tensorflow", "<=2.18.0", "numpy", "<2.1"),
    Limit("tensorflow", "<=2.19.0", "numpy", "<2.2"),
    Limit("tensorflow", ">=2.15", "numpy", ">=1.23.5"),
    Limit("tensorflow", "<=2.15.0", "keras", "<3"),
)

LIMITED = frozenset(name for limit in LIMITS for name in (limit.distribution, limit.other))
"""The distributions that `LIMITS` are about."""


def broken_limit(distribution: str, release: Version, other: str, other_release: Version) -> Limit | None:
    """Return the limit that two releases break together, `None` when they are not known to."""
    for limit in LIMITS:
        concerned = (limit.distribution, limit.other) == (distribution, other) and _within(release, limit.releases)
        if concerned and not _within(other_release, limit.allowed):
            return limit
    return None


def _within(release: Version, spec: str) -> bool:
    return allows(spec, release)
