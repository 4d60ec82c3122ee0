"""The domain of a model: for each input and param the values that it really takes, as far as anything tells."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from mlcheck.contract.domain.coercion import coerce
from mlcheck.contract.domain.configured import apply_configuration
from mlcheck.contract.domain.nested import make_value
from mlcheck.contract.domain.plain import PLAIN, scalar_of_dtype
from mlcheck.contract.domain.rows import MOST_ROWS, rows_by_input
from mlcheck.contract.domain.sample import DomainError, read_sample
from mlcheck.contract.domain.values import Source, Values, is_null, values_from_shown
from mlcheck.signature import (
    AnyType,
    Array,
    Column,
    ColumnType,
    Map,
    Name,
    Param,
    Scalar,
    Signature,
    Tensor,
    Vector,
    input_name,
)

if TYPE_CHECKING:
    import os

    from mlcheck.contract.domain.example import Example

# Property names on the way to a scalar inside a nested type; elements of arrays and maps add nothing to it
Path: TypeAlias = tuple[str, ...]
Settings: TypeAlias = Mapping[str, Mapping[str, Any]]
# By input, what a sample or an example shows in its rows
Shown: TypeAlias = dict[Name, tuple[Source, list[Any]]]

# Elements of a shown tensor that are looked at
_MOST_ELEMENTS: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class InputDomain:
    """The domain of one column or tensor.

    `shown` has its value in each row of the sample or the example (an array for a tensor), or nothing where
    neither tells. `leaves` has the typical scalars by path: () for a scalar column and for the elements of a tensor.
    """

    name: Name
    spec: Column | Tensor
    shown: tuple[Any, ...]
    leaves: Mapping[Path, Values]


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """What is known about the values that a model takes.

    `rows` is how many rows are kept of a sample or the example, 0 for none. An optional column that those rows do not
    have is in `absent`: leaving it out is what is typical. `params` has the values that the default, the example and
    the configuration name.
    """

    signature: Signature
    inputs: tuple[InputDomain, ...] = ()
    params: Mapping[str, Values] = field(default_factory=dict)
    rows: int = 0
    example: Example | None = None
    absent: frozenset[Name] = frozenset()

    @classmethod
    def from_sources(
        cls,
        signature: Signature,
        config: Settings | None = None,
        sample: str | os.PathLike[str] | None = None,
        example: Example | None = None,
    ) -> Domain:
        """Return the domain; the configuration comes first, then the sample, the example, plain values of the type.

        `config` has `min`, `max`, `choices`, `pattern` and `nullable` by the name of a column, tensor or param, or
        by `column.property` inside nested types. Raises DomainError for a configuration or a sample that cannot be
        used.
        """
        settings = config or {}
        _check_names(signature, settings)
        shown = _read_shown(signature, sample, example)
        inputs = tuple(_input_domain(name, spec, shown, settings) for name, spec in unique_inputs(signature))
        params = {param.name: _param_values(param, settings, example) for param in signature.params or ()}
        absent = {item.name for item in inputs if shown and _is_absent(item, settings)}
        rows = max((len(item.shown) for item in inputs), default=0)
        return cls(signature, inputs, params, rows, example, frozenset(absent))


def unique_inputs(signature: Signature) -> list[tuple[Name, Column | Tensor]]:
    """Return the inputs by the name that enforcement looks for; of two of one name the last counts."""
    return list({input_name(spec, i): spec for i, spec in enumerate(signature.inputs or ())}.items())


def leaf_types(type_: ColumnType, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and the name of every scalar in the type."""
    if isinstance(type_, Scalar):
        yield path, type_.name
    elif isinstance(type_, Vector):
        yield path, "double"
    elif isinstance(type_, Array):
        yield from leaf_types(type_.items, path)
    elif isinstance(type_, Map):
        yield from leaf_types(type_.values, path)
    elif not isinstance(type_, AnyType):
        for item in type_.properties:
            yield from leaf_types(item.type, (*path, item.name))


def is_typical(item: InputDomain, value: object) -> bool:
    """Return whether the value (an element of it for a tensor) is a typical one of the input."""
    if isinstance(item.spec, Tensor):
        return item.leaves[()].contains(value)
    if not isinstance(item.spec.type, Scalar) and any(value == shown for shown in item.shown):
        return True
    good = item.shown[0] if item.shown else make_value(item.spec.type, item.leaves, 0)
    return _is_like(item, item.spec.type, good, value, ())


def _is_like(item: InputDomain, type_: ColumnType, good: Any, value: Any, path: Path) -> bool:
    """Return whether the value has the shape of a good one and typical scalars."""
    if isinstance(type_, Scalar):
        return item.leaves[path].contains(value)
    if isinstance(type_, AnyType) or good is None or value is None or len(good) != len(value):
        return type(good) is type(value) and bool(good == value)
    if isinstance(type_, Array | Vector):
        items = Scalar("double") if isinstance(type_, Vector) else type_.items
        return all(_is_like(item, items, *pair, path) for pair in zip(good, value, strict=True))
    if good.keys() != value.keys():
        return False
    if isinstance(type_, Map):
        return all(_is_like(item, type_.values, good[key], value[key], path) for key in good)
    types = {each.name: each.type for each in type_.properties}
    return all(_is_like(item, types[key], good[key], value[key], (*path, key)) for key in good)


