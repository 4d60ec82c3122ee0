"""Reads the JSON texts of a signature as every MLflow from 1.10 to 3.x wrote them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from mlcheck.facts.numpy_dtypes import canonical_dtype, is_sized
from mlcheck.records import record
from mlcheck.signature.types import (
    IMPOSSIBLE_DIMENSION,
    SCALAR_TYPES,
    AnyType,
    Array,
    Column,
    ColumnType,
    Field,
    Map,
    Name,
    Object,
    Param,
    Property,
    Scalar,
    Schema,
    SignatureError,
    Tensor,
    Vector,
    is_tensor_schema,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Keys that some MLflow release writes beside `type` on a scalar column: `required` from 2.10 on,
# `optional` from 2.4 to 2.9 (refused again by 2.18 and newer). Every other key is refused by all of them.
_SCALAR_COLUMN_KEYS: Final = frozenset({"type", "name", "required", "optional"})


def read_schema(field: Field, text: object) -> Schema | None:
    """Return the columns or tensors that the JSON text declares, None where there is no text."""
    if text is None or text == "":
        return None
    items = _read_items(field, text)
    if not items:
        raise SignatureError(f"{field} is an empty list, which MLflow refuses to load", field)
    tensors = [item.get("type") == "tensor" for item in items]
    if all(tensors):
        schema: Schema = tuple(_read_tensor(item, _At(field, f"/{i}")) for i, item in enumerate(items))
    elif any(tensors):
        at = tensors.index(not tensors[0])
        raise SignatureError("columns and tensors are mixed in one schema", field, f"/{at}/type")
    else:
        schema = tuple(_read_column(item, _At(field, f"/{i}")) for i, item in enumerate(items))
    _check_names(field, schema)
    return schema


def _read_items(field: Field, text: object) -> list[dict[str, object]]:
    if not isinstance(text, str):
        raise SignatureError(f"{field} must be a string of JSON, not {_kind(text)}", field)
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"{field} is not JSON: {error}", field) from error
    if not isinstance(items, list):
        raise SignatureError(f"{field} must be a JSON list, not {_kind(items)}", field)
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            raise SignatureError(f"entry {i} of {field} must be an object, not {_kind(item)}", field, f"/{i}")
    return items


def _check_names(field: Field, schema: Schema) -> None:
    unnamed = [i for i in range(len(schema)) if schema[i].name is None]
    if not unnamed:
        return
    at = f"/{unnamed[0]}"
    if len(unnamed) < len(schema):
        raise SignatureError("named and unnamed entries are mixed in one schema", field, at)
    if len(schema) > 1 and is_tensor_schema(schema):
        raise SignatureError("more than one tensor, so every tensor needs a name", field, at)
    for i, spec in enumerate(schema):
        if isinstance(spec, Column) and spec.required is False:
            raise SignatureError("an optional column needs a name", field, f"/{i}/required")


@record(frozen=True, slots=True)
class _At:
    """A place in one of the JSON documents."""

    field: Field
    pointer: str

    def child(self, *keys: str) -> _At:
        escaped = (key.replace("~", "~0").replace("/", "~1") for key in keys)
        return _At(self.field, "/".join((self.pointer, *escaped)))

    def error(self, message: str, *keys: str) -> SignatureError:
        return SignatureError(message, self.field, self.child(*keys).pointer)


def _read_column(item: Mapping[str, object], at: _At) -> Column:
    type_ = _read_type(item, at)
    name = _read_name(item, at)
    if not isinstance(type_, Scalar):
        required = item.get("required")
        return Column(name, type_, None if required is None else bool(required))
    for key in item:
        if key not in _SCALAR_COLUMN_KEYS:
            raise at.error(f"unknown key {key!r} on a column of type {type_}", key)
    required = item.get("required", not item.get("optional", False))
    return Column(name, type_, bool(required))


def _read_name(item: Mapping[str, object], at: _At) -> Name | None:
    name = item.get("name")
    if name is None or isinstance(name, str | float | int):
        return name
    raise at.error(f"name must be a string, not {name!r}", "name")


def _read_type(item: Mapping[str, object], at: _At) -> ColumnType:
    """Return the type that a JSON object with the key `type` describes."""
    if "type" not in item:
        raise at.error("`type` is missing")
    name = item["type"]
    if name == "array":
        return Array(_read_inner(item, "items", at))
    if name == "map":
        return _read_map(item, at)
    if name == "object":
        return _read_object(item, at)
    if name == "any":
        return AnyType()
    if name == "sparkml_vector":
        return Vector()
    if name in SCALAR_TYPES:
        return Scalar(str(name))
    known = ", ".join((*SCALAR_TYPES, "array", "object", "map", "any", "sparkml_vector"))
    raise at.error(f"unknown type {name!r}, known are {known}", "type")


def _read_inner(item: Mapping[str, object], key: str, at: _At) -> ColumnType:
    inner = item.get(key)
    if not isinstance(inner, dict):
        raise at.error(f"`{key}` must be an object with the key `type`, not {_kind(inner)}", key)
    return _read_type(inner, at.child(key))


def _type_name(item: object) -> object:
    return item.get("type") if isinstance(item, dict) else None


def _read_map(item: Mapping[str, object], at: _At) -> ColumnType:
    values = _read_inner(item, "values", at)
    # MLflow's own reader makes a vector, not a map, of a map of vectors (up to 3.17 at least)
    return values if _type_name(item["values"]) == "sparkml_vector" else Map(values)


def _read_object(item: Mapping[str, object], at: _At) -> Object:
    properties = item.get("properties")
    if not isinstance(properties, dict) or not properties:
        raise at.error("`properties` must be an object with at least one property", "properties")
    return Object(tuple(_read_property(name, spec, at) for name, spec in properties.items()))


def _read_property(name: str, spec: object, at: _At) -> Property:
    here = at.child("properties", name)
    if not isinstance(spec, dict):
        raise here.error(f"property {name!r} must be an object with the key `type`, not {_kind(spec)}")
    type_ = _read_type(spec, here)
    if _type_name(spec) == "sparkml_vector":
        raise here.error("MLflow cannot load a sparkml_vector inside an object", "type")
    return Property(name, type_, bool(spec.get("required", True)))


def _read_tensor(item: Mapping[str, object], at: _At) -> Tensor:
    name = _read_name(item, at)
    spec = item.get("tensor-spec")
    if not isinstance(spec, dict):
        raise at.error("`tensor-spec` must be an object with the keys `dtype` and `shape`", "tensor-spec")
    here = at.child("tensor-spec")
    return Tensor(name, _read_dtype(spec.get("dtype"), here), _read_shape(spec.get("shape"), here))


def _read_dtype(text: object, at: _At) -> str:
    if isinstance(text, str) and is_sized(text):
        raise at.error(f"MLflow refuses a dtype with a size like {text!r}, use 'str' or 'bytes'", "dtype")
    name = canonical_dtype(text) if isinstance(text, str) else None
    if name is None:
        raise at.error(f"dtype must be a numpy dtype name like 'float32', not {text!r}", "dtype")
    return name


def _read_shape(shape: object, at: _At) -> tuple[int, ...]:
    if not isinstance(shape, list):
        raise at.error(f"shape must be a list of whole numbers, not {_kind(shape)}", "shape")
    return tuple(size if type(size) is int else IMPOSSIBLE_DIMENSION for size in shape)


def read_params(text: object) -> tuple[Param, ...] | None:
    """Return the params that the JSON text declares, None where there is no text."""
    if text is None or text == "":
        return None
    params = []
    seen: set[str] = set()
    for i, item in enumerate(_read_items("params", text)):
        param = _read_param(item, _At("params", f"/{i}"))
        if param.name in seen:
            raise SignatureError(f"param {param.name!r} is declared twice", "params", f"/{i}/name")
        seen.add(param.name)
        params.append(param)
    return tuple(params)


def _read_param(item: Mapping[str, object], at: _At) -> Param:
    missing = {"name", "default"} - item.keys()
    if missing or not {"type", "dtype"} & item.keys():
        raise at.error(f"param lacks {_listing(missing or {'type'})}")
    # 2.6 wrote `dtype`, 2.7 and newer write `type`, 2.7 and newer read both
    type_ = _read_type({**item, "type": item.get("type") or item.get("dtype")}, at)
    if not isinstance(type_, Scalar | Object) or type_ == Scalar("binary"):
        raise at.error(f"a param cannot be of type {type_}", "type")
    shape = item.get("shape")
    if shape is not None and shape != [-1]:
        raise at.error(f"shape of a param must be null or [-1], not {shape!r}", "shape")
    _check_default(item["default"], type_, at, listed=shape is not None)
    return Param(str(item["name"]), type_, item["default"], None if shape is None else (-1,))


def _check_default(default: object, type_: ColumnType, at: _At, *, listed: bool) -> None:
    if listed and not isinstance(default, list):
        raise at.error(f"default must be a list of {type_}, not {default!r}", "default")
    values = default if isinstance(default, list) and listed else [default]
    for value in values:
        if not _fits_param(value, type_):
            raise at.error(f"default {value!r} is not of type {type_}", "default")


_JSON_OF_PARAM: Final[Mapping[str, tuple[type, ...]]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
    "datetime": (str,),
}


def _fits_param(value: object, type_: ColumnType) -> bool:
    if isinstance(type_, Object):
        return isinstance(value, dict)
    return value is None or type(value) in _JSON_OF_PARAM[str(type_)]


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), f"a {type(value).__name__}")


def _listing(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names))
