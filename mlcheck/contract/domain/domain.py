"""The domain of a model: for each input and param the values that it really takes, as far as anything tells."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from mlcheck.contract.domain.coercion import coerce
from mlcheck.contract.domain.configured import apply_configuration
from mlcheck.contract.domain.inputs import InputDomain, Settings, input_domain, leaves_of, unique_inputs
from mlcheck.contract.domain.rows import rows_by_input
from mlcheck.contract.domain.sample import DomainError, read_sample
from mlcheck.contract.domain.values import Source, Values
from mlcheck.signature import Array, Column, Name, Param, Scalar, Signature

if TYPE_CHECKING:
    import os

    from mlcheck.contract.domain.example import Example

# By input, what a sample or an example shows in its rows
Shown: TypeAlias = dict[Name, tuple[Source, list[Any]]]


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

    @property
    def sources(self) -> frozenset[Source]:
        """Where the typical values of the inputs are known from; "plain" alone means that nothing but the types is."""
        return frozenset(values.source for item in self.inputs for values in item.leaves.values())

    @classmethod
    def from_sources(
        cls,
        signature: Signature,
        config: Settings | None = None,
        sample: str | os.PathLike[str] | None = None,
        example: Example | None = None,
        learned: Settings | None = None,
    ) -> Domain:
        """Return the domain; the configuration comes first, then the sample, the example, plain values of the type.

        `config` has `min`, `max`, `choices`, `pattern` and `nullable` by the name of a column, tensor or param, or
        by `column.property` inside nested types; so has `learned` what inputs the model was seen to take. Raises
        DomainError for a configuration or a sample that cannot be used.
        """
        settings = config or {}
        _check_names(signature, settings)
        shown = _read_shown(signature, sample, example)
        inputs = tuple(
            input_domain(name, spec, *shown.get(name, ("plain", [])), settings, learned=learned or {})
            for name, spec in unique_inputs(signature)
        )
        params = {param.name: _param_values(param, settings, example) for param in signature.params or ()}
        absent = {item.name for item in inputs if shown and _is_absent(item, settings)}
        rows = max((len(item.shown) for item in inputs), default=0)
        return cls(signature, inputs, params, rows, example, frozenset(absent))


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
        known |= {".".join((str(name), *path)) for path in leaves_of(spec)}
    for name, setting in settings.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise DomainError(f"domain of {name!r}: the signature has no such input or param{hint}")
        if not isinstance(setting, Mapping):
            raise DomainError(f"domain of {name!r}: a table with min, max, choices, pattern or nullable is needed")
