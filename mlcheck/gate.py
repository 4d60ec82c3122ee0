"""The gate in front of a model registry: lint, contract tests, then `mlflow.register_model`."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlcheck.contract.runner import RunOptions, check_model, check_paths
from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_model, lint_paths
from mlcheck.policy import Overrides
from mlcheck.records import record, replace
from mlcheck.report import Report

DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"


class GateError(Exception):
    """The model could not be fetched or registered; the message says why."""


@record(frozen=True, slots=True)
class GateResult:
    """What the gate decided: the report, and the version that was registered (`None`: nothing was)."""

    report: Report
    version: str | None = None


def gate(
    model_uri: str,
    name: str,
    *,
    overrides: Overrides | None = None,
    options: RunOptions | None = None,
) -> GateResult:
    """Register a model under `name` if it passes lint and the contract tests.

    `model_uri` is a path or any URI that MLflow reads. Where `MLFLOW_TRACKING_URI` names no server, the registry is
    `mlflow.db` in the current folder. Raises `GateError` when the model cannot be fetched or registered, and
    `ConfigError` for a configuration that cannot be used; nothing is registered then.
    """
    import mlflow  # noqa: PLC0415 - seconds of imports, wanted only here

    if not os.environ.get("MLFLOW_TRACKING_URI"):
        mlflow.set_tracking_uri(DEFAULT_TRACKING_URI)
    with _local_copy(model_uri) as folder:
        before = digest(folder)
        report = _check(folder, model_uri, overrides, options)
        if report.exit_code:
            return GateResult(report)
        return GateResult(report, _register(model_uri, name, before))


def _check(folder: Path, model_uri: str, overrides: Overrides | None, options: RunOptions | None) -> Report:
    fetched = None if Path(model_uri).is_dir() else ModelFolder(folder, model_uri)
    lint = lint_model(fetched, model_uri, overrides) if fetched else lint_paths([folder], overrides)
    if lint.exit_code:
        return lint
    tests = (
        check_model(fetched, model_uri, overrides, options) if fetched else check_paths([folder], overrides, options)
    )
    skipped_all = [f"{model.path}: {_could_not_test(model.facts)}" for model in tests.models if _untested(model.facts)]
    return replace(
        tests,
        findings=lint.findings + tests.findings,
        suppressed=lint.suppressed + tests.suppressed,
        errors=(*tests.errors, *skipped_all),
    )


def _untested(facts: tuple[tuple[str, str], ...]) -> bool:
    known = dict(facts)
    return known.get("loaded") == "no" or "checks not tried" in known


def _could_not_test(facts: tuple[tuple[str, str], ...]) -> str:
    reason = dict(facts).get("note", "it could not be loaded here")
    return f"not tested, so not registered: {reason}"


@contextmanager
def _local_copy(model_uri: str) -> Iterator[Path]:
    """Give the model's files: the folder itself for a path, a temporary download for any other URI."""
    local = Path(model_uri)
    if local.is_dir():
        yield local
        return
    with tempfile.TemporaryDirectory(prefix="mlcheck-gate-") as target:
        yield _download(model_uri, target)


def _download(model_uri: str, target: str) -> Path:
    import mlflow  # noqa: PLC0415 - as above

    try:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=target))
    except Exception as error:
        raise GateError(f"{model_uri}: cannot be fetched from {mlflow.get_tracking_uri()}: {_say(error)}") from error


def _register(model_uri: str, name: str, before: str) -> str:
    """Register the model, having made sure that its files are still those that were checked."""
    import mlflow  # noqa: PLC0415 - as above

    with _local_copy(model_uri) as now:
        if digest(now) != before:
            raise GateError(f"{model_uri}: its files changed while it was checked; nothing was registered")
    local = Path(model_uri)
    uri = local.resolve().as_uri() if local.is_dir() else model_uri
    try:
        return str(mlflow.register_model(uri, name).version)
    except Exception as error:
        raise GateError(f"{name}: {mlflow.get_registry_uri()} did not register it: {_say(error)}") from error


def digest(folder: Path) -> str:
    """Return a SHA-256 over the names and contents of all files of a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        total.update(_digest_file(path))
    return total.hexdigest()


def _digest_file(path: Path) -> bytes:
    content = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            content.update(block)
    return content.digest()


def _say(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
