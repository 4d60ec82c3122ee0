"""Conda specifications: the table holds what `conda.models.match_spec.MatchSpec` of conda 26 makes of them."""

from __future__ import annotations

import random

import pytest

from mlcheck.finding import Location
from mlcheck.match_spec import CondaSpec, parse_match_spec

PLACE = Location("conda.yaml", 1, 1)


def parse(text: str) -> CondaSpec:
    return parse_match_spec(text, PLACE)


@pytest.mark.parametrize(
    ("text", "channel", "name", "version", "build"),
    [
        ("python=3.10.4", "", "python", "=3.10.4", ""),
        ("python==3.10", "", "python", "==3.10", ""),
        ("python 3.10", "", "python", "3.10", ""),
        ("python = 3.10", "", "python", "=3.10", ""),
        ("python=3.10.*", "", "python", "=3.10.*", ""),
        ("python >=3.9, <3.11", "", "python", ">=3.9,<3.11", ""),
        ("python=3.10|3.11", "", "python", "=3.10|3.11", ""),
        ("python=", "", "python", "=", ""),
        ("python=>3.9", "", "python", "=>3.9", ""),
        ("python=3.8.5=h0660", "", "python", "=3.8.5", "h0660"),
        ("python 3.10.4 h123", "", "python", "3.10.4", "h123"),
        ("numpy=1.26 py310_0", "", "numpy", "=1.26", "py310_0"),
        ("numpy ==1.2 py_0", "", "numpy", "==1.2", "py_0"),
        ("foo>=1.0 , < 2.0 py34_0", "", "foo", ">=1.0,<2.0", "py34_0"),
        ("libgcc-ng=12.2.0=h65d4601_19", "", "libgcc-ng", "=12.2.0", "h65d4601_19"),
        ("_libgcc_mutex=0.1=conda_forge", "", "_libgcc_mutex", "=0.1", "conda_forge"),
        ("conda-forge::python=3.10", "conda-forge", "python", "=3.10", ""),
        ("conda-forge/linux-64::python=3", "conda-forge", "python", "=3", ""),
        ("pkgs/main::numpy", "pkgs/main", "numpy", "", ""),
        (
            "https://conda.anaconda.org/conda-forge::numpy=1",
            "https://conda.anaconda.org/conda-forge",
            "numpy",
            "=1",
            "",
        ),
        ("pytorch[version='>=1.0']", "", "pytorch", ">=1.0", ""),
        ("foo=1.0[build=3]", "", "foo", "=1.0", "3"),
        ("foo[channel=bioconda, version=1.2]", "bioconda", "foo", "1.2", ""),
        ("requests[security]>=2", "", "requests", ">=2", ""),
        ("NumPy", "", "numpy", "", ""),
        ("numpy # why", "", "numpy", "", ""),
        ("pip<=22", "", "pip", "<=22", ""),
        ("scikit-learn=0.22.2.post1", "", "scikit-learn", "=0.22.2.post1", ""),
        ("torch==1.9.0+cu102", "", "torch", "==1.9.0+cu102", ""),
        ("__glibc>=2.17", "", "__glibc", ">=2.17", ""),
        ("*", "", "*", "", ""),
        ("https://host/linux-64/foo-bar-1.0-py39_0.conda", "", "foo-bar", "==1.0", "py39_0"),
    ],
)
def test_spec(text: str, channel: str, name: str, version: str, build: str) -> None:
    assert parse(text) == CondaSpec(text, PLACE, channel, name, version, build)


@pytest.mark.parametrize(
    "text",
    [
        "-r requirements.txt",
        "-e .",
        "--extra-index-url https://host/simple",
        "./pkg.whl",
        "git+https://github.com/o/r",
        "foo @ https://host/x.whl",
        "https://host/x.whl",
        "numpy==1.2; python_version<'3'",
        "numpy>=1.2 <2",
        "numpy=1.2=",
        "numpy==",
        "numpy <",
        "foo -> 1",
        "foo__bar",
        ">1.8",
        "==1",
        "=",
        "channel::",
        "",
    ],
)
def test_conda_refuses(text: str) -> None:
    assert not parse(text).readable


def test_nothing_raises() -> None:
    rng = random.Random(22)
    for _ in range(3000):
        parse("".join(rng.choices("ab1.=<>!~*,|[]()'\":/@# \n\0é-_", k=rng.randint(0, 30))))


@pytest.mark.parametrize("text", ["a-" * 50_000, "a" * 50_000 + "!", "a=" + "1." * 50_000, "a[" * 9000, "a = " * 9000])
def test_long_specs_are_quick(text: str) -> None:
    assert parse(text).text == text.strip()
