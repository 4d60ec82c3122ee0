"""The types of a signature: what a column, a tensor and a param can be declared as."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, TypeGuard

from mlcheck.records import record

Field: TypeAlias = Literal["inputs", "outputs", "params"]
# Of a column: text as a rule, a number where a DataFrame had numbers for column names
Name: TypeAlias = str | float

# Stands for what a tensor's shape may hold though no array can have it (MLflow checks nothing here)
IMPOSSIBLE_DIMENSION: Final = -2

SCALAR_TYPES: Final = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")


class SignatureError(ValueError):
    """A signature that no MLflow release loads; `field` and `pointer` (RFC 6901) say where the fault is."""

    def __init__(self, message: str, field: Field, pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field: Field = field
        self.pointer = pointer


@record(frozen=True, slots=True)
class Scalar:
    """One of MLflow's eight scalar types, by the name that the JSON uses."""

    name: str

    def __str__(self) -> str:
        return self.name


@record(frozen=True, slots=True)
class Array:
    """A list of any length (MLflow 2.10 and newer)."""

    items: ColumnType

    def __str__(self) -> str:
        return f"array<{self.items}>"


@record(frozen=True, slots=True)
class Property:
    """A property of an object; one that is not required may be missing, and null from MLflow 2.19 on."""

    name: str
    type: ColumnType
    required: bool = True

    def __str__(self) -> str:
        return f"{self.name}{'' if self.required else '?'}: {self.type}"


@record(frozen=True, slots=True)
class Object:
    """A dictionary with declared properties and no others (MLflow 2.10 and newer)."""

    properties: tuple[Property, ...]

    def __str__(self) -> str:
        return f"object{{{', '.join(map(str, self.properties))}}}"


@record(frozen=True, slots=True)
class Map:
    """A dictionary from any string to one type (MLflow 2.12 and newer)."""

    values: ColumnType

    def __str__(self) -> str:
        return f"map<string, {self.values}>"


@record(frozen=True, slots=True)
class AnyType:
    """Anything at all, never looked at (MLflow 2.19 and newer)."""

    def __str__(self) -> str:
        return "any"


@record(frozen=True, slots=True)
class Vector:
    """A Spark ML vector, enforced like `array<double>` (MLflow 2.16 and newer)."""

    def __str__(self) -> str:
        return "sparkml_vector"


ColumnType: TypeAlias = Scalar | Array | Object | Map | AnyType | Vector


@record(frozen=True, slots=True)
class Column:
    """A column of a table; `required` is None where a nested type says nothing about it.

    MLflow reads such a column as required up to 2.17 and as optional from 2.18 on, hence the falsy None.
    """

    name: Name | None
    type: ColumnType
    required: bool | None = True

    def __str__(self) -> str:
        return str(self.type)


@record(frozen=True, slots=True)
class Tensor:
    """An array; the dtype has numpy's own name (`float32`, `datetime64[ns]`), -1 is a free dimension."""

    name: Name | None
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"tensor {self.dtype} {self.shape}"


@record(frozen=True, slots=True)
class Param:
    """An inference parameter; `shape` is None for one value and (-1,) for a list."""

    name: str
    type: ColumnType
    default: object = None
    shape: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return f"list of {self.type}" if self.shape else str(self.type)


Schema: TypeAlias = tuple[Column | Tensor, ...]


def is_tensor_schema(schema: Schema | None) -> TypeGuard[tuple[Tensor, ...]]:
    """Return whether the schema is made of tensors; MLflow never mixes them with columns."""
    return schema is not None and isinstance(schema[0], Tensor)


def is_column_schema(schema: Schema | None) -> TypeGuard[tuple[Column, ...]]:
    """Return whether the schema is made of columns."""
    return schema is not None and isinstance(schema[0], Column)


def is_named(schema: Schema) -> bool:
    """Return whether the inputs have names; MLflow allows all or none."""
    return schema[0].name is not None


def input_name(spec: Column | Tensor, position: int) -> Name:
    """Return the name that enforcement looks for: the position where there is none, or an empty one."""
    return spec.name or position
