"""The values that a model really takes: from configuration, data sample, input example, plain values of the type."""

from __future__ import annotations

from mlcheck.contract.domain.coercion import NULLS, WHOLE_RANGES
from mlcheck.contract.domain.configured import texts_matching
from mlcheck.contract.domain.domain import Domain
from mlcheck.contract.domain.example import DTYPES, Example, read_example
from mlcheck.contract.domain.inputs import InputDomain, is_typical, leaf_types, unique_inputs
from mlcheck.contract.domain.nested import Path, make_value, to_native
from mlcheck.contract.domain.plain import PLAIN, scalar_of_dtype
from mlcheck.contract.domain.sample import DomainError
from mlcheck.contract.domain.values import Values, is_null

__all__ = [
    "DTYPES",
    "NULLS",
    "PLAIN",
    "WHOLE_RANGES",
    "Domain",
    "DomainError",
    "Example",
    "InputDomain",
    "Path",
    "Values",
    "is_null",
    "is_typical",
    "leaf_types",
    "make_value",
    "read_example",
    "scalar_of_dtype",
    "texts_matching",
    "to_native",
    "unique_inputs",
]
