"""Requirement lines as pip reads them, each with its place."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from packaging.version import Version

from mlcheck.finding import Location
from mlcheck.pep440 import allows, canonicalize_name, split_plain
from mlcheck.pip_lines import logical_lines, split_line
from mlcheck.records import record, replace


@record(frozen=True, slots=True)
class Requirement:
    """One thing that a line of a requirements file, or of the pip list in conda.yaml, asks for.

    `kind` is `named` (`numpy==2.1`), `url` (`name @ https://…`), `file` (`-r`), `constraint` (`-c`), `option`
    (`--index-url …`, its long name in `option`), `path` (a local file or folder), `editable` (`-e`), `vcs-or-url`
    (a URL without a name) or `unreadable`. `name` is in canonical form; `specifier` is that of PEP 440, for wheels
    the version in the file's name; `target` is the path, URL or value of kinds that have one.
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
    option: str = ""

    @property
    def operators(self) -> frozenset[str]:
        """The operators of the version specifiers (`==`, `<`, …), empty when there are none."""
        return frozenset(_OPERATOR.findall(self.specifier))

    def allows(self, version: Version) -> bool:
        """Tell whether the version specifiers allow a version; pre-releases count like any other."""
        return allows(self.specifier, version)

    @property
    def pinned(self) -> str | None:
        """The one version that `==` or `===` allows, `None` for anything wider."""
        for part in self.specifier.split(","):
            if part.startswith("==") and not part.endswith(".*"):
                return part.lstrip("=").strip()
        return None

    @property
    def pinned_version(self) -> Version | None:
        """The pinned version as PEP 440 understands it, `None` when not pinned or not readable."""
        return read_version(self.pinned)


def read_version(text: object) -> Version | None:
    """Return the PEP 440 version of a text, `None` when it is none."""
    return _read_version(text) if isinstance(text, str) else None


@lru_cache(maxsize=4096)
def _read_version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number of more digits than Python converts
        return None


def parse_requirements_text(path: str, text: str) -> tuple[Requirement, ...]:
    """Parse a requirements file: comments, continuation lines and options as pip reads them; never raises."""
    found: list[Requirement] = []
    for line_number, column, line in logical_lines(text):
        found.extend(parse_requirements(line, Location(path, line_number, column)))
    return tuple(found)


def parse_requirements(text: str, location: Location) -> tuple[Requirement, ...]:
    """Parse one line, or one item of a pip list: usually one requirement, several for several options."""
    found: list[Requirement] = []
    for _, _, line in logical_lines(text):
        found.extend(replace(requirement, location=location) for requirement in _parse_line(line))
    return tuple(found)


def mask_credentials(text: str) -> str:
    """Return a text with the credentials in its URLs replaced by `****`; `git@` and `${VARIABLES}` are none."""
    if "://" not in text:
        return text
    masked = _CONDA_TOKEN.sub(r"\g<host>/t/****/", _USER_INFO.sub(_mask_user_info, text))
    return _SECRET_PARAMETER.sub(r"\g<name>****", masked)


def _mask_user_info(match: re.Match[str]) -> str:
    plain = re.sub(r"\$\{[A-Za-z0-9_]+\}", "", match["user"])
    return match[0] if plain in {"", ":", "git"} else f"{match['scheme']}****@"


_USER_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30}://)(?P<user>[^\s/@]*(?:@[^\s/@]*)*)@")
_CONDA_TOKEN = re.compile(r"(?P<host>://[^\s/]+)/t/(?!\*\*\*\*/)[A-Za-z0-9-]+/")
_SECRET_PARAMETER = re.compile(
    r"(?P<name>[?&](?:sig|token|access_token|auth_token|api_key|apikey|password|secret|private_token)=)"
    r"(?!\*\*\*\*|\$\{)[^&#\s'\"]+",
    re.IGNORECASE,
)


_NOWHERE = Location("")
_OPERATOR = re.compile(r"(?:^|,)\s*([=<>!~]+)")


@lru_cache(maxsize=4096)
def _parse_line(line: str) -> tuple[Requirement, ...]:
    asked, options = split_line(line)
    if options is None or re.match(r"-\s", line):
        return (Requirement(line, _NOWHERE, "unreadable", name=_leading_name(asked)),)
    if asked:
        hashed = any(name == "--hash" for name, _ in options)
        return (replace(_parse_asked(asked), text=line, hashed=hashed),)
    return tuple(_from_option(line, name, value) for name, value in options if name != "--hash")


