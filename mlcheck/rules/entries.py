"""The entries of a signature as they stand in MLmodel, with their places and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from mlcheck.document import Document
from mlcheck.finding import Location
from mlcheck.fit.trouble import listing
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.records import record

NEWEST = (3, 17)
"""The newest MLflow whose behaviour is known here; what a folder without any version is judged by."""


@record(frozen=True, slots=True)
class Entry:
    """A column, tensor or param: `data` is its JSON, `index` its position in the list of `field`."""

    field: str
    index: int
    data: dict[str, object]
    document: Document

    def place(self, *keys: object) -> Location:
        """Return the place of the entry, or of a value inside of it."""
        return self.document.locate(self.index, *keys)

    @property
    def name(self) -> object:
        """The name as it stands there, None where there is none."""
        return self.data.get("name")

    @property
    def label(self) -> object:
        """The name, or the position where there is none."""
        return self.index if self.name is None else self.name

    @property
    def title(self) -> str:
        """What messages call it."""
        noun = "param" if self.field == "params" else "tensor" if self.is_tensor else "column"
        return f"{noun} {self.name!r}" if self.name is not None else f"{noun} {self.index} of {self.field}"

    @property
    def is_optional(self) -> bool:
        """Whether the column may be missing, in the words of any MLflow release."""
        return self.data.get("required") is False or self.data.get("optional") is True

    @property
    def is_tensor(self) -> bool:
        """Whether the entry is a tensor."""
        return self.data.get("type") == "tensor"


def entries(folder: ModelFolder, *fields: str) -> Iterator[Entry]:
    """Yield the entries of `inputs`, `outputs` or `params` that are objects, whether or not MLflow could read them."""
    for field in fields:
        yield from _entries_of(folder, field)


@lru_cache(maxsize=3)  # the fields of one folder, which rules ask for one after the other
def _entries_of(folder: ModelFolder, field: str) -> tuple[Entry, ...]:
    document = folder.signature_documents.get(field)
    items = document.data if document is not None else None
    if document is None or not isinstance(items, list):
        return ()
    return tuple(Entry(field, index, item, document) for index, item in enumerate(items) if isinstance(item, dict))


def locate_in_mlmodel(folder: ModelFolder, *keys: object) -> Location:
    """Return a place in MLmodel, its first line where there is no MLmodel."""
    return folder.mlmodel.locate(*keys) if folder.mlmodel is not None else Location(MLMODEL, 1, 1)


def locate_field(folder: ModelFolder, field: str) -> Location:
    """Return the place of `inputs`, `outputs` or `params` in MLmodel."""
    return locate_in_mlmodel(folder, "signature", field)


def release_of(folder: ModelFolder) -> tuple[int, int]:
    """Return (major, minor) of the MLflow that will read the folder: the pinned one, or the one that wrote it."""
    version = folder.pinned_mlflow or folder.mlflow_version
    return (version.major, version.minor) if version is not None else NEWEST


def plural(noun: str, names: Sequence[object]) -> str:
    """Return `column 'a'` or `columns 'a' and 'b'`."""
    return f"{noun}{'s' if len(names) != 1 else ''} {listing(names)}"
