"""Baselines: findings that are known and accepted for now, so that only new ones fail."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mlcheck.config import ConfigError
from mlcheck.finding import Finding
from mlcheck.records import record

VERSION = 1


@record(frozen=True, slots=True)
class Baseline:
    """Accepted findings: fingerprint → what it was, for people who read the file."""

    path: Path
    entries: dict[str, str]


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file; raises `ConfigError` when it is missing or is no baseline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{path}: cannot read the baseline: {reason}; --write-baseline makes one") from error
    except ValueError as error:
        raise ConfigError(f"{path}: the baseline is not JSON: {error}") from error
    entries = data.get("findings") if isinstance(data, dict) else None
    if not isinstance(entries, dict) or data.get("version") != VERSION:
        raise ConfigError(f"{path}: not a baseline of version {VERSION}; write it again with --write-baseline")
    return Baseline(path, {str(key): str(value) for key, value in entries.items()})


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write the findings as a baseline, sorted so that differences are small; return how many there are.

    What mlcheck says about its own work (MLC001, MLC002) is never accepted.
    """
    lasting = [finding for finding in findings if finding.code not in {"MLC001", "MLC002"}]
    entries = {finding.fingerprint: f"{finding.code} {finding.path}: {finding.message}" for finding in lasting}
    ordered = dict(sorted(entries.items(), key=lambda item: item[1]))
    document = {"version": VERSION, "findings": ordered}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(entries)