_KINDS = {"--requirement": "file", "--constraint": "constraint", "--editable": "editable"}


def _from_option(line: str, name: str, value: str) -> Requirement:
    kind = _KINDS.get(name, "option")
    found = _egg_name(value) or _leading_url_name(value) if kind == "editable" else None
    return Requirement(line, _NOWHERE, kind, name=found, target=value, option=name)


# What pip takes for a URL, and URLs that it has no support for (`dbfs:/…`, `s3://…`)
_SCHEME = re.compile(
    r"(?:file|ftp|https?|s?ftp|ssh|(?:git|hg|svn|bzr)(?:\+[a-z]+)?):\S|[a-z][a-z0-9+.-]+:/", re.IGNORECASE
)
_ARCHIVES = (
    *(".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz"),
    *(".tlz", ".tar.lz", ".tar.lzma"),
)
_PATH_LIKE = re.compile(r"\.|(?![\w.-]+\s*[=<>!~])[^@]*[/\\]|[A-Za-z]:[\\/]")
_EXTRAS = re.compile(r"(?:(?<!\s)\s+)?\[[^\[\]]*\]$")
_LONGEST = 4000  # characters; some expressions, here and in packaging, take quadratic time
_HUGE_NUMBER = re.compile(r"\d{1000}")  # more than versions can be compared with
_WHEEL = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
_SOURCE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)-\d[^-]*$")


def _parse_asked(text: str) -> Requirement:
    if len(text) > _LONGEST or _HUGE_NUMBER.search(text):
        return Requirement(text, _NOWHERE, "unreadable")
    if _SCHEME.match(text):
        return _parse_url(text)
    plain = split_plain(text)
    if plain is not None and not _is_archive(text):
        name, specifier, extras = plain
        return Requirement(text, _NOWHERE, "named", canonicalize_name(name), specifier, extras)
    return _parse_full(text)


def _parse_full(text: str) -> Requirement:
    from packaging.requirements import Requirement as PackagingRequirement  # noqa: PLC0415 - see mlcheck.pep440

    name, _, marker = (part.strip() for part in text.partition(";"))
    if _is_archive(name):
        return _from_file(text, "path", _EXTRAS.sub("", name), marker)
    try:
        parsed = PackagingRequirement(text)
    except (ValueError, RecursionError):
        if _PATH_LIKE.match(name) and not name.startswith("<"):  # no file but a tag of HTML
            return _from_file(text, "path", _EXTRAS.sub("", name), marker)
        return Requirement(text, _NOWHERE, "unreadable", name=_leading_name(text))
    return Requirement(
        text,
        _NOWHERE,
        "url" if parsed.url else "named",
        name=canonicalize_name(parsed.name),
        specifier=str(parsed.specifier),
        extras=tuple(sorted(parsed.extras)),
        marker=str(parsed.marker) if parsed.marker else "",
        target=parsed.url or "",
    )


def _parse_url(text: str) -> Requirement:
    url, _, marker = text.partition("; ")
    return _from_file(text, "vcs-or-url", url.strip(), marker.strip())


def _is_archive(text: str) -> bool:
    before, at, _ = text.partition("@")
    named = bool(at) and not _PATH_LIKE.match(before)
    return _EXTRAS.sub("", text).lower().endswith(_ARCHIVES) and not named


def _from_file(text: str, kind: str, target: str, marker: str) -> Requirement:
    name, version = _egg_name(target), ""
    if name is None:
        name, version = _from_file_name(re.split(r"[/\\]", target.partition("#")[0])[-1])
    specifier = f"=={version}" if read_version(version) else ""
    return Requirement(text, _NOWHERE, kind, name=name, specifier=specifier, marker=marker, target=target)


def _from_file_name(file_name: str) -> tuple[str | None, str]:
    """Return name and version of a wheel, the name alone of a source archive."""
    wheel = _WHEEL.fullmatch(unquote(file_name))
    if wheel is not None:
        return canonicalize_name(wheel["name"]), wheel["version"]
    source = _SOURCE.match(file_name) if file_name.endswith(_ARCHIVES) else None
    return (canonicalize_name(source["name"]), "") if source is not None else (None, "")


def _egg_name(url: str) -> str | None:
    match = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", url)
    return canonicalize_name(match[1]) if match else None


def _leading_url_name(text: str) -> str | None:
    match = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*@\s*\S", text)
    return canonicalize_name(match[1]) if match else None


def _leading_name(text: str) -> str | None:
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    return canonicalize_name(match[0]) if match else None
