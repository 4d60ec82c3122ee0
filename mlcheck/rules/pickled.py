"""The pickles of a model folder and what they do when they are loaded, read once for all rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.listing import FileEntry
from mlcheck.pickles.marks import HEAD, PICKLE_SUFFIXES, may_hold_pickles
from mlcheck.records import record
from mlcheck.rules.named import Reference, references

if TYPE_CHECKING:
    from mlcheck.pickles.values import PickleFacts

_MOST_FILES = 500
_NOT_LOADED = (".whl", ".egg", ".jar", ".skops", ".keras", ".docx", ".xlsx", ".pptx")

Use = Literal["model", "artifact", "other"]


@record(frozen=True, slots=True)
class ModelPickle:
    """A pickle of a folder. `use`: whether MLflow loads it, the model may (an artifact), or nobody is known to."""

    path: str
    member: str
    use: Use
    facts: PickleFacts

    @property
    def label(self) -> str:
        """The file, and which of its pickles it is."""
        return f"{self.path!r} ({self.member.lstrip(', ')})" if self.member else repr(self.path)

    @property
    def location(self) -> Location:
        """The file: pickles have no lines."""
        return Location(self.path)


@lru_cache(maxsize=4)
def pickles(folder: ModelFolder) -> tuple[ModelPickle, ...]:
    """Return the pickles of a folder, those of the model first; nothing is loaded."""
    return tuple(_read(folder))


def is_surely_pickle(found: ModelPickle) -> bool:
    """Tell whether what was found is a pickle for sure: no text that begins like one, or what MLflow loads as one."""
    loaded = found.use == "model" and found.path.endswith((".pkl", ".pickle"))
    return loaded or bool(found.facts.references or found.facts.protocol)


def _read(folder: ModelFolder) -> Iterator[ModelPickle]:
    candidates = [] if folder.partial else list(_candidates(folder))
    if not candidates:
        return
    from mlcheck.pickles.containers import find_pickles  # noqa: PLC0415 - many folders have no pickle
    from mlcheck.pickles.stream import Budget  # noqa: PLC0415 - likewise

    budget = Budget()
    for path, use in candidates:
        stream = folder.open(path)
        if stream is not None:
            with stream:
                for found in find_pickles(stream, budget, unmarked=path.lower().endswith(PICKLE_SUFFIXES)):
                    yield ModelPickle(path, found.member, use, found.facts)


def _candidates(folder: ModelFolder) -> Iterator[tuple[str, Use]]:
    """Yield the files that may hold pickles, those first that are loaded for sure."""
    loaded = [reference for reference in references(folder) if reference.role == "model"]
    uses = {entry.path: _use(entry, loaded) for entry in folder.files if entry.kind in ("file", "link") and entry.size}
    for path in sorted(uses, key=lambda path: (_ORDER[uses[path]], path))[:_MOST_FILES]:
        name = path.lower()
        if not name.endswith(_NOT_LOADED) and (
            name.endswith(PICKLE_SUFFIXES) or may_hold_pickles(folder.read_bytes(path, limit=HEAD) or b"")
        ):
            yield path, uses[path]


_ORDER: dict[Use, int] = {"model": 0, "artifact": 1, "other": 2}


def _use(entry: FileEntry, loaded: Sequence[Reference]) -> Use:
    for reference in loaded:
        if entry.path == reference.target or entry.path.startswith(reference.target + "/"):
            return "artifact" if ".artifacts." in f".{reference.label}." else "model"
    return "other"
