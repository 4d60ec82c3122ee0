"""Requirement lines as pip reads them and conda specs as conda reads them, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PackagingRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlcheck.finding import Location

_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
_HASH = re.compile(r"\s--hash[= ]\S+")
_OPTION_IN_LINE = re.compile(r"\s+--(?:hash|config-settings|global-option|install-option)[= ]\S+")
_BARE_URL = re.compile(r"^(?:git|hg|svn|bzr)\+|^(?:https?|ftp|file|s3|dbfs)://?", re.IGNORECASE)
_WINDOWS_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a requirements file or of the pip list in conda.yaml.

    `kind` is `named` (`numpy==2.1`), `url` (`name @ https://…`), `file` (`-r`), `constraint` (`-c`), `option`
    (`--index-url …`), `path` (a local file or folder), `editable` (`-e`), `vcs-or-url` (a URL without a name)
    or `unreadable`. `name` is in canonical form; `target` is the path or URL of kinds that have one.
    """

    text: str
    location: Location
    kind: str
    name: str | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    target: str = ""
    hashed: bool = False

    @property
    def url(self) -> str:
        """The URL or path of a requirement that is not resolved by name, else an empty string."""
        return self.target if self.kind in {"url", "vcs-or-url"} else ""

    @property
    def version_spec(self) -> SpecifierSet:
        """The version specifiers, empty when there are none."""
        return SpecifierSet(self.specifier)

    @property
    def pinned(self) -> str | None:
        """The one version that `==` or `===` allows, `None` for anything wider."""
        for spec in self.version_spec:
            if spec.operator in {"==", "==="} and not spec.version.endswith(".*"):
                return spec.version
        return None

    @property
    def pinned_version(self) -> Version | None:
        """The pinned version as PEP 440 understands it, `None` when not pinned or not readable."""
        return read_version(self.pinned)


def read_version(text: object) -> Version | None:
    """Return the PEP 440 version of a text, `None` when it is none."""
    if not isinstance(text, str):
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def parse_requirements_text(path: str, text: str) -> tuple[Requirement, ...]:
    """Parse a requirements file: comments, continuation lines and options as pip and MLflow read them."""
    found = []
    for line_number, column, line in _logical_lines(text):
        found.append(parse_requirement_line(line, Location(path, line_number, column)))
    return tuple(found)


def _logical_lines(text: str) -> list[tuple[int, int, str]]:
    lines: list[tuple[int, int, str]] = []
    joined, first, column = "", 0, 1
    for number, raw in enumerate(text.splitlines(), start=1):
        if not joined:
            first, column = number, len(raw) - len(raw.lstrip()) + 1
        continued = raw.rstrip().endswith("\\")
        joined += raw.rstrip()[:-1] + " " if continued else raw
        if continued:
            continue
        line = _strip_comment(joined)
        if line:
            lines.append((first, column, line))
        joined = ""
    rest = _strip_comment(joined)
    if rest:
        lines.append((first, column, rest))
    return lines


def _strip_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line).strip()


def parse_requirement_line(text: str, location: Location) -> Requirement:
    """Parse one requirement; never raises: what packaging cannot read is of kind `unreadable`."""
    line = text.strip()
    option = _parse_option(line, location)
    if option is not None:
        return option
    hashed = bool(_HASH.search(" " + line))
    bare = _OPTION_IN_LINE.sub("", line).strip()
    if _BARE_URL.match(bare):
        return Requirement(text, location, "vcs-or-url", name=_egg_name(bare), target=bare, hashed=hashed)
    if _looks_like_path(bare):
        return Requirement(text, location, "path", name=_wheel_name(bare), target=_path_of(bare), hashed=hashed)
    return replace(_parse_named(text, bare, location), hashed=hashed)


_PATH_OPTIONS = (
    ("file", "-r", "--requirement"),
    ("constraint", "-c", "--constraint"),
    ("editable", "-e", "--editable"),
)


def _parse_option(line: str, location: Location) -> Requirement | None:
    for kind, short, long in _PATH_OPTIONS:
        match = re.match(rf"(?:{short}\s*(?!-)|{long}(?:\s+|=))(?P<target>\S.*)$", line)
        if match:
            return Requirement(line, location, kind, target=match["target"].strip().strip("\"'"))
    if line.startswith("-"):
        return Requirement(line, location, "option", target=re.split(r"[\s=]+", line, maxsplit=1)[-1])
    return None


def _looks_like_path(text: str) -> bool:
    head = text.split(";", maxsplit=1)[0].strip()
    if " @ " in head or "@" in head.split("/")[0]:
        return False
    name = re.split(r"\[[^\]]*\]$", head)[0]
    is_path = name.startswith((".", "/", "~", "\\")) or bool(_WINDOWS_DRIVE.match(name))
    return is_path or name.lower().endswith(_ARCHIVES) or ("/" in name and not re.search(r"[<>=!~]=", name))


def _path_of(text: str) -> str:
    return re.sub(r"\[[^\]]*\]$", "", text.split(";", maxsplit=1)[0].strip())


def _egg_name(url: str) -> str | None:
    match = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", url)
    return canonicalize_name(match[1]) if match else _wheel_name(url.split("#", maxsplit=1)[0])


def _wheel_name(path: str) -> str | None:
    file_name = path.split(";", maxsplit=1)[0].strip().replace("\\", "/").rsplit("/", 1)[-1]
    if not file_name.endswith(".whl") or "-" not in file_name:
        return None
    return canonicalize_name(file_name.split("-")[0])


def _parse_named(text: str, bare: str, location: Location) -> Requirement:
    try:
        parsed = PackagingRequirement(bare)
    except (InvalidRequirement, RecursionError):
        return Requirement(text, location, "unreadable", name=_leading_name(bare))
    return Requirement(
        text,
        location,
        "url" if parsed.url else "named",
        name=canonicalize_name(parsed.name),
        specifier=str(parsed.specifier),
        extras=tuple(sorted(parsed.extras)),
        marker=str(parsed.marker) if parsed.marker else "",
        target=parsed.url or "",
    )


def _leading_name(text: str) -> str | None:
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    return canonicalize_name(match[0]) if match else None


@dataclass(frozen=True, slots=True)
class CondaSpec:
    """A conda MatchSpec: `[channel::]name[version[=build]]`; `version` keeps its operators (`=3.10`, `>=1.2,<2`)."""

    text: str
    location: Location
    channel: str
    name: str
    version: str = ""
    build: str = ""


_MATCH_SPEC = re.compile(r"^(?:(?P<channel>\S+)::)?(?P<name>[A-Za-z0-9_.*-]+)\s*(?P<rest>.*)$")


def parse_match_spec(text: str, location: Location) -> CondaSpec:
    """Parse a conda dependency such as `python=3.10.4`, `numpy >=1.26,<2` or `conda-forge::pip`; never raises."""
    bare = re.sub(r"\s*\[.*\]\s*$", "", text.strip())
    match = _MATCH_SPEC.match(bare)
    if match is None:
        return CondaSpec(text, location, "", bare.lower())
    version, build = _split_build(match["rest"].strip())
    return CondaSpec(text, location, match["channel"] or "", match["name"].lower(), version, build)


def _split_build(rest: str) -> tuple[str, str]:
    match = re.match(r"^(?P<version>=?=?[^=<>!~,|\s]+)[=\s](?P<build>[^=\s,|<>]+)$", rest)
    return (match["version"], match["build"]) if match else (rest, "")
