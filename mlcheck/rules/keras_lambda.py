"""The rule about Keras models that carry Python functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.registry import rule

_LARGEST = 32 << 20
_HEAD = 2 << 20
"""Bytes of an HDF5 file that are read: Keras writes the configuration of the model before its weights."""
_LAMBDA_IN_HDF5 = rb'"function_type": ?"lambda"|"class_name": ?"__lambda__"'


@rule("MLC482", Severity.WARNING, since="0.1.0")
def keras_lambda(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of Keras (`.keras`, HDF5) with a Lambda layer that carries a Python lambda.

    ## Why is this bad?
    The function is stored as bytecode of one Python release, and runs whenever the model predicts. Keras refuses to
    load it from a `.keras` file: "Requested the deserialization of a `Lambda` layer with a Python `lambda` inside it",
    as MLflow does not turn its safe mode off. From HDF5 it is loaded, and fails or crashes under another Python.

    ## Bad
        keras.layers.Lambda(lambda x: x / 255)

    ## Good
        keras.layers.Rescaling(1 / 255)

    ## What to do
    Use a layer of Keras, or a class or function that is registered with `keras.saving.register_keras_serializable`.

    ## Based on
    `safe_mode` of `keras.saving.load_model`, Keras 2.13 and 3; `func_dump` of Keras 2
    """
    hint = "use a layer of Keras, or a registered function"
    for entry in folder.files:
        if entry.path.endswith((".h5", ".hdf5")) and entry.kind in ("file", "link") and not folder.partial:
            head = folder.read_bytes(entry.path, limit=_HEAD) or b""
            if head.startswith(b"\x89HDF") and re.search(_LAMBDA_IN_HDF5, head):
                message = f"{entry.path!r} has a Lambda layer with the bytecode of a Python lambda"
                yield Problem(message, Location(entry.path), hint, subject=entry.path)
        if entry.path.endswith(".keras") and entry.kind in ("file", "link") and not folder.partial:
            config = _config(folder, entry.path)
            if b'"__lambda__"' in config and b'"Lambda"' in config:
                message = f"{entry.path!r} has a Lambda layer with a Python lambda, which Keras refuses to load"
                yield Problem(message, Location(entry.path), hint, subject=entry.path)


def _config(folder: ModelFolder, path: str) -> bytes:
    stream = folder.open(path)
    if stream is None:
        return b""
    import zipfile  # noqa: PLC0415 - few folders have an archive

    try:
        with stream, zipfile.ZipFile(stream) as archive, archive.open("config.json") as member:
            return member.read(_LARGEST)
    except (OSError, KeyError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile):
        return b""
