"""Rules about how large the folder is: its recorded size, and files that it holds twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.leftovers import is_leftover
from mlcheck.rules.named import is_there, lacking_parts, model_files, references
from mlcheck.rules.registry import rule

# Written after MLflow has measured the folder, or on download.
_UNCOUNTED = frozenset(
    {
        *("MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "constraints.txt"),
        *("registered_model_meta", "environment_variables.txt", "uv.lock", "pyproject.toml", ".python-version"),
    }
)
_LARGE = 1024 * 1024
_PIECE = 256 * 1024


@rule("MLC426", Severity.WARNING, since="0.1.0")
def model_size_changed(folder: ModelFolder) -> Iterator[Problem]:
    """Finds folders whose files do not have the size that `model_size_bytes` says.

    ## Why is this bad?
    MLflow writes the size when it saves a model. If all files together are smaller now, one was lost or replaced; if
    the model's own files alone are larger (a note), the model was replaced. Nothing is said where another finding
    explains it (a missing file, a git-LFS pointer), and for Spark models, whose directory Spark itself writes more
    than once. Files that were added do not count: MLflow itself adds some after measuring.

    ## Bad
        model_size_bytes: 25963       (and the files have 11,020 bytes)

    ## Good
        model_size_bytes: 25963       (and so have the files)

    ## What to do
    Find out which file changed, or log the model again.

    ## Based on
    `get_total_file_size` in MLflow 2.9 to 3.17: all files but MLmodel, the environment files and `metadata/`
    """
    recorded = folder.mlmodel_data.get("model_size_bytes")
    if not isinstance(recorded, int) or isinstance(recorded, bool) or folder.mlmodel is None:
        return
    counted, own = counted_size(folder), _own_size(folder)
    if own <= recorded <= counted or "spark" in folder.flavors or _explained(folder):
        return
    lost = counted < recorded
    message = f"model_size_bytes is {recorded:,}, the files have {counted:,} bytes: one was lost or replaced"
    if not lost:
        message = f"model_size_bytes is {recorded:,}, the model's own files have {own:,} bytes: it was replaced"
    place = folder.mlmodel.locate("model_size_bytes")
    yield Problem(message, place, "log the model again", severity=None if lost else Severity.NOTE)


def counted_size(folder: ModelFolder) -> int:
    """Return the bytes of all files that count for `model_size_bytes`, leftovers not among them."""
    kept = (entry for entry in folder.files if entry.path not in _UNCOUNTED and not is_leftover(entry.path))
    return sum(entry.size for entry in kept if not entry.path.startswith("metadata/"))


def _own_size(folder: ModelFolder) -> int:
    """Return the bytes of the model's own files, artifacts not among them."""
    return sum(e.size for e in folder.files if e.path in model_files(folder) and not e.path.startswith("artifacts/"))


def _explained(folder: ModelFolder) -> bool:
    missing = any(not is_there(folder, reference) for reference in references(folder))
    missing = missing or any(lacking_parts(folder))
    linked = any(entry.kind != "file" for entry in folder.files)
    return missing or linked or any(map(folder.is_lfs_pointer, folder.files))


@rule("MLC427", Severity.NOTE, since="0.1.0")
def file_stored_twice(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of more than a megabyte that the folder holds twice.

    ## Why is this bad?
    Upload, download and image grow by it, and it is unclear which of them the model uses. The usual case: weights
    that are an artifact and were pickled as an attribute of the model too.

    ## Bad
        artifacts/weights.bin        5,242,880 bytes
        code/weights.bin             5,242,880 bytes, the same

    ## Good
        artifacts/weights.bin        5,242,880 bytes

    ## What to do
    Keep one, and let the model open that one.

    ## Based on
    https://github.com/mlflow/mlflow/issues/1283, https://github.com/mlflow/mlflow/issues/8963
    """
    by_size: dict[int, list[str]] = defaultdict(list)
    for entry in folder.files:
        if entry.size > _LARGE and entry.kind == "file":
            by_size[entry.size].append(entry.path)
    for size, paths in by_size.items():
        same: dict[str, list[str]] = defaultdict(list)
        for path in paths if len(paths) > 1 and not folder.partial else ():
            same[_digest(folder, path, size)].append(path)
        for twins in same.values():
            if len(twins) > 1:
                message = f"{twins[1]!r} is the same as {twins[0]!r} ({size:,} bytes)"
                yield Problem(message, Location(twins[1]), "keep one of them", subject=twins[1])


def _digest(folder: ModelFolder, path: str, size: int) -> str:
    """Return a hash of the beginning, the middle and the end: enough where the sizes are equal to the byte."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, and few folders have two large files of one size

    pieces = (folder.read_at(path, place, _PIECE) or b"" for place in (0, size // 2, max(0, size - _PIECE)))
    return hashlib.sha256(b"".join(pieces)).hexdigest()
