"""How credentials look that can be told by their form alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from mlcheck.records import record


@record(frozen=True, slots=True)
class Kind:
    """One kind of credential. `marks`: it begins with one of them, which is quick to look for.

    certain: nothing else looks like that. longest: how many bytes of it are looked at. scheme: a word stands before
    the mark, which belongs to it.
    """

    name: str
    marks: tuple[bytes, ...]
    pattern: bytes
    certain: bool = True
    longest: int = 400
    scheme: bool = False


@record(frozen=True, slots=True)
class Secret:
    """A credential that was found: where it begins, what it is, and its beginning, which gives nothing away.

    typed: it holds a row of letters or digits, so that it may be made up.
    """

    offset: int
    kind: Kind
    shown: str
    typed: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        "private key",
        (b"-----BEGIN ",),
        rb"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:\s|\\[nr]|[A-Za-z-]{3,20}: [^\n\\]{0,100}(?:\n|\\n)){1,30}[A-Za-z0-9+/=]{40}",
        longest=4000,
    ),
    Kind("AWS access key id", (b"AKIA", b"ASIA"), rb"(?<![A-Za-z0-9+/])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9+/])"),
    Kind(
        "AWS secret access key",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"aws_secret_key", b"AWS_SECRET_KEY"),
        rb"(?i)aws_secret_(?:access_)?key[\"'\]]{0,3}\s{0,3}[=:,]\s{0,3}[\"']?(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    Kind(
        "GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        rb"(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{36,251}(?!\w)",
    ),
    Kind("GitHub token", (b"github_pat_",), rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?!\w)"),
    Kind("GitLab token", (b"glpat-",), rb"(?<![\w-])glpat-[\w-]{20,64}(?![\w-])"),
    Kind("Slack token", (b"xox",), rb"(?<![\w-])xox[abeoprs]-\d{8,}-[\w-]{20,}"),
    Kind("Slack webhook", (b"hooks.slack.com",), rb"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}"),
    Kind(
        "OpenAI key",
        (b"sk-",),
        rb"(?<![\w-])sk-(?:(?:[a-z]{2,10}-)?[\w-]{16,150}?T3BlbkFJ[\w-]{16,150}|(?:proj|svcacct)-[\w-]{40,250}"
        rb"|[A-Za-z0-9]{48}(?![\w-]))",
    ),
    Kind("Anthropic key", (b"sk-ant-",), rb"(?<![\w-])sk-ant-[a-z]{3,10}\d\d-[\w-]{60,}"),
    Kind("Hugging Face token", (b"hf_",), rb"(?<!\w)hf_[A-Za-z0-9]{34,40}(?!\w)"),
    Kind("Databricks token", (b"dapi",), rb"(?<!\w)dapi[0-9a-f]{32}(?:-\d)?(?!\w)"),
    Kind("Azure storage key", (b"AccountKey=",), rb"AccountKey=[A-Za-z0-9+/]{86}=="),
    Kind(
        "Azure shared access signature", (b"sig=",), rb"(?<![\w])sig=(?:[A-Za-z0-9/+]|%2[BbFf]){43}(?:=|%3[Dd])(?!\w)"
    ),
    Kind("Azure access key", (b"SharedAccessKey=",), rb"SharedAccessKey=[A-Za-z0-9+/]{43}="),
    Kind("Google API key", (b"AIza",), rb"(?<![\w-])AIza[\w-]{35}(?![\w-])"),
    Kind("Google client secret", (b"GOCSPX-",), rb"(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])"),
    Kind("Stripe key", (b"sk_live_", b"rk_live_"), rb"(?<!\w)[sr]k_live_[A-Za-z0-9]{24,}"),
    Kind("SendGrid key", (b"SG.",), rb"(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])"),
    Kind("npm token", (b"npm_",), rb"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    Kind("PyPI token", (b"pypi-AgEIcHlwaS5vcmc",), rb"pypi-AgEIcHlwaS5vcmc[\w-]{50,}"),
    Kind(
        "password in a URL",
        (b"://",),
        rb"(?<![\w+.-])(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle|mongodb|redis|rediss|amqps?|snowflake|clickhouse|hive"
        rb"|https?|ftp)(?:\+\w+)?://[^\s:/@\"'<>{}$%]{1,64}:(?P<password>[^\s/@\"'<>{}$]{3,128})@(?P<host>[\w.-]{1,253})",
        scheme=True,
    ),
    Kind(
        "JSON web token",
        (b"eyJ",),
        rb"(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}(?![\w-])",
        certain=False,
        longest=8000,
    ),
)

_MOST = 20_000  # places of a mark that are looked at
_MADE_UP = rb"(?i)example|sample|dummy|placeholder|changeme|your|redacted|xxx|\*\*\*|\.\.\."
_MADE_UP_TOKEN = _MADE_UP + rb"|secret|test|fake"
_MADE_UP_PASSWORD = (
    rb"(?i)(?:my|db|the|some)?[-_]?"
    rb"(?:user|pass|pw|pwd|passw(?:or)?d|token|key|guest|root|admin|secret|test|fake|\*+|x+)\Z"
)
_TYPED = rb"(?i)0000|1234567|abcdef"
"""What chance rarely makes and people do who need something that looks like a token; one in a thousand is real."""
_LOCAL_HOST = rb"(?:localhost|127\.|0\.0\.0\.0|host\.docker|db\Z|postgres\Z|mysql\Z|redis\Z|example\.|[\w.-]*\.example)"


def find_secrets(data: bytes) -> Iterable[Secret]:
    """Return the credentials in a text or in a pickle; obvious placeholders are left out."""
    return _find_in_common(data) if len(data) <= _COMMON else _find_secrets(data)


_COMMON = 4096  # bytes of a file that other folders may have too


@lru_cache(maxsize=256)
def _find_in_common(data: bytes) -> tuple[Secret, ...]:
    return tuple(_find_secrets(data))


def _find_secrets(data: bytes) -> Iterator[Secret]:
    for mark, kind, pattern in _compiled():
        if mark in data:
            for match in _matches(data, mark, kind, pattern):
                if not _is_placeholder(match):
                    yield Secret(match.start(), kind, _shown(kind, match), _is_typed(match))


def _matches(data: bytes, mark: bytes, kind: Kind, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Yield the matches of a pattern at the places of a mark, `_MOST` places at most."""
    place = data.find(mark)
    for _ in range(_MOST):
        if place < 0:
            return
        scheme = re.search(rb"[\w+]{1,20}\Z", data[max(0, place - 20) : place]) if kind.scheme else None
        start = place - len(scheme[0]) if scheme else place
        match = pattern.match(data, start, place + kind.longest) or pattern.match(_pickled_text(data, start))
        if match is not None:
            yield match
        length = match.end() - match.start() if match is not None else 0
        place = data.find(mark, max(start + length, place + len(mark)))


