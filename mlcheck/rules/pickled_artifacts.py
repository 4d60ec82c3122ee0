"""The rule about artifacts that the pickle of the model holds a second time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.listing import FileEntry
from mlcheck.rules.named import references
from mlcheck.rules.registry import rule

_LARGE: Final = 1_000_000
_LARGEST: Final = 256_000_000
_PIECE: Final = 1024
_VARIED: Final = 128
"""So many different bytes a piece of weights has at least; blanks and zeros are in every file."""
_MOST: Final = 20


@rule("MLC428", Severity.NOTE, since="0.1.0")
def artifact_in_pickle(folder: ModelFolder) -> Iterator[Problem]:
    """Finds artifacts of more than a megabyte whose bytes are in python_model.pkl too.

    ## Why is this bad?
    The weights are stored, uploaded and loaded twice, and the ones that `load_context` reads may not be the ones that
    predict. It happens where `load_context` was called before the model was logged, or `__init__` keeps the weights:
    what stands in `self` is pickled.

    ## Bad
        model = Scorer()
        model.load_context(context)             (sets self.weights)
        mlflow.pyfunc.log_model(python_model=model, artifacts={"weights": "weights.npy"})

    ## Good
        mlflow.pyfunc.log_model(python_model=Scorer(), artifacts={"weights": "weights.npy"})

    ## What to do
    Log a fresh object, and load the weights in `load_context` alone; a model from code cannot go wrong that way.

    ## Based on
    https://github.com/mlflow/mlflow/issues/17320, https://github.com/mlflow/mlflow/issues/9698
    """
    name = folder.pyfunc.get("python_model")
    pickle = folder.entry(name) if isinstance(name, str) else None
    if pickle is None or folder.partial or not _LARGE < pickle.size <= _LARGEST or not pickle.path.endswith(".pkl"):
        return
    artifacts = tuple(f"{one.target}/" for one in references(folder) if ".artifacts." in one.label)
    large = [entry for entry in folder.files if entry.size > _LARGE and f"{entry.path}/".startswith(artifacts)]
    pieces = {entry.path: piece for entry in large[:_MOST] if (piece := _piece_of(folder, entry))}
    content = folder.read_bytes(pickle.path, limit=_LARGEST) if pieces else None
    for path, piece in pieces.items():
        if content is not None and piece in content:
            message = f"{pickle.path!r} holds what is in the artifact {path!r}, too"
            hint = "log a fresh object: load_context sets what is pickled if it was called before"
            yield Problem(message, Location(pickle.path), hint, subject=path)


def _piece_of(folder: ModelFolder, entry: FileEntry) -> bytes:
    """Return some bytes of a file that no other has by chance, nothing where they are too uniform."""
    pieces = (folder.read_at(entry.path, place, _PIECE) or b"" for place in (entry.size // 2, _BEHIND_HEADERS))
    return next((piece for piece in pieces if len(set(piece)) >= _VARIED), b"")


_BEHIND_HEADERS: Final = 4096
