"""Model folders behind a URI that MLflow reads: listed with their small metadata files, or fetched whole."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.listing import MAX_FILES, FileEntry

MAX_FETCHED_BYTES = 1 << 20
"""Larger files are listed and not fetched: metadata, examples and code are smaller."""

MAX_FETCHED_FILES = 200

_SUFFIXES = (".yaml", ".yml", ".json", ".txt", ".py", ".toml", ".lock")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def is_uri(path: str) -> bool:
    """Tell whether a text is a URI such as `models:/churn/1` or `s3://bucket/model`, and no path of this machine."""
    return bool(_URI.match(path)) and not os.path.exists(path)


class RemoteError(Exception):
    """A URI that cannot be read; the message names it and says why."""


@contextmanager
def fetch_folders(uris: Sequence[str]) -> Iterator[tuple[list[ModelFolder], list[str]]]:
    """Give the model folders behind some URIs, and what could not be read; the fetched files go at the end.

    The folders are partial: their listing is complete, their content is there for small metadata files only.
    """
    folders: list[ModelFolder] = []
    errors: list[str] = []
    if not uris:
        yield folders, errors
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - brings a dozen modules, wanted only here

    with TemporaryDirectory(prefix="mlcheck-remote-") as target:
        for number, uri in enumerate(dict.fromkeys(uris)):
            try:
                folders.append(fetch_folder(uri, Path(target) / str(number)))
            except RemoteError as error:  # noqa: PERF203 - each may fail by itself
                errors.append(str(error))
        yield folders, errors


def fetch_folder(uri: str, target: Path) -> ModelFolder:
    """Return the model folder behind a URI, its metadata fetched to `target`; raises `RemoteError`."""
    target.mkdir()
    name = uri.rstrip("/")
    repository = _open_repository(name)
    try:
        listing = sorted(_list_files(repository), key=lambda entry: entry.path)
        if not any(entry.path == MLMODEL for entry in listing):
            raise RemoteError(f"{name}: no model folder here: there is no file named {MLMODEL!r} in it")
        for entry in _worth_fetching(listing):
            repository.download_artifacts(entry.path, dst_path=str(target))
    except RemoteError:
        raise
    except Exception as error:
        raise RemoteError(f"{name}: cannot be read: {_say(error)}") from error
    return ModelFolder(target, name, listing=listing)


@contextmanager
def download_folders(uris: Sequence[str]) -> Iterator[tuple[list[ModelFolder], list[str]]]:
    """Give the whole model folders behind some URIs, named as these, and what could not be read.

    The files go at the end.
    """
    folders: list[ModelFolder] = []
    errors: list[str] = []
    if not uris:
        yield folders, errors
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - as above

    with TemporaryDirectory(prefix="mlcheck-models-") as target:
        for number, uri in enumerate(dict.fromkeys(uris)):
            name = uri.rstrip("/")
            try:
                root = download(name, Path(target) / str(number))
                if not (root / MLMODEL).is_file():
                    raise RemoteError(f"{name}: no model folder here: there is no file named {MLMODEL!r} in it")
                folders.append(ModelFolder(root, name))
            except RemoteError as error:
                errors.append(str(error))
        yield folders, errors


def download(uri: str, target: Path) -> Path:
    """Fetch all files behind a URI to a new folder and return where they lie; raises `RemoteError`."""
    target.mkdir()
    repository = _open_repository(uri)
    try:
        return Path(repository.download_artifacts("", dst_path=str(target)))
    except Exception as error:
        raise RemoteError(f"{uri}: cannot be read: {_say(error)}") from error


def _open_repository(uri: str) -> Any:
    # MLflow reads it on import.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        from mlflow.store.artifact.artifact_repository_registry import (  # noqa: PLC0415 - seconds of imports
            get_artifact_repository,
        )
    except ImportError as error:
        command = "pip install 'pytest-mlcheck[contract]'"
        raise RemoteError(f"{uri}: MLflow is needed to read a URI, and cannot be imported here: {command}") from error
    try:
        return get_artifact_repository(uri)
    except Exception as error:
        raise RemoteError(f"{uri}: cannot be read: {_say(error)}") from error


def _list_files(repository: Any) -> Iterator[FileEntry]:
    """Yield every file of a repository; paths that would leave the folder are left out."""
    count = 0
    pending: list[str | None] = [None]
    while pending and count < MAX_FILES:
        for info in repository.list_artifacts(pending.pop()):
            path = posixpath.normpath(info.path)
            if path.startswith(("/", "..")) or path == ".":
                continue
            count += 1
            if info.is_dir:
                pending.append(path)
            else:
                yield FileEntry(path, int(info.file_size or 0))


def _worth_fetching(listing: Sequence[FileEntry]) -> list[FileEntry]:
    """Return the small files of metadata and code, those at the top of the folder first."""
    small = [
        entry
        for entry in listing
        if entry.size <= MAX_FETCHED_BYTES and (entry.path == MLMODEL or entry.path.lower().endswith(_SUFFIXES))
    ]
    return sorted(small, key=lambda entry: (entry.path.count("/"), entry.path))[:MAX_FETCHED_FILES]


def _say(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