def _pickled_text(data: bytes, start: int) -> bytes:
    """Return the text that begins here if the bytes before tell its length as pickles do, nothing otherwise.

    There a letter may stand right before it, as a length, and right behind it, as an opcode.
    """
    if data[start - 2 : start - 1] == _SHORT_TEXT:
        return data[start : start + data[start - 1]]
    if data[start - 5 : start - 4] == _TEXT:
        size = int.from_bytes(data[start - 4 : start], "little")
        return data[start : start + size] if size <= _LONGEST_PICKLED else b""
    if data[start - 2 : start] == _LINE_OF_TEXT:
        return data[start : start + _LONGEST_PICKLED].partition(b"\n")[0]
    return b""


_SHORT_TEXT, _TEXT, _LINE_OF_TEXT = b"\x8c", b"X", b"\nV"  # the last one in protocol 0
_LONGEST_PICKLED = 10_000


@cache
def _compiled() -> tuple[tuple[bytes, Kind, re.Pattern[bytes]], ...]:
    return tuple((mark, kind, re.compile(kind.pattern)) for kind in KINDS for mark in kind.marks)


def _is_placeholder(match: re.Match[bytes]) -> bool:
    groups = match.groupdict()
    if "password" in groups:
        password, host = groups["password"], groups["host"]
        made_up = re.match(_MADE_UP_PASSWORD, password) or re.search(_MADE_UP, password)
        return bool(made_up or re.match(_LOCAL_HOST, host))
    value = groups.get("value", match[0])
    return bool(re.search(_MADE_UP_TOKEN, value)) or len(set(value[-24:])) < 8


def _is_typed(match: re.Match[bytes]) -> bool:
    return "password" not in match.groupdict() and bool(re.search(_TYPED, match[0]))


def _shown(kind: Kind, match: re.Match[bytes]) -> str:
    """Return the beginning of a credential, which says what it is and nothing more."""
    if kind.name == "private key":
        return "-----BEGIN …"
    if "password" in match.groupdict():
        return match[0].partition(b"://")[0].decode("ascii", "replace") + "://…"
    return match[0][:4].decode("ascii", "replace") + "…"
