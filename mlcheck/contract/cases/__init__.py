"""Cases: inputs for a model, enumerated or drawn, conforming, at the edges or violating the signature."""

from __future__ import annotations

from mlcheck.contract.cases.base import base_case, base_data, can_call, has_data, takes_rows
from mlcheck.contract.cases.conforming import (
    example_case,
    extra_column_cases,
    reordered_cases,
    typical_cases,
    upcast_cases,
)
from mlcheck.contract.cases.containers import container_cases
from mlcheck.contract.cases.edges import edge_case, edge_cases
from mlcheck.contract.cases.optional import optional_cases
from mlcheck.contract.cases.params import params_cases
from mlcheck.contract.cases.strategies import edges, params, typical, violations
from mlcheck.contract.cases.together import edge_edits, edges_together, spread_edits, upcasts_together
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
    "can_call",
    "container_cases",
    "edge_case",
    "edge_cases",
    "edge_edits",
    "edges",
    "edges_together",
    "example_case",
    "extra_column_cases",
    "has_data",
    "optional_cases",
    "params",
    "params_cases",
    "reordered_cases",
    "show_value",
    "spread_edits",
    "takes_rows",
    "typical",
    "typical_cases",
    "upcast_cases",
    "upcasts_together",
    "violation_cases",
    "violations",
]