def _leaves_of(spec: Column | Tensor) -> dict[Path, str]:
    if isinstance(spec, Column):
        return dict(leaf_types(spec.type))
    scalar = scalar_of_dtype(spec.dtype)
    return {(): scalar} if scalar else {}


def _is_absent(item: InputDomain, settings: Settings) -> bool:
    return (
        isinstance(item.spec, Column) and item.spec.required is False and not item.shown and item.name not in settings
    )


def _read_shown(signature: Signature, sample: str | os.PathLike[str] | None, example: Example | None) -> Shown:
    shown: Shown = {}
    if sample is not None:
        shown = {name: ("sample", cells) for name, cells in read_sample(sample, signature).items()}
    if example is None or not signature.inputs:
        return shown
    rows = max((len(cells) for _, cells in shown.values()), default=0)
    for name, cells in rows_by_input(example.data, signature.inputs).items():
        # Where the sample lacks an input of the example, the example's values are taken in turn
        shown.setdefault(name, ("example", [cells[i % len(cells)] for i in range(rows or len(cells))]))
    return shown


def _input_domain(name: Name, spec: Column | Tensor, shown: Shown, settings: Settings) -> InputDomain:
    source, cells = shown.get(name, ("plain", []))
    found: dict[Path, list[Any]] = {}
    if isinstance(spec, Tensor):
        found[()] = _elements(cells)
    else:
        for cell in cells:
            _collect(cell, spec.type, (), found)
    leaves = {}
    for path, scalar in _leaves_of(spec).items():
        values = values_from_shown(found.get(path, ()), source) or PLAIN[scalar]
        setting = settings.get(".".join((str(name), *path)))
        leaves[path] = apply_configuration(values, setting, scalar, name) if setting else values
    return InputDomain(name, spec, tuple(_fit(_thin(cells), spec, leaves)), leaves)


def _thin(cells: Sequence[Any]) -> list[Any]:
    """Return as many rows as are worth keeping, spread over all of them, the first among them."""
    count = min(len(cells), MOST_ROWS)
    return [cells[i * len(cells) // count] for i in range(count)]


def _fit(cells: Sequence[Any], spec: Column | Tensor, leaves: Mapping[Path, Values]) -> list[Any]:
    """Return the shown values with those replaced that the configuration excludes or the type cannot hold."""
    if isinstance(spec, Tensor) or not isinstance(spec.type, Scalar):
        return list(cells)
    values = leaves[()]
    holds_null = spec.type.name not in ("integer", "long", "boolean")
    fits = [values.contains(cell) and (holds_null or not is_null(cell)) for cell in cells]
    return [cell if fit else values.at(row) for row, (cell, fit) in enumerate(zip(cells, fits, strict=True))]


def _collect(value: Any, type_: ColumnType, path: Path, found: dict[Path, list[Any]]) -> None:
    """Gather the scalars of a value by path."""
    if isinstance(type_, Scalar):
        found.setdefault(path, []).append(value)
    elif isinstance(type_, Array | Vector):
        items = Scalar("double") if isinstance(type_, Vector) else type_.items
        for item in value or ():
            _collect(item, items, path, found)
    elif isinstance(type_, Map):
        for item in (value or {}).values():
            _collect(item, type_.values, path, found)
    elif not isinstance(type_, AnyType):
        for property_ in type_.properties:
            if value and property_.name in value:
                _collect(value[property_.name], property_.type, (*path, property_.name), found)


def _elements(arrays: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
    elements: list[Any] = []
    for array in arrays:
        flat = array.reshape(-1)[: _MOST_ELEMENTS - len(elements)]
        elements += (flat.astype("datetime64[us]") if flat.dtype.kind == "M" else flat).tolist()
    return (
        elements
        if all(isinstance(item, int | float | complex | str | bytes) or is_null(item) for item in elements)
        else []
    )


def _param_values(param: Param, settings: Settings, example: Example | None) -> Values:
    """Return the values that the default, the example and the configuration name, whole lists for a list."""
    choices = [param.default]
    if example and example.params and param.name in example.params:
        choices.append(example.params[param.name])
    setting = settings.get(param.name)
    if setting is None:
        return Values(tuple(choices), source="example" if choices[1:] else "plain")
    if isinstance(param.type, Scalar) and not param.shape:
        return apply_configuration(Values((param.default,)), setting, param.type.name, param.name)
    if setting.keys() != {"choices"}:
        raise DomainError(f"domain of {param.name!r}: only choices can be given for a param that is a {param}")
    type_ = Array(param.type) if param.shape else param.type
    return Values(tuple(coerce(choice, type_) for choice in setting["choices"]), source="configuration")


def _check_names(signature: Signature, settings: Settings) -> None:
    known = {param.name for param in signature.params or ()}
    for name, spec in unique_inputs(signature):
        known |= {".".join((str(name), *path)) for path in _leaves_of(spec)}
    for name, setting in settings.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise DomainError(f"domain of {name!r}: the signature has no such input or param{hint}")
        if not isinstance(setting, Mapping):
            raise DomainError(f"domain of {name!r}: a table with min, max, choices, pattern or nullable is needed")
