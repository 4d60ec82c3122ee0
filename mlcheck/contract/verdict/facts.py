"""What differs between the versions of MLflow and pandas: one row for each difference that a verdict knows."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import Final, TypeAlias

from packaging.version import Version


class Fact(enum.Enum):
    """A statement about enforcement, and the half-open range of versions it holds in (None: no bound)."""

    MEASURED = ("mlflow", "2.9", None, "these rows were held against it")

    # What a signature may hold
    PARAMS = ("mlflow", "2.6", None, "predict takes params")
    NESTED_TYPES = ("mlflow", "2.10", None, "columns may be of type array and object")
    MAP_TYPE = ("mlflow", "2.12", None, "columns may be of type map")
    VECTOR_TYPE = ("mlflow", "2.16", None, "columns may be of type sparkml_vector")
    ANY_TYPE = ("mlflow", "2.19", None, "columns may be of type any")
    OBJECT_PARAMS = ("mlflow", "2.20", None, "params may be of type object")
    TYPE_HINTS = ("mlflow", "2.20", None, "data of a type-hint signature is left to the model")
    UNSAID_IS_OPTIONAL = ("mlflow", "2.18", None, "a nested column without `required` is optional")

    # How other containers become a table
    ANY_SCALAR_IS_A_ROW = ("mlflow", "2.10", None, "every scalar is a table of one cell, not str and bytes alone")
    NESTED_ONE_ROW = ("mlflow", "2.10", None, "a dict is one row if the schema has arrays or objects")
    RAW_CONTAINER_ERRORS = ("mlflow", "2.10", None, "what pandas raises for a list or array comes out as it is")

    # Which columns fit
    BOOLEAN_TAKES_OBJECTS = ("mlflow", "2.10", None, "an object column passes for boolean")
    ZERO_ONE_IS_FLOAT = ("mlflow", "2.16.1", None, "int64 of only 0 and 1 passes for float and double")
    STRING_TAKES_STRING_DTYPE = ("mlflow", "3.9", None, "pandas' string dtypes pass for string")
    BINARY_TAKES_STRING_DTYPE = ("mlflow", "3.16", None, "pandas' string dtypes pass for binary")
    TIME_ZONE_IS_EXPLAINED = ("mlflow", "3.2", None, "a time zone raises MlflowException, not TypeError")

    # Nested values
    NULL_EVERYWHERE = ("mlflow", "2.19", None, "null passes for what is not required, at every depth")
    PANDAS_NULLS = ("mlflow", "2.21.1", None, "pandas' NA and NaT are null too")
    WHOLE_ARRAYS = ("mlflow", "2.21", None, "the items of an array are enforced as one Series")
    OPTIONAL_LAST = ("mlflow", None, "2.10", "optional columns are looked at last, in the order of the data")
    INDEX_IS_LOST = ("mlflow", "2.10", "3.17", "nested columns come out with a new index")

    # Params
    PARAM_ERRORS_WRAPPED = ("mlflow", "2.20", None, "every exception of a param's check becomes MlflowException")

    # The scoring server
    SERVES_DICT_ROWS = ("mlflow", "2.10", None, "`inputs` takes a list of dicts, and each value is converted alone")
    SERVES_MESSAGES = ("mlflow", "2.10", None, "a payload with `messages` is handed on as it is")
    SERVES_PROMPTS = ("mlflow", "2.11", None, "a payload with `prompt` or `input` is handed on as it is")
    SERVES_SCALARS = ("mlflow", "2.15", None, "`inputs` takes one value for a schema without names")
    SERVES_OPTIONAL = ("mlflow", "2.19", None, "nested columns that are optional may be null in a payload")
    SERVES_TO_DATETIME = ("mlflow", "3.12", None, "datetime columns of a payload are read by to_datetime")
    SERVES_NANOSECONDS = ("mlflow", "3.16", None, "datetime columns of a payload become nanoseconds")
    SERVES_PARQUET = ("mlflow", "3.10", None, "a payload may be a Parquet file")

    # pandas and numpy
    TEXT_IS_STR = ("pandas", "3", None, "a list of str becomes dtype str instead of object")
    LABELS_ONLY = ("pandas", "3", None, "series[0] looks for the label 0 alone")
    ONE_DATE_FORMAT = ("pandas", "2", "2.2", "astype holds texts of dates to the format of the first one")
    EMPTY_HAS_NO_TRUTH = ("numpy", "2.2", None, "an empty array is neither true nor false")
    INTEGERS_WRAP = ("numpy", None, "2", "a Python int beyond the dtype is wrapped instead of refused")

    # Enum's own hash calls Python code, and facts are asked for at every value
    __hash__ = object.__hash__

    def __init__(self, library: str, since: str | None, until: str | None, text: str) -> None:
        self.library = library
        self.since = since and Version(since)
        self.until = until and Version(until)
        self.text = text


Facts: TypeAlias = frozenset[Fact]

_ORDER: Final = tuple(Fact)


# What pip installs beside a pandas that is not told otherwise: numpy 2 came with pandas 3 for most
_NUMPY_1: Final = "1.26"
_NUMPY_2: Final = "2.4"


@lru_cache(maxsize=64)
def facts_of(mlflow_version: str, pandas_version: str, numpy_version: str | None = None) -> Facts:
    """Return what holds for these versions; raise packaging's InvalidVersion for anything else.

    A pre-release counts as the release that it precedes. Without a numpy version, one is guessed from pandas'.
    """
    pandas = _release(pandas_version)
    numpy = numpy_version or (_NUMPY_2 if pandas.major >= 3 else _NUMPY_1)
    versions = {"mlflow": _release(mlflow_version), "pandas": pandas, "numpy": _release(numpy)}
    return frozenset(fact for fact in _ORDER if _holds(fact, versions[fact.library]))


def _release(text: str) -> Version:
    return Version(Version(text).base_version)


def _holds(fact: Fact, version: Version) -> bool:
    started = not fact.since or version >= fact.since
    return started and not (fact.until and version >= fact.until)
