"""Records behave like the dataclasses that type checkers take them for."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest

from mlcheck.records import field, record, replace


@record(frozen=True, slots=True)
class Place:
    """A place."""

    path: str
    line: int | None = None

    @property
    def shown(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Model:
    path: str
    line: int | None = None


@record(slots=True)
class Notes:
    title: str = ""
    lines: list[str] = field(default_factory=list)


@record(frozen=True, slots=True)
class Nothing:
    pass


def test_fields_by_position_and_by_name() -> None:
    assert Place("a", 1) == Place(line=1, path="a")
    assert Place("a").line is None
    assert Place("a", 2).shown == "a:2"
    assert Place.__doc__ == "A place."


@pytest.mark.parametrize("arguments", [(), ("a", 1, 2)])
def test_wrong_arguments_are_type_errors(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match=r"Place\.__init__\(\)"):
        Place(*arguments)  # type: ignore[arg-type]


def test_equality_and_hash_are_those_of_the_fields() -> None:
    assert hash(Place("a", 1)) == hash(Place("a", 1)) == hash(Model("a", 1))
    assert Place("a", 1) != Place("a", 2)
    assert Place("a", 1) != Model("a", 1)  # type: ignore[comparison-overlap]
    assert len({Nothing(), Nothing()}) == 1
    assert Nothing()
    with pytest.raises(TypeError, match="unhashable"):
        hash(Notes())


def test_frozen_records_cannot_be_changed() -> None:
    place = Place("a")
    with pytest.raises(AttributeError, match="cannot assign to field 'line' of the frozen Place"):
        place.line = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot delete field 'line'"):
        del place.line
    with pytest.raises(AttributeError):
        place.other = 3  # type: ignore[attr-defined]


def test_factories_make_a_value_for_each_instance() -> None:
    first, second = Notes(), Notes(lines=["b"])
    first.lines.append("a")
    assert (Notes().lines, first.lines, second.lines) == ([], ["a"], ["b"])


def test_repr_match_pickle_and_replace() -> None:
    assert repr(Place("a", 1)) == "Place(path='a', line=1)"
    match Place("a", 1):
        case Place(path, line):
            assert (path, line) == ("a", 1)
    assert pickle.loads(pickle.dumps(Place("a", 1))) == Place("a", 1)
    assert replace(Place("a", 1), line=2) == Place("a", 2)
