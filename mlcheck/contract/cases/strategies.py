"""Hypothesis strategies for cases: base rows and few edits, which shrink to a base row but for one value."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from hypothesis import strategies as st

from mlcheck.contract.cases.base import (
    apply_edits,
    base_array,
    base_cell,
    base_rows,
    has_data,
    inputs_by_name,
    takes_list,
    takes_rows,
    type_of,
    typical_intent,
)
from mlcheck.contract.cases.inside import Draw, draw_nested
from mlcheck.contract.cases.scalars import any_element, any_present, any_value, typical_value
from mlcheck.contract.cases.types import Case, Edit, Intent, Kind
from mlcheck.contract.cases.violations import violation_groups
from mlcheck.contract.domain import Domain, InputDomain, is_null, is_typical
from mlcheck.signature import Param, Scalar, Tensor

MOST_ROWS: Final = 5
MOST_EDITS: Final = 6
_LONGEST_LIST: Final = 4


def typical(domain: Domain) -> st.SearchStrategy[Case]:
    """Return the strategy of base rows with some values replaced by other typical ones."""
    return _cases(_Plan(domain, beyond=False)) if has_data(domain) else st.nothing()


def edges(domain: Domain) -> st.SearchStrategy[Case]:
    """Return the strategy of base rows with values replaced by any others of their types.

    A case that turns out to be made of typical values alone is of kind "typical".
    """
    return _cases(_Plan(domain, beyond=True)) if has_data(domain) else st.nothing()


def violations(domain: Domain, *, mlflow_version: str, pandas_version: str) -> st.SearchStrategy[Case]:
    """Return the strategy of base rows with one violation that enforcement of these versions refuses.

    Params are left alone; their violations can all be enumerated.
    """
    groups = [group for group in violation_groups(domain, mlflow_version, pandas_version) if group.makers]
    if not groups:
        return st.nothing()
    choices = st.integers(0, len(groups) - 1)
    positions = {len(group.makers): st.integers(0, len(group.makers) - 1) for group in groups}
    rows = st.integers(1, MOST_ROWS)
    offsets = st.integers(0, base_rows(domain) - 1)

    @st.composite
    def draw_violation(draw: Draw) -> Case:
        group = groups[draw(choices)]
        maker = group.makers[draw(positions[len(group.makers)])]
        return maker(draw(rows), draw(offsets)) if group.by_rows else maker()

    return draw_violation()


def params(domain: Domain, *, edges: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy of params: none as the simplest, else some of those declared.

    Their values are those that the domain names, and with `edges` all of their types.
    """
    values = {param.name: _param_value(domain, param, edges) for param in domain.signature.params or ()}
    if not values:
        return st.just({})
    # A list shrinks to the one param that matters; the optional keys of fixed_dictionaries do not always.
    one = st.sampled_from(list(values)).flatmap(lambda name: st.tuples(st.just(name), values[name]))
    return st.lists(one, max_size=len(values)).map(dict)


def _param_value(domain: Domain, param: Param, beyond: bool) -> st.SearchStrategy[Any]:
    if not beyond or not isinstance(param.type, Scalar):
        return typical_value(domain.params[param.name], str(param))
    one = any_present(param.type.name)
    return st.lists(one, max_size=_LONGEST_LIST) if param.shape else one


