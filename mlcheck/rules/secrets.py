"""Rules about what a model folder gives away: credentials, environment variables, the author's paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.environment import read_environment
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.listing import FileEntry
from mlcheck.rules.pickled import pickles
from mlcheck.rules.registry import rule

if TYPE_CHECKING:
    from mlcheck.facts.secrets import Secret

_MOST_FILES = 500
_LARGEST_TEXT = 4_000_000
_LARGEST_PICKLE = 64_000_000
_MOST_BYTES = 100_000_000
_LARGEST_SOURCE = 1_000_000
_LONGEST_LINE = 1000
_TEXTS = (
    *(
        ".py",
        ".yaml",
        ".yml",
        ".json",
        ".txt",
        ".md",
        ".toml",
        ".cfg",
        ".ini",
        ".env",
        ".ipynb",
        ".sh",
        ".conf",
        ".xml",
    ),
    *(".csv", ".properties", ".pem", ".key", ".log", ".html", ".rst", ".lock", ".sql", ".r", ".jsonl", "MLmodel"),
)
_ENVIRONMENT_FILES = ("requirements.txt", "conda.yaml", "python_env.yaml", "constraints.txt")
_HINT = "revoke it, take it out, and read it from the environment where the model runs"


@rule("MLC490", Severity.ERROR, since="0.1.0")
def credential_in_folder(folder: ModelFolder) -> Iterator[Problem]:
    """Finds credentials in the files of the model: source, configuration, examples, pickles.

    ## Why is this bad?
    Whoever can read the model can use them: everyone with access to the registry, to the image, to a backup. An
    attribute that `__init__` or `load_context` sets before the model is saved is in its pickle. Only forms that
    nothing else has are looked for, such as `AKIA…`, `ghp_…`, `dapi…`, `-----BEGIN PRIVATE KEY-----` and
    `postgresql://user:password@…`; random looking text is not guessed at. One with a row such as `1234567` or `abcdef`
    in it, which may be made up, is a warning. The finding shows the first characters alone.

    ## Bad
        self.client = Client(key="ghp_…")

    ## Good
        self.client = Client(key=os.environ["SCORER_API_KEY"])

    ## What to do
    Revoke the credential first: copies may exist. Then take it out and log the model again. Credentials in URLs of
    requirements are told by credentials-in-requirement (MLC324).

    ## Based on
    The forms that the issuers document; https://github.com/mlflow/mlflow/issues/17320
    """
    from mlcheck.facts.secrets import find_secrets  # noqa: PLC0415 - a hundred patterns, for files that may be large

    for path, data, is_text in _contents(folder):
        told: set[tuple[str, str]] = set()
        for secret in find_secrets(data):
            key = (secret.kind.name, secret.shown)
            if key in told or (_is_in_url(data, secret) and path in _environment_files(folder)):
                continue
            told.add(key)
            place = _place(path, data, secret) if is_text else Location(path)
            message = f"{_article(secret.kind.name)} ({secret.shown}) is in {path!r}"
            if secret.typed:
                message += ", which may be made up"
            severity = None if secret.kind.certain and not secret.typed else Severity.WARNING
            yield Problem(message, place, _HINT, subject=f"{path} {secret.kind.name}", severity=severity)


def _environment_files(folder: ModelFolder) -> frozenset[str]:
    """Return the files whose URLs another rule looks at: those of the environment, and those that they include."""
    included = (line.location.path for line in read_environment(folder).everything)
    return frozenset((*_ENVIRONMENT_FILES, *included))


def _is_in_url(data: bytes, secret: Secret) -> bool:
    """Tell whether a credential is, or is a part of, what stands before the host of a URL."""
    before = data[data.rfind(b"\n", 0, secret.offset) + 1 : secret.offset]
    return "URL" in secret.kind.name or re.search(rb"://[^\s/]*\Z", before) is not None


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AOn" else f"a {name}"


def _place(path: str, data: bytes, secret: Secret) -> Location:
    start = data.rfind(b"\n", 0, secret.offset) + 1
    return Location(
        path, data.count(b"\n", 0, secret.offset) + 1, len(data[start : secret.offset].decode("utf-8", "replace")) + 1
    )


def _contents(folder: ModelFolder) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the texts and then the pickles of a folder with what is in them, and whether they are texts."""
    yield from ((path, data, True) for path, data in _texts(folder))
    left = _MOST_BYTES
    for path in {found.path: None for found in pickles(folder)}:
        data = folder.read_bytes(path, limit=min(left, _LARGEST_PICKLE)) if left > 0 else None
        if data:
            left -= len(data)
            yield path, data, False


def _texts(folder: ModelFolder) -> Iterator[tuple[str, bytes]]:
    left = _MOST_BYTES
    for path in _text_paths(folder):
        data = folder.read_bytes(path, limit=min(left, _LARGEST_TEXT)) if left > 0 else None
        if data:
            left -= len(data)
            yield path, data


