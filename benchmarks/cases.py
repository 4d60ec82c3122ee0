"""Making and judging a case, against hypothesis.extra.pandas and MLflow's own enforcement, in one run.

Usage: python benchmarks/cases.py [--quick]
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import mlflow
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes
from mlflow.models.utils import _enforce_schema
from mlflow.types import Schema

from mlcheck.contract import cases
from mlcheck.contract.data import to_pandas
from mlcheck.contract.domain import Domain
from mlcheck.contract.verdict import judge
from mlcheck.signature import Signature

TYPES = {"long": "int64", "double": "float64", "string": "str", "boolean": "bool"}
WIDTHS = (3, 30, 300)
# Of the other strategy, which needs seconds for a wide frame
FEW = {3: 100, 30: 40, 300: 8}


def main(quick: bool) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    count = 100 if quick else 1000
    print(
        f"hypothesis.extra.pandas against mlcheck, milliseconds of processor time a case of 1 to 5 rows\n{'':14}"
        + "".join(f"{w:>14}" for w in WIDTHS)
    )
    domains = {width: make_domain(width) for width in WIDTHS}
    theirs = [time_drawing(their_frames(width), FEW[width] // (4 if quick else 1)) for width in WIDTHS]
    drawn = [time_drawing(cases.edges(domains[width]), count) for width in WIDTHS]
    real = [time_drawing(cases.edges(domains[width]).map(lambda case: to_pandas(case.data)), count) for width in WIDTHS]
    show("data_frames", theirs)
    show("case", drawn)
    show("case, real", real)
    show("ratio", [a / b for a, b in zip(theirs, drawn, strict=True)], " x")
    show("ratio, real", [a / b for a, b in zip(theirs, real, strict=True)], " x")
    print(
        f"\nMLflow's enforcement against the verdict, milliseconds of processor time a case of 2 rows\n{'':14}"
        + "".join(f"{w:>14}" for w in WIDTHS)
    )
    enforced = [time_enforcing(domains[width], count) for width in WIDTHS]
    judged = [time_judging(domains[width], count) for width in WIDTHS]
    show("enforcement", enforced)
    show("verdict", judged)
    show("ratio", [a / b for a, b in zip(enforced, judged, strict=True)], " x")


def show(title: str, figures: Sequence[float], unit: str = "") -> None:
    print(f"{title:14}" + "".join(f"{f'{figure:.3g}{unit}':>14}" for figure in figures))


def column_types(width: int) -> list[str]:
    return [list(TYPES)[i % len(TYPES)] for i in range(width)]


def schema_json(width: int) -> str:
    return json.dumps([{"name": f"c{i}", "type": type_} for i, type_ in enumerate(column_types(width))])


def make_domain(width: int) -> Domain:
    return Domain.from_sources(Signature.from_mlmodel({"inputs": schema_json(width)}))


def their_frames(width: int) -> st.SearchStrategy[Any]:
    """The same columns as one would declare them, texts as texts."""
    columns = [
        column(f"c{i}", elements=st.text()) if type_ == "string" else column(f"c{i}", dtype=TYPES[type_])
        for i, type_ in enumerate(column_types(width))
    ]
    return data_frames(columns, index=range_indexes(min_size=1, max_size=5))


def time_drawing(strategy: st.SearchStrategy[Any], count: int) -> float:
    made = 0

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(strategy)
    def draw(_: object) -> None:
        nonlocal made
        made += 1

    start = time.process_time()
    draw()
    return (time.process_time() - start) / made * 1000


def time_calls(call: Callable[[], object], count: int) -> float:
    call()
    start = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - start) / count * 1000


def time_enforcing(domain: Domain, count: int) -> float:
    frame = to_pandas(cases.base_data(domain, 2))
    schema = Schema.from_json(schema_json(len(domain.inputs)))
    return time_calls(lambda: _enforce_schema(frame, schema), count // 10)


def time_judging(domain: Domain, count: int) -> float:
    data = cases.base_data(domain, 2)
    versions = {"mlflow_version": mlflow.__version__, "pandas_version": pd.__version__}
    return time_calls(lambda: judge(domain.signature, data, None, **versions), count)


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
