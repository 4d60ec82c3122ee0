"""Mends findings by the edits that their rules give: in memory first, then file by file in one step each."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mlcheck.edits import MENDED_FILES, apply_fixes
from mlcheck.finding import Finding, Severity
from mlcheck.folder import ModelFolder
from mlcheck.lint import known_codes, lint_codes, lint_folders, open_folders
from mlcheck.policy import Overrides, Policy
from mlcheck.records import record

MAX_ROUNDS = 5
"""Rounds of mending and linting again: mending one finding may bring up the next (a wrong name, then no version)."""


@record(frozen=True, slots=True)
class Mended:
    """What mending would change in one folder: the files before and after, by path, and how many findings it ends."""

    folder: ModelFolder
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    findings: int


def mend_paths(
    paths: Sequence[str | Path], overrides: Overrides | None = None, *, skip_outside: bool = False
) -> list[Mended]:
    """Return what can be mended in the model folders under the paths; nothing is written.

    Findings that the configuration or a baseline holds back are left alone. Raises `ConfigError` for a configuration
    that cannot be used.
    """
    folders, _ = open_folders(paths, skip_outside=skip_outside)
    policy = Policy(known_codes(), lint_codes(), overrides or Overrides())
    return [mended for folder in folders if (mended := mend_folder(folder, policy)).after]


def mend_folder(folder: ModelFolder, policy: Policy) -> Mended:
    """Return what can be mended in one folder: rounds of edits until none is left, as far as they do no harm."""
    before = _read_files(folder)
    first = _findings(folder, before, policy)
    accepted, left = before, first
    current, found = before, first
    for _ in range(MAX_ROUNDS):
        changed = apply_fixes([finding.fix for finding in found if finding.fix], current)
        if not changed:
            break
        current = {**current, **changed}
        found = _findings(folder, current, policy)
        # What a round brings up, the next one may mend.
        if not _is_worse(found, first):
            accepted, left = current, found
    after = {path: raw for path, raw in accepted.items() if raw != before[path]}
    ended = Counter(map(_identity, first)) - Counter(map(_identity, left))
    return Mended(folder, before, after, ended.total())


def _read_files(folder: ModelFolder) -> dict[str, bytes]:
    own = (entry.path for entry in folder.files if entry.kind == "file" and entry.path in MENDED_FILES)
    contents = ((path, folder.read_bytes(path)) for path in own)
    return {path: raw for path, raw in contents if raw is not None}


def _findings(folder: ModelFolder, contents: Mapping[str, bytes], policy: Policy) -> list[Finding]:
    looked_at = ModelFolder(folder.root, folder.name, listing=None, contents=contents)
    kept, _ = policy.apply(lint_folders([looked_at], policy)[folder.name], folder.root)
    return kept


def _identity(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.code, finding.location.path, finding.location.pointer, finding.message)


def _is_worse(after: Sequence[Finding], before: Sequence[Finding]) -> bool:
    """Tell whether there are errors that were not there: then the edits were wrong for this folder."""
    errors = Counter(finding.code for finding in after if finding.severity is Severity.ERROR)
    return bool(errors - Counter(finding.code for finding in before if finding.severity is Severity.ERROR))


def write_mended(mended: Mended) -> None:
    """Write the files of one folder, each in one step and with its permissions; raises `OSError`."""
    for path, raw in mended.after.items():
        _replace_file(mended.folder.root / path, raw)


def _replace_file(path: Path, raw: bytes) -> None:
    mode = path.stat().st_mode
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
        os.chmod(temporary, mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def unified_diff(mended: Mended) -> Iterator[str]:
    """Yield the lines of a unified diff that `patch -p0` and `git apply -p0` understand."""
    for path, raw in sorted(mended.after.items()):
        name = f"{mended.folder.name}/{path}" if mended.folder.name != "." else path
        # Not `splitlines`, which also ends lines where YAML and patch do not.
        old, new = (re.findall(r"[^\n]*\n|[^\n]+", text.decode("utf-8")) for text in (mended.before[path], raw))
        for line in difflib.unified_diff(old, new, name, name):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
