"""Conda package specifications (MatchSpec) as conda reads them, each with its place."""

from __future__ import annotations

import re
from functools import lru_cache

from mlcheck.finding import Location
from mlcheck.records import record


@record(frozen=True, slots=True)
class CondaSpec:
    """A conda dependency: `[channel[/subdir]::]name[version[=build]]`.

    `name` is in lower case. `version` keeps its operators and has no blanks (`=3.10`, `>=1.2,<2`); a bare `3.10`
    means exactly that version. `readable` is false for what conda refuses with InvalidMatchSpec.
    """

    text: str
    location: Location
    channel: str
    name: str
    version: str = ""
    build: str = ""
    readable: bool = True


_ARCHIVES = (".conda", ".tar.bz2")
_LONGEST = 1000  # characters; the expressions below take quadratic time for some texts
_BRACKETS = re.compile(r"^(?P<before>[^\[]*)\[(?P<inside>[^\]]*)\](?P<after>.*)$")
_KEY_VALUE = re.compile(r"(?P<key>\w+)\s*=\s*(?P<quote>['\"]?)(?P<value>[^'\"]*?)(?P=quote)\s*(?:[,\s]|$)")
_NAME_AND_REST = re.compile(r"^\s*(?P<name>[^ =<>!~]+)?(?P<rest>[><!=~ ].*)?$")
# A regular expression of conda's own (CEP 26), and globs
_NAME = re.compile(r"^(?:__[a-z0-9]|[a-z0-9]|_(?!_))[._-]?(?:[a-z0-9]+(?:[._-]|$))*$|^\S*\*\S*$")
_VERSION_AND_BUILD = re.compile(r"^(?P<version>.+?[^><!,|]?)(?:(?<![=!|,<>~])[ =](?P<build>[^-=,|<>~]+?))?$")
_VERSION_PART = re.compile(r"^(?:===?|=[<>]?|!=|<=|>=|<|>|~=)?(?![=<>!~])[*.+!_0-9a-z-]+$|^\^.*\$$")
_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|emscripten|freebsd|zos)-\w+)$")


def parse_match_spec(text: str, location: Location) -> CondaSpec:
    """Parse a conda dependency such as `python=3.10.4`, `numpy >=1.26,<2` or `conda-forge::pip`; never raises."""
    channel, name, version, build, readable = _parse(text)
    return CondaSpec(text.strip(), location, channel, name, version, build, readable)


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[str, str, str, str, bool]:
    if len(text) > _LONGEST:
        return "", "", "", "", False
    bare = text.partition("#")[0].split(" if ")[0].strip()
    if bare.lower().endswith(_ARCHIVES):
        return _parse_archive(bare)
    if bare.endswith("@"):
        return "", "*", "", "", True
    bare, brackets = _take_brackets(bare)
    channel, _, bare = bare.rpartition("::" if "::" in bare else ":")
    match = _NAME_AND_REST.match(bare)
    name = ((match["name"] if match else None) or "").lower()
    version, build = _split_version(((match["rest"] if match else None) or "").strip())
    version = brackets.get("version", version).replace(" ", "")
    build = brackets.get("build", build)
    readable = bool(_NAME.match(name)) and _is_version(version)
    return brackets.get("channel", _SUBDIR.sub("", channel)), name, version, build, readable


def _parse_archive(text: str) -> tuple[str, str, str, str, bool]:
    file_name = re.split(r"[/\\]", text)[-1].removesuffix(".conda").removesuffix(".tar.bz2")
    name, version, build = ([*file_name.rsplit("-", 2), "", ""])[:3]
    return "", name.lower(), f"=={version}" if version else "", build, True


def _take_brackets(text: str) -> tuple[str, dict[str, str]]:
    match = _BRACKETS.match(text)
    if match is None:
        return text, {}
    found = {pair["key"]: pair["value"].strip() for pair in _KEY_VALUE.finditer(match["inside"])}
    return match["before"] + match["after"], found


def _split_version(text: str) -> tuple[str, str]:
    match = _VERSION_AND_BUILD.match(text)
    if match is None:
        return text, ""
    return match["version"], (match["build"] or "").strip()


def _is_version(text: str) -> bool:
    if text in {"", "=", "*"}:
        return True
    parts = [text] if text.startswith("^") else re.split(r"[,|]", text.replace("(", "").replace(")", ""))
    return all(_VERSION_PART.match(part.lower()) for part in parts)
