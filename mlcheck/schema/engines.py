"""The JSON Schema files and the two engines that apply them: jsonschema-rs says whether, jsonschema says what."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlcheck.records import record

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Kind = Literal["mlmodel", "conda", "python_env", "signature", "params", "input_example_info", "report"]

_REFERENCE = re.compile(r'"\$ref": "([\w.]+\.schema\.json)')


@record(frozen=True, slots=True)
class Fault:
    """A keyword of a schema that a value does not satisfy.

    `keys` lead to the `value` in the document, `schema` is the (sub)schema with the keyword and `wanted` what the
    keyword asks for. `of_key`: the value is itself a key of the mapping at `keys`.
    """

    keyword: str
    keys: tuple[str | int, ...]
    value: object
    wanted: Any
    schema: Mapping[str, Any]
    schema_path: tuple[str | int, ...]
    of_key: bool = False


def read_schema(name: str) -> str:
    """Return the text of a schema file, from inside of the wheel or from the source tree beside the package."""
    package = Path(__file__).parents[1]
    try:
        return (package / "_schemas" / name).read_text(encoding="utf-8")
    except OSError:
        return (package.parent / "schemas" / name).read_text(encoding="utf-8")


@functools.cache
def load_schema(kind: Kind) -> dict[str, Any]:
    """Return the schema of `kind` with every schema file that it refers to among its `$defs`.

    All references then lead to an `$id` inside of the document: no engine ever looks further.
    """
    text = read_schema(f"{kind}.schema.json")
    schema: dict[str, Any] = json.loads(text)
    others: dict[str, Any] = {}
    names = _REFERENCE.findall(text)
    while names:
        name = names.pop()
        if name not in others:
            text = read_schema(name)
            others[name] = json.loads(text)
            names += _REFERENCE.findall(text)
    schema["$defs"] = {**schema.get("$defs", {}), **others}
    return schema


def is_valid(kind: Kind, data: object) -> bool:
    """Tell whether the data satisfies the schema; `False` also where only `find_faults` can tell.

    Values that JSON does not have (dates, sets, keys that are no text, …) are for `find_faults`.
    """
    try:
        return bool(_fast_validator(kind).is_valid(data))
    except (ImportError, ValueError, SystemError):  # the last from old releases, for text that is not Unicode
        return False


@functools.cache
def _fast_validator(kind: Kind) -> Any:
    import jsonschema_rs  # noqa: PLC0415 - 20 ms that `mlcheck rules` need not pay

    return jsonschema_rs.Draft202012Validator(load_schema(kind))


def find_faults(kind: Kind, data: object) -> Iterator[Fault]:
    """Yield every fault of the data. Nesting deeper than Python's stack ends with a fault of keyword `depth`."""
    validator = _explaining_validator(kind)
    try:
        for error in validator.iter_errors(data):
            yield _to_fault(error)
    except RecursionError:
        yield Fault("depth", (), data, None, {}, ())
    except ValueError:
        # jsonschema writes values into its messages; Python refuses to write numbers of more than 4,300 digits.
        yield from find_faults(kind, _clip_numbers(data))


def _clip_numbers(value: object) -> object:
    if isinstance(value, dict):
        return {_clip_numbers(key): _clip_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clip_numbers(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _LONGEST_NUMBER:
        return _HUGE if value > 0 else -_HUGE
    return value


_LONGEST_NUMBER = 1000
_HUGE = 2**_LONGEST_NUMBER


def _to_fault(error: ValidationError) -> Fault:
    schema_path = tuple(error.absolute_schema_path)
    return Fault(
        keyword=str(error.validator),
        keys=tuple(error.absolute_path),
        value=error.instance,
        wanted=error.validator_value,
        schema=error.schema if isinstance(error.schema, Mapping) else {},
        schema_path=schema_path,
        of_key="propertyNames" in schema_path[-2:],
    )


@functools.cache
def _explaining_validator(kind: Kind) -> Any:
    # Only documents with a fault pay for these imports (100 ms).
    import referencing  # noqa: PLC0415
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    registry: Any = referencing.Registry()
    return Draft202012Validator(load_schema(kind), registry=registry)
