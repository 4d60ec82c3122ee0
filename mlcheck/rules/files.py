"""Rules about the bytes of model files: pointers, empty and cut files, files that are something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from mlcheck.files import LFS_HEAD
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.listing import FileEntry
from mlcheck.pickles.marks import UNREAD, may_begin_unmarked, may_hold_pickles
from mlcheck.rules import endings
from mlcheck.rules.named import lacking_parts, model_files, references
from mlcheck.rules.pickled import is_surely_pickle, pickles
from mlcheck.rules.registry import rule

_MAX_FILES = 500  # files of a model that are opened; a Spark model may have thousands of parts

# beginning of a file → what it is, and how to tell that its end is missing
_FORMATS: tuple[tuple[bytes, str, Callable[[endings.Read, int], bool | None]], ...] = (
    (b"PK\x03\x04", "zip archive", endings.zip_is_cut),
    (b"\x89HDF\r\n\x1a\n", "HDF5 file", endings.hdf5_is_cut),
    (b"PAR1", "Parquet file", endings.parquet_is_cut),
    (b"\xfd7zXZ\x00", "xz stream", endings.xz_is_cut),
    (b"{L\x00\x00", "XGBoost model", endings.ubjson_is_cut),
    (b"tree\n", "LightGBM model", endings.lightgbm_is_cut),
    (b"CBM1", "CatBoost model", endings.catboost_is_cut),
    (b"\x93NUMPY", "NumPy array", endings.npy_is_cut),
)
# suffix → the same, of formats that begin anyhow
_BY_SUFFIX: dict[str, tuple[str, Callable[[endings.Read, int], bool | None]]] = {
    ".safetensors": ("safetensors file", endings.safetensors_is_cut),
    ".json": ("JSON file", endings.json_is_cut),
    ".onnx": ("ONNX model", endings.protobuf_is_cut),
    ".pb": ("file of protocol buffers", endings.protobuf_is_cut),
}
# suffix → how such files begin
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    ".keras": (b"PK\x03\x04", b"\x89HDF"),
    ".skops": (b"PK\x03\x04",),
    ".npz": (b"PK\x03\x04",),
    ".pt2": (b"PK\x03\x04",),
    ".h5": (b"\x89HDF",),
    ".hdf5": (b"\x89HDF",),
    ".parquet": (b"PAR1",),
    ".npy": (b"\x93NUMPY",),
    ".ubj": (b"{",),
    ".lgb": (b"tree",),
    ".cbm": (b"CBM1",),
    # The fields of ONNX's ModelProto, each of which may come first.
    ".onnx": tuple(bytes((key,)) for key in b"\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca\xd2"),
    ".gz": (b"\x1f\x8b",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
}
_WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml version", b'{"message":', b'{"error')
_PICKLED = (".pkl", ".pickle", ".statsmodels", ".pmd")
_BINARY = (*_PICKLED, ".joblib", ".pth", ".pt", ".bin", ".cb", ".safetensors", ".sav", ".xgb", ".pr", ".spacy")


@lru_cache(maxsize=4)
def _opened(folder: ModelFolder) -> tuple[tuple[FileEntry, bytes, endings.Read], ...]:
    """Return the files of the model with their first bytes and a reader; empty ones and git-LFS pointers are out."""
    if folder.partial:
        return ()
    found = []
    for path in model_files(folder)[:_MAX_FILES]:
        entry = folder.entry(path)
        head = folder.read_bytes(path, limit=64)
        if entry is not None and head and not head.startswith(LFS_HEAD):
            found.append((entry, head, partial(_read, folder, path)))
    return tuple(found)


def _read(folder: ModelFolder, path: str, offset: int, size: int) -> bytes:
    return folder.read_at(path, max(0, offset), size) or b""


@rule("MLC420", Severity.ERROR, since="0.1.0")
def git_lfs_pointer(folder: ModelFolder) -> Iterator[Problem]:
    """Finds git-LFS pointers: small texts that stand in for files that were not fetched.

    ## Why is this bad?
    A loader reads the text as a model and fails with `UnpicklingError: invalid load key, 'v'` or the like. It is an
    error for files of the model and its code, a warning for others. While MLmodel or a requirements file is such a
    text, nothing else is said about the folder.

    ## Bad
        $ head -1 model.pkl
        version https://git-lfs.github.com/spec/v1

    ## Good
        $ git lfs pull        (and model.pkl is the model)

    ## What to do
    Run `git lfs pull` before checking or shipping; in CI check out with LFS (`lfs: true` in actions/checkout).

    ## Based on
    git-LFS pointer specification v1; https://github.com/mlflow/mlflow/issues/7564
    """
    code = tuple(f"{one.target}/" for one in references(folder) if one.role == "code")
    vital = set(model_files(folder))
    for entry in folder.files:
        if folder.is_lfs_pointer(entry):
            serious = entry.path in vital or entry.path in folder.unfetched or entry.path.startswith(code)
            severity = None if serious else Severity.WARNING
            message = f"{entry.path!r} is a git-LFS pointer, the file itself was not fetched"
            place = Location(entry.path, 1, 1)
            yield Problem(message, place, "run `git lfs pull`", subject=entry.path, severity=severity)


@rule("MLC421", Severity.ERROR, since="0.1.0")
def empty_model_file(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of no bytes where MLmodel names a model file.

    ## Why is this bad?
    Loading fails (`EOFError: Ran out of input`). A disk that was full or a copy that was broken off leaves such
    files behind.

    ## Bad
        model.pkl          0 bytes

    ## Good
        model.pkl     25,963 bytes

    ## What to do
    Log the model again, or fetch the file again.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6994
    """
    seen: set[str] = set()
    for reference in references(folder):
        entry = folder.entry(reference.target)
        if reference.role == "model" and entry is not None and entry.kind == "file" and entry.size == 0:
            message = f"{entry.path!r} is empty, and {reference.label} names it as part of the model"
            if entry.path not in seen:
                yield Problem(message, reference.location, "log the model again", subject=entry.path)
            seen.add(entry.path)


