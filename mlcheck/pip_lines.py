"""The lines of a pip requirements file: what is one line to pip, which options it has, how it is decoded."""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_requirements(raw: bytes) -> str:
    """Return the text of a requirements file as pip decodes it: byte order mark, then a coding line, then UTF-8."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    for line in raw.split(b"\n", 2)[:2]:
        declared = re.search(rb"coding[:=]\s*([-\w.]+)", line) if line.startswith(b"#") else None
        if declared is not None:
            try:
                return raw.decode(declared[1].decode("ascii"), "replace")
            except (LookupError, ValueError):
                break
    return raw.decode("utf-8", "replace")


_COMMENT = re.compile(r"(?:^|\s)#.*$")  # blanks before it are stripped: to look for them takes quadratic time


def logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (line, column, text) of each line that says something: joined and without comments, as pip does it."""
    for number, first, joined in _join_lines(text):
        line = _COMMENT.sub("", joined).strip()
        if line:
            yield number, len(first) - len(first.lstrip()) + 1, line


def _join_lines(text: str) -> Iterator[tuple[int, str, str]]:
    joined: list[str] = []
    number, first = 1, ""
    for current, line in enumerate(text.splitlines(), start=1):
        if not joined:
            number, first = current, line
        if line.lstrip().startswith("#"):
            joined.append(" " + line)
        elif line.endswith("\\"):
            joined.append(line.strip("\\"))
            continue
        else:
            joined.append(line)
        yield number, first, "".join(joined)
        joined = []
    if joined:
        yield number, first, "".join(joined)


_SHORT = {
    "-i": "--index-url",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-C": "--config-settings",
}
_ALIASES = {"--pypi-url": "--index-url", "--config-setting": "--config-settings"}
# The last line: options of earlier pip releases
_WITH_VALUE = frozenset(
    {*_SHORT.values(), *_ALIASES, "--extra-index-url", "--no-binary", "--only-binary", "--trusted-host", "--hash"}
    | {"--use-feature", "--all-releases", "--only-final"}
    | {"--global-option", "--install-option", "--build-option"}
)
_FLAGS = frozenset(
    {"--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre"}
    | {"--always-unzip", "--process-dependency-links", "--use-wheel", "--no-use-wheel"}
)


def split_line(line: str) -> tuple[str, list[tuple[str, str]] | None]:
    """Return what a logical line asks for and its options as (long name, value), `None` for options pip refuses.

    Blank-separated words among the options that are none are ignored, as by pip: `--pre numpy` installs nothing.
    """
    words = line.split(" ")
    count = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:count]).strip(), _parse_options(" ".join(words[count:]))


def _parse_options(text: str) -> list[tuple[str, str]] | None:
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    found: list[tuple[str, str]] = []
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("-") or word == "-":
            continue
        split = _split_option(word)
        if split is None:
            return None
        name, value = split
        if name in _WITH_VALUE and value is None:
            value = next(remaining, None)
            if value is None:
                return None
        found.append((_ALIASES.get(name, name), value or ""))
    return found


def _split_option(word: str) -> tuple[str, str | None] | None:
    if not word.startswith("--"):
        name = _SHORT.get(word[:2])
        return (name, word[2:] or None) if name else None
    given, equals, value = word.partition("=")
    names = [given] if given in _WITH_VALUE | _FLAGS else _abbreviated(given)
    if len(names) != 1 or (equals and names[0] in _FLAGS):
        return None
    return names[0], value if equals else None


def _abbreviated(given: str) -> list[str]:
    return [name for name in _WITH_VALUE | _FLAGS if name.startswith(given) and len(given) > len("--")]
