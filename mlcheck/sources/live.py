"""Which functions of a model's source may be called once the model is loaded, by their names alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from mlcheck.sources.parsed import Source
from mlcheck.sources.statements import expressions, statements

# What MLflow, scikit-learn and PyTorch call of a model.
_CALLED = """
_load_pyfunc _predict load_context load_model predict predict_proba predict_log_proba predict_stream
predict_joint_log_proba transform inverse_transform decision_function score forward invoke stream ainvoke
"""


def live_functions(sources: Iterable[Source]) -> frozenset[str]:
    """Return the names of functions and methods that may be called when a model is loaded or predicts.

    Called are those that MLflow calls, special methods, and all that these or the modules themselves name.
    """
    uses: dict[str, set[str]] = {}
    waiting: set[str] = set(_CALLED.split())
    for source in sources:
        for statement, context in statements(source.tree) if source.tree is not None else ():
            names = {name for node in expressions(statement) if (name := _name(node))}
            for function in context.functions[:1]:
                uses.setdefault(function, set()).update(names)
            if context.at_import:
                waiting |= names
    waiting |= {name for name in uses if name.startswith("__")}
    live: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in live:
            live.add(name)
            waiting |= uses.get(name, set())
    return frozenset(live)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