@lru_cache(maxsize=1)  # two rules ask for them one after the other
def _text_paths(folder: ModelFolder) -> tuple[str, ...]:
    loaded = {found.path for found in pickles(folder)}
    paths = [] if folder.partial else [entry.path for entry in folder.files if _is_text(entry, loaded)]
    return tuple(paths[:_MOST_FILES])


def _is_text(entry: FileEntry, loaded: set[str]) -> bool:
    readable = entry.kind in ("file", "link") and entry.size > 0
    return readable and entry.path not in loaded and _is_named_like_text(entry.path)


@lru_cache(maxsize=1024)  # folders have most names in common
def _is_named_like_text(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.endswith(_TEXTS) or name.rfind(".") <= 0 or name.startswith(".env")


@rule("MLC491", Severity.ERROR, since="0.1.0")
def pickled_environment(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that hold the environment variables of the machine that saved the model.

    ## Why is this bad?
    `os.environ`, kept as an attribute or as the default of a function, is pickled with all it holds: tokens and
    passwords of the build machine go out with the model.

    ## Bad
        self.settings = os.environ

    ## Good
        self.region = os.environ["SCORER_REGION"]

    ## What to do
    Revoke what was in the variables, keep single values only, and log the model again.

    ## Based on
    Python's `pickle`: `os._Environ` is an object like any other
    """
    for found in pickles(folder):
        if any(str(ref) == "os._Environ" for ref in found.facts.references):
            message = f"{found.label} holds the environment variables (os.environ) of the machine that saved the model"
            hint = "keep single values only, and log the model again"
            yield Problem(message, found.location, hint, subject=found.member)


_HOME = r"(?:/home/|/Users/|[A-Za-z]:[\\/]Users[\\/])[^\\/]+[\\/]"
_NOBODY = (
    r"/home/(?:runner|jovyan|sagemaker-user|ec2-user|ubuntu|vscode|codespace|trusted-service-user|user)/|/Users/runner/"
)


@rule("MLC492", Severity.NOTE, since="0.1.0")
def path_in_pickle(folder: ModelFolder) -> Iterator[Problem]:
    """Finds paths of the author's home directory in the functions that a pickle carries.

    ## Why is this bad?
    They tell names of people and projects to whoever gets the model. cloudpickle keeps the file name of each
    function that it carries by value.

    ## Bad
        python_model.pkl       carries a function of /home/jane.doe/projects/churn/train.py

    ## Good
        code/churn/model.py    (shipped with code_paths, and pickled by name)

    ## What to do
    If the folder leaves the team, log a model from code, or log on a build machine.

    ## Based on
    cloudpickle 1.6 to 3.1; https://github.com/mlflow/mlflow/pull/12223
    """
    for found in pickles(folder):
        paths = sorted({code.filename for code in found.facts.code if re.match(_HOME, code.filename)})
        known = [path for path in paths if not re.match(_NOBODY, path)]
        if known:
            message = f"{found.label} tells a path of the machine that saved the model: {known[0]!r}"
            hint = "log a model from code if the folder leaves the team"
            yield Problem(message, found.location, hint, subject=f"{found.member} {known[0]}")


_ASSIGNED = (
    r"(?i)\b(?P<name>[\w.]{0,40}(?:password|passwd|api_?key|secret_?key|access_?token|auth_?token|client_?secret))[\"']?\s*"
    r"(?:=|:)\s*[\"'](?P<value>[^\"'\s]{8,200})[\"']"
)
_STEMS = (b"passw", b"key", b"token", b"secret")  # one of them is in each name, which are quick to look for
_HARMLESS_VALUE = (
    r"(?i)example|dummy|placeholder|change|your|redact|test|fake|xxx|\*\*\*|\.\.\.|<|\{|\$|%|none|null|env|vault"
    r"|secrets?/|https?:|password|api.?key|token\Z|[\w-]+_[\w-]*(?:key|token|secret)\Z"
)


@rule("MLC493", Severity.NOTE, since="0.1.0")
def password_in_source(folder: ModelFolder) -> Iterator[Problem]:
    """Finds literal values for passwords, keys and tokens in source and configuration.

    ## Why is this bad?
    If it is a real one, whoever can read the model can use it. It may well be none: this is a note.

    ## Bad
        api_key = "9f3c0b7a55d14e0f"

    ## Good
        api_key = os.environ["SCORER_API_KEY"]

    ## What to do
    Read the value from the environment where the model runs.

    ## Based on
    Names such as `password` and `api_key` before a quoted value without spaces
    """
    for path, data in _texts(folder):
        if not path.endswith((".py", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".env", ".json")):
            continue
        lower = data.lower()
        if data.isascii() and not any(stem in lower for stem in _STEMS):
            continue
        for number, line in enumerate(data[:_LARGEST_SOURCE].decode("utf-8", "replace").splitlines(), 1):
            match = re.search(_ASSIGNED, line) if len(line) < _LONGEST_LINE else None
            if match is not None and not re.search(_HARMLESS_VALUE, match["value"]):
                message = f"{match['name']!r} is given a literal value: is it a real credential?"
                place = Location(path, number, match.start() + 1)
                yield Problem(message, place, "read it from the environment", subject=f"{path} {match['name']}")