class _Plan:
    """The strategies that cases of one domain are drawn with, made once and only if needed."""

    def __init__(self, domain: Domain, *, beyond: bool) -> None:
        self.domain = domain
        self.beyond = beyond
        self.rows = st.integers(1, MOST_ROWS if takes_rows(domain) else 1)
        self.offsets = st.integers(0, base_rows(domain) - 1)
        self.inputs = st.integers(0, len(domain.inputs) - 1)
        self.params = params(domain, edges=beyond) if domain.signature.params else None
        self.edits = {rows: st.lists(self._edit(rows), max_size=MOST_EDITS) for rows in range(1, MOST_ROWS + 1)}
        self._values: dict[int, st.SearchStrategy[Any]] = {}
        self._sizes: dict[int, st.SearchStrategy[int]] = {}

    def values(self, position: int) -> st.SearchStrategy[Any]:
        """Return the strategy for a scalar column or an element of a tensor."""
        if position not in self._values:
            self._values[position] = self._make_values(self.domain.inputs[position])
        return self._values[position]

    def _make_values(self, item: InputDomain) -> st.SearchStrategy[Any]:
        if isinstance(item.spec, Tensor):
            kind = np.dtype(item.spec.dtype).kind
            return any_element(item.spec.dtype) if self.beyond else typical_value(item.leaves[()], kind)
        name = str(type_of(item))
        if not self.beyond:
            return typical_value(item.leaves[()], name)
        return any_present(name) if takes_list(self.domain) else any_value(name)

    def below(self, size: int) -> st.SearchStrategy[int]:
        """Return the strategy of positions in something of that size."""
        if size not in self._sizes:
            self._sizes[size] = st.integers(0, size - 1)
        return self._sizes[size]

    def _edit(self, rows: int) -> st.SearchStrategy[tuple[int, int, Any]]:
        row_numbers = st.integers(0, rows - 1)

        @st.composite
        def draw_edit(draw: Draw) -> tuple[int, int, Any]:
            position = draw(self.inputs)
            row = draw(row_numbers)
            item = self.domain.inputs[position]
            if isinstance(item.spec, Tensor):
                return position, row, self._draw_element(draw, item, position)
            if isinstance(item.spec.type, Scalar):
                return position, row, draw(self.values(position))
            good = base_cell(item, row, position)
            return position, row, draw_nested(draw, item, item.spec.type, good, beyond=self.beyond)

        return draw_edit()

    def _draw_element(self, draw: Draw, item: InputDomain, position: int) -> tuple[tuple[int, ...], Any] | None:
        shape = base_array(item, 1, 0).shape
        sizes = shape[1:] if item.spec.shape[:1] == (-1,) else shape  # type: ignore[union-attr]
        if 0 in sizes:
            return None
        flat = draw(self.below(int(np.prod(sizes))))
        element = tuple(map(int, np.unravel_index(flat, sizes))) if sizes else ()
        return element, draw(self.values(position))


@st.composite
def _cases(draw: Draw, plan: _Plan) -> Case:
    rows = draw(plan.rows)
    offset = draw(plan.offsets)
    drawn = draw(plan.edits[rows])
    given = None if plan.params is None else draw(plan.params) or None
    edits = _edits(plan.domain, offset, drawn)
    data = apply_edits(plan.domain, rows, offset, edits)
    edits += tuple(Edit("param", name, value) for name, value in (given or {}).items())
    kind: Kind = "edge" if plan.beyond and not all(_is_typical(plan.domain, edit) for edit in edits) else "typical"
    return Case(data, given, kind, _intent(rows, edits), None, edits)


def _edits(domain: Domain, offset: int, drawn: list[tuple[int, int, Any]]) -> tuple[Edit, ...]:
    """Return what the drawn values change in the base rows, the last value where a place was drawn twice."""
    found: dict[object, Edit] = {}
    for position, row, value in drawn:
        item = domain.inputs[position]
        if not isinstance(item.spec, Tensor):
            found[position, row] = Edit("column", item.name, value, row)
        elif value is not None:
            free = item.spec.shape[:1] == (-1,)
            found[position, row, value[0]] = Edit("tensor", item.name, value[1], row if free else None, value[0])
    return tuple(edit for edit in found.values() if not _changes_nothing(domain, offset, edit))


def _changes_nothing(domain: Domain, offset: int, edit: Edit) -> bool:
    position, item = inputs_by_name(domain)[edit.name]
    if isinstance(item.spec, Tensor) or item.name in domain.absent:
        return False
    base = base_cell(item, offset + (edit.row or 0), position)
    if is_null(base) or is_null(edit.value):
        return is_null(base) and is_null(edit.value)
    return type(base) is type(edit.value) and repr(base) == repr(edit.value)


def _is_typical(domain: Domain, edit: Edit) -> bool:
    if edit.place == "param":
        return domain.params[str(edit.name)].contains(edit.value)
    return is_typical(inputs_by_name(domain)[edit.name][1], edit.value)


def _intent(rows: int, edits: tuple[Edit, ...]) -> Intent:
    if not edits:
        return typical_intent(rows)
    sentence = " and ".join(str(edit) if rows > 1 else str(edit).removesuffix(" in row 0") for edit in edits)
    if len(edits) > 1:
        return Intent("values", sentence)
    return Intent("value", sentence, edits[0].place, edits[0].name, edits[0].value)
