"""What is read without packaging is what packaging reads."""

from __future__ import annotations

import itertools
import random

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name as packaging_name
from packaging.version import Version

from mlcheck.pep440 import allows, canonicalize_name, split_plain

NAMES = ["numpy", "scikit-learn", "ruamel.yaml", "A_b", "x", "-x", "x-", "zope..interface", "ünicode", "a b", "2to3"]
EXTRAS = ["", "[all]", "[a,b]", "[b, a]", "[]", "[a,,b]", "[A,a]", " [genai]", "[a"]
OPERATORS = ["==", "===", "!=", "<", "<=", ">", ">=", "~=", "=", "=>", "<>"]
NUMBERS = ["1", "1.0", "1.0.0", "0", "0.0", "2.1", "2.1.3", "10.02", "1.*", "2.1.*", "1.0.*", "1.2.3.4", "2023.10.1"]
ODD = ["1.0rc1", "1.0.post1", "1!2.0", "1.0+cpu", "v1.0", "", "*", "1..0", "1.", "1_0", "9" * 12, "٣"]
BLANKS = ["", " "]


def requirements(count: int) -> list[str]:
    random.seed(20)
    found = []
    for _ in range(count):
        blank = random.choice(BLANKS)
        first = f"{random.choice(OPERATORS)}{blank}{random.choice(NUMBERS + ODD)}"
        second = f"{random.choice(['', ' '])},{blank}{random.choice(OPERATORS)}{random.choice(NUMBERS + ODD)}"
        found.append(
            random.choice(NAMES)
            + random.choice(EXTRAS)
            + random.choice(BLANKS)
            + random.choice(["", first, first, first + second, first + second + second])
            + random.choice(["", "", "", ";python_version>'3'", " @ https://x.org/a.whl", "\n", ")"])
        )
    return found


def test_plain_requirements_are_read_as_packaging_reads_them() -> None:
    plain = 0
    for text in requirements(20_000):
        found = split_plain(text)
        if found is None:
            continue
        plain += 1
        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            pytest.fail(f"{text!r} is no requirement")
        assert not parsed.url
        assert not parsed.marker
        assert found == (parsed.name, str(parsed.specifier), tuple(sorted(parsed.extras))), text
    assert plain > 500


@pytest.mark.parametrize(
    "text", ["numpy", "numpy==2.1.0", "mlflow[extras]==3.1", "numpy>=1.26,<2", "numpy >= 1.26, < 2"]
)
def test_ordinary_requirements_are_plain(text: str) -> None:
    assert split_plain(text) is not None


def test_versions_are_allowed_as_packaging_allows_them() -> None:
    versions = [
        Version(text) for text in ["0", "1", "1.0", "1.0.1", "1.1", "2", "2.1", "2.1.0", "2.1.3", "2.2", "10.2"]
    ]
    versions += [Version(text) for text in ["1.0rc1", "2.1.dev1", "2.1.post1", "1!2.0", "2.1+cpu", "2.1.3.post0"]]
    parts = [operator + number for operator in OPERATORS for number in NUMBERS + ODD]
    random.seed(21)
    pairs = random.sample(list(itertools.product(parts, parts)), 1500)
    for specifier in ["", *parts, *map(",".join, pairs)]:
        try:
            known = SpecifierSet(specifier)
        except InvalidSpecifier:
            with pytest.raises(ValueError, match="specifier"):
                allows(specifier, Version("1.0rc1"))
            with pytest.raises(ValueError, match="specifier"):
                allows(specifier, versions[0])
            continue
        for version in versions:
            assert allows(specifier, version) is known.contains(version, prereleases=True), (specifier, version)


@pytest.mark.parametrize("name", [*NAMES, "Foo__Bar", "a.-_b", "İ"])
def test_names_are_canonicalized_as_packaging_does(name: str) -> None:
    assert canonicalize_name(name) == packaging_name(name)