@rule("MLC422", Severity.ERROR, since="0.1.0")
def truncated_pickle(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles of the model that end too early.

    ## Why is this bad?
    Loading fails (`EOFError`, `UnpicklingError: pickle data was truncated`), often only after seconds. A broken
    upload or download is the usual cause.

    ## Bad
        model.pkl     the first frame says 80,211 bytes, the file has 65,536

    ## Good
        model.pkl     ends with the STOP opcode of its last frame

    ## What to do
    Fetch the file again, or log the model again; compare `model_size_bytes` of MLmodel.

    ## Based on
    Pickle protocols 4 and 5 (PEP 3154): frames tell their length; before them, the STOP opcode that every pickle has
    """
    hint = "fetch it again or log the model again"
    told: set[str] = set()
    for entry, head, read in _opened(folder):
        if endings.is_pickle(head) and head[1] >= 4 and endings.pickle_is_cut(read, entry.size):
            told.add(entry.path)
            message = f"the pickle {entry.path!r} is cut off: it ends within one of its frames"
            yield Problem(message, Location(entry.path), hint, subject=entry.path)
    for found in pickles(folder):
        if found.facts.end == "cut" and found.use != "other" and is_surely_pickle(found) and found.path not in told:
            told.add(found.path)
            message = f"the pickle {found.label} is cut off: it ends before its STOP opcode"
            yield Problem(message, found.location, hint, subject=found.path)


@rule("MLC423", Severity.ERROR, since="0.1.0")
def truncated_file(folder: ModelFolder) -> Iterator[Problem]:
    """Finds model files that end too early: zip (.keras, .skops, .npz, .pt), HDF5, XGBoost, LightGBM, ONNX and others.

    ## Why is this bad?
    Loading fails, with `BadZipFile: File is not a zip file` for instance, which sounds like another problem.

    ## Bad
        model.skops     begins like a zip archive and has no directory at its end

    ## Good
        model.skops     opens with `python -m zipfile -t model.skops`

    ## What to do
    Fetch the file again, or log the model again.

    ## Based on
    The formats' own marks at the end, or the length that their header tells: zip, HDF5, Parquet, safetensors, xz,
    JSON, the UBJSON of XGBoost, the text of LightGBM, CatBoost, arrays of NumPy, protocol buffers (ONNX, SavedModel)
    """
    for entry, head, read in _opened(folder):
        what, is_cut = _BY_SUFFIX.get(entry.path[entry.path.rfind(".") :], ("", None))
        if is_cut is not None and is_cut(read, entry.size):
            yield _cut(entry, what)
        for beginning, what, is_cut in _FORMATS:
            if head.startswith(beginning) and is_cut(read, entry.size):
                yield _cut(entry, what)


def _cut(entry: FileEntry, what: str) -> Problem:
    message = f"the {what} {entry.path!r} is cut off: its end is missing"
    return Problem(message, Location(entry.path), "fetch it again or log the model again", subject=entry.path)


@rule("MLC424", Severity.ERROR, since="0.1.0")
def wrong_file_format(folder: ModelFolder) -> Iterator[Problem]:
    """Finds files of the model that are not what their name says, web pages among them.

    ## Why is this bad?
    Loading fails with an error about the format. A download that answered with a login page, or a file that was
    renamed by hand, is the usual cause.

    ## Bad
        model.pkl       begins with <!DOCTYPE html>
        model.keras     is a pickle

    ## Good
        model.keras     begins like a zip archive

    ## What to do
    Put the right file there, or log the model again.

    ## Based on
    The first bytes that the formats prescribe; https://github.com/mlflow/mlflow/issues/13447
    """
    for entry, head, _ in _opened(folder):
        message = _format_fault(folder, entry.path, head)
        if message:
            yield Problem(message, Location(entry.path), "put the right file there", subject=entry.path)


def _format_fault(folder: ModelFolder, path: str, head: bytes) -> str:
    suffix = path[path.rfind(".") :].lower()
    if suffix in (*_BEGINNINGS, *_BINARY) and head.lstrip().lower().startswith(_WEB_PAGE):
        return f"{path!r} is a web page or an error message, not a model"
    beginnings = _BEGINNINGS.get(suffix)
    if beginnings and not head.startswith(beginnings):
        return f"{path!r} is no {suffix} file: it begins with {head[:8]!r}"
    if suffix in _PICKLED and path in _unpickled(folder) and not _may_be_pickle(head):
        return f"{path!r} is no pickle: it begins with {head[:8]!r}"
    library = _booster_fault(folder, path, head)
    return f"{path!r} is no model of {library}: it begins with {head[:8]!r}" if library else ""


def _booster_fault(folder: ModelFolder, path: str, head: bytes) -> str:
    """Return the library whose model file this cannot be, "" where it can. MLflow fixes no suffix for them."""
    xgboost, catboost = folder.flavors.get("xgboost", {}), folder.flavors.get("catboost", {})
    if path == xgboost.get("data") and not head.lstrip().startswith((b"{", b"binf", b"bs64")):
        # Binary files of XGBoost before 3.1 begin anyhow, but never with text alone.
        text = head.strip()
        return "XGBoost" if path.endswith(".json") or (text.isascii() and text.decode().isprintable()) else ""
    as_cbm = catboost.get("save_format", "cbm") == "cbm"
    return "CatBoost" if path == catboost.get("data") and as_cbm and not head.startswith(b"CBM1") else ""


def _unpickled(folder: ModelFolder) -> set[str]:
    """Return the files that MLflow itself loads as models; what is in artifacts is the model's own affair."""
    return {one.target for one in references(folder) if one.role == "model" and ".artifacts." not in one.label}


def _may_be_pickle(head: bytes) -> bool:
    return may_hold_pickles(head) or may_begin_unmarked(head) or head.startswith(UNREAD)


@rule("MLC425", Severity.ERROR, since="0.1.0")
def incomplete_model_directory(folder: ModelFolder) -> Iterator[Problem]:
    """Finds directories of a model that are there without the file that the loader opens in them.

    ## Why is this bad?
    The directory passes for the model, and loading fails. A `.gitignore` with `*.pth` or `*.h5` does that: it
    keeps the small files beside the weights and drops the weights.

    ## Bad
        data/pickle_module_info.txt        (and no data/model.pth)

    ## Good
        data/pickle_module_info.txt
        data/model.pth

    ## What to do
    Add the file, or log the model again.

    ## Based on
    `_load_pyfunc` of the pytorch, tensorflow, keras, h2o, spark and spacy flavors, MLflow 1.10 to 3.17
    """
    for reference, paths in lacking_parts(folder):
        wanted = " or ".join(repr(path) for path in paths)
        message = f"{reference.label} names {reference.value!r}, which lacks {wanted}"
        hint = "add it (is it ignored by git?) or log the model again"
        yield Problem(message, reference.location, hint, subject=reference.target)
