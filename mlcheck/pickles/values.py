"""What is known about the objects of a pickle without making them, and the facts that are gathered about it."""

from __future__ import annotations

from typing import Literal, TypeVar

from mlcheck.records import field, record

_Key = TypeVar("_Key")


@record(frozen=True, slots=True)
class Ref:
    """A class or function that a pickle names: it is imported when the pickle is loaded."""

    module: str
    name: str

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@record(frozen=True, slots=True)
class Imported:
    """A module that a call imports by its name."""

    name: str


@record(frozen=True, slots=True)
class Blob:
    """Bytes that are too many to keep: where they lie in the stream."""

    offset: int
    size: int


@record(slots=True, eq=False)
class Made:
    """An object that is made while loading: by calling `function`, or as a plain instance of it.

    arguments: None where they are not known. state: what BUILD gives the object.
    """

    function: object
    arguments: tuple[object, ...] | None
    state: object = None


class Unknown:
    """Anything that is not followed: fractions, sets, what `persistent_load` returns."""


UNKNOWN = Unknown()

End = Literal["stop", "limit", "cut", "broken", "packed"]
"""stop: as it should be. limit: there is more than the budget allows. cut: the stream ends before the pickle does.
broken: what follows is no pickle. packed: it is compressed in a way that is not read."""


@record(frozen=True, slots=True)
class CarriedCode:
    """A code object that is carried by value, as cloudpickle does for functions and classes of a notebook.

    arguments: how many the constructor of code objects is given, which differs between releases of Python.
    names: the global names and attributes that the code uses. bytecode: empty where it was not kept.
    """

    arguments: int
    name: str
    filename: str
    names: tuple[str, ...]
    bytecode: bytes


@record(slots=True)
class PickleFacts:
    """What a pickle does when it is loaded. Numbers are offsets in the stream, of the first of several.

    references: what is imported. calls: what is called. handed: (called, argument) where an argument is a reference.
    imports: modules that are imported by a call. patched: global objects that are changed. computed: calls of
    something that an earlier call gave. own_code: where code is called that the pickle carries itself.
    hidden: where a name is not a constant. code: carried code. nested: pickles within, to be read as well.
    devices: where PyTorch is told to put tensors. glimpsed: references that were seen behind what was followed.
    top: the object itself.
    """

    protocol: int = 0
    references: dict[Ref, int] = field(default_factory=dict)
    calls: dict[Ref, int] = field(default_factory=dict)
    handed: dict[tuple[Ref, Ref], int] = field(default_factory=dict)
    imports: dict[str, int] = field(default_factory=dict)
    patched: dict[str, int] = field(default_factory=dict)
    computed: dict[str, int] = field(default_factory=dict)
    own_code: int | None = None
    hidden: int | None = None
    code: list[CarriedCode] = field(default_factory=list)
    nested: list[bytes | Blob] = field(default_factory=list)
    devices: dict[str, int] = field(default_factory=dict)
    glimpsed: list[Ref] = field(default_factory=list)
    top: object = UNKNOWN
    end: End = "broken"

    def absorb(self, inner: PickleFacts) -> None:
        """Take over what a pickle within does; the offsets of both are in one stream."""
        _merge(self.references, inner.references)
        _merge(self.calls, inner.calls)
        _merge(self.handed, inner.handed)
        _merge(self.imports, inner.imports)
        _merge(self.patched, inner.patched)
        _merge(self.computed, inner.computed)
        _merge(self.devices, inner.devices)
        self.own_code = inner.own_code if self.own_code is None else self.own_code
        self.hidden = inner.hidden if self.hidden is None else self.hidden
        self.code += inner.code
        self.nested += inner.nested
        self.protocol = max(self.protocol, inner.protocol)


def _merge(mine: dict[_Key, int], theirs: dict[_Key, int]) -> None:
    for key, offset in theirs.items():
        mine.setdefault(key, offset)
