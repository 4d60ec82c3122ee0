"""Names and versions of Python packages by their PEPs, without the imports of `packaging` where plain text will do.

`packaging.specifiers`, `.requirements` and `.markers` take as long to import as linting a model folder takes.
Nearly every line of a real environment is a name with release numbers, and those need none of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.version import Version

_OPERATOR = r"(?:~=|==|!=|<=|>=|<|>)"
_NUMBERS = r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,8}"
_PLAIN = re.compile(rf"({_OPERATOR})({_NUMBERS})(\.\*)?")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,99}[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"({_NAME}) ?(?:\[({_NAME}(?:, ?{_NAME}){{0,9}})\])? ?"
    rf"(?:({_OPERATOR}) ?({_NUMBERS}(?:\.\*)?)(?: ?, ?({_OPERATOR}) ?({_NUMBERS}(?:\.\*)?))?)?",
    re.ASCII,
)
_WITH_WILDCARD = frozenset({"==", "!="})


def canonicalize_name(name: str) -> str:
    """Return the one way of writing the name of a distribution (PEP 503), as `packaging.utils` does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split_plain(text: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Return name, specifier and extras of a requirement of names and release numbers, `None` for any other text.

    The parts are what `packaging.requirements.Requirement` would give. URLs, markers, parentheses, other versions
    than release numbers and all that is wrong are left to it.
    """
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        return None
    name, extras, *parts = match.groups(default="")
    specifiers = [parts[0] + parts[1], parts[2] + parts[3]] if parts[2] else [parts[0] + parts[1]]
    if parts[0] == parts[2] != "" or not all(map(_is_sound, filter(None, specifiers))):
        return None
    return name, ",".join(sorted(specifiers)), tuple(sorted({extra.strip() for extra in extras.split(",") if extra}))


def _is_sound(specifier: str) -> bool:
    if specifier.endswith(".*"):
        return specifier[:2] in _WITH_WILDCARD
    return not specifier.startswith("~=") or "." in specifier


def allows(specifier: str, version: Version) -> bool:
    """Tell whether a version satisfies a specifier (PEP 440, such as `>=1.2,<2`); pre-releases count like any other.

    Raises `ValueError` where the specifier is none.
    """
    known = _ranges(specifier)
    if known is not None and version.release == _finality(version):
        release = _strip(version.release)
        return all(_satisfies(release, operator, limit, prefix=prefix) for operator, limit, prefix in known)
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - see the module's docstring

    return SpecifierSet(specifier).contains(version, prereleases=True)


def _finality(version: Version) -> tuple[int, ...] | None:
    """Return the release of a version that is nothing but a release, else `None`."""
    special = version.epoch or version.pre or version.post is not None or version.dev is not None or version.local
    return None if special else version.release


@lru_cache(maxsize=1024)
def _ranges(specifier: str) -> tuple[tuple[str, tuple[int, ...], bool], ...] | None:
    found = []
    for part in specifier.split(",") if specifier else ():
        match = _PLAIN.fullmatch(part.strip())
        if match is None or not _is_sound(match[0]) or (match[1] == "~=" and match[3]):
            return None
        numbers = tuple(map(int, match[2].split(".")))
        if match[1] == "~=":
            found += [(">=", _strip(numbers), False), ("==", numbers[:-1], True)]
        else:
            found.append((match[1], numbers if match[3] else _strip(numbers), bool(match[3])))
    return tuple(found)


def _strip(release: tuple[int, ...]) -> tuple[int, ...]:
    """Drop zeros at the end: `1.0` and `1` are the same release."""
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _satisfies(release: tuple[int, ...], operator: str, limit: tuple[int, ...], *, prefix: bool) -> bool:
    if prefix:
        padded = release + (0,) * (len(limit) - len(release))
        return (padded[: len(limit)] == limit) is (operator == "==")
    if operator in _WITH_WILDCARD:
        return (release == limit) is (operator == "==")
    if operator in {"<", "<="}:
        return release < limit or (operator == "<=" and release == limit)
    return release > limit or (operator == ">=" and release == limit)
