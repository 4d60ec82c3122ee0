"""Cases: inputs for a model, enumerated or drawn, conforming, at the edges or violating the signature."""

from __future__ import annotations

from mlcheck.contract.cases.base import base_case, base_data, has_data
from mlcheck.contract.cases.conforming import (
    container_cases,
    example_case,
    extra_column_cases,
    optional_cases,
    reordered_cases,
    takes_rows,
    typical_cases,
    upcast_cases,
)
from mlcheck.contract.cases.edges import edge_cases
from mlcheck.contract.cases.params import params_cases
from mlcheck.contract.cases.strategies import edges, typical, violations
from mlcheck.contract.cases.types import Case, Cases, Edit, Intent, Kind, show_value
from mlcheck.contract.cases.violations import violation_cases

__all__ = [
    "Case",
    "Cases",
    "Edit",
    "Intent",
    "Kind",
    "base_case",
    "base_data",
    "container_cases",
    "edge_cases",
    "edges",
    "example_case",
    "extra_column_cases",
    "has_data",
    "optional_cases",
    "params_cases",
    "reordered_cases",
    "show_value",
    "takes_rows",
    "typical",
    "typical_cases",
    "upcast_cases",
    "violation_cases",
    "violations",
]
