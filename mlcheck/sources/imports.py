"""The imports of a module, and what its names stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from mlcheck.records import record
from mlcheck.sources.parsed import COMMON, Source
from mlcheck.sources.statements import Context, statements


@record(frozen=True, slots=True)
class Import:
    """One module that an import statement names.

    module: its full name, relative ones resolved; "" for one that leads out of the top-level package.
    names: what `from … import` takes from it, ("*",) for all. relative: it was written with dots.
    """

    module: str
    names: tuple[str, ...]
    relative: bool
    line: int
    column: int
    context: Context


def imports(source: Source) -> Iterable[Import]:
    """Return the imports of a module, in order."""
    return _common_imports(source) if len(source.text) <= COMMON else _imports(source)


def _imports(source: Source) -> Iterator[Import]:
    if source.tree is None:
        return
    for statement, context in statements(source.tree):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield Import(alias.name, (), False, statement.lineno, statement.col_offset + 1, context)
        elif isinstance(statement, ast.ImportFrom):
            module = _absolute(source, statement)
            names = tuple(alias.name for alias in statement.names)
            place = (statement.lineno, statement.col_offset + 1)
            yield Import(module, names, statement.level > 0, *place, context)
        elif isinstance(statement, ast.Assign | ast.Expr | ast.Return):
            name = _imported_by_call(statement.value)
            if name:
                yield Import(name, (), False, statement.lineno, statement.col_offset + 1, context)


def _imported_by_call(value: ast.expr | None) -> str:
    """Return the module of `importlib.import_module("torch")` or `__import__("torch")`, "" for anything else."""
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return ""
    first = value.args[0]
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    plain = text.replace(".", "_").isidentifier() and not text.startswith(".")
    return text if plain and ast.unparse(value.func) in _IMPORTERS else ""


_IMPORTERS = frozenset({"importlib.import_module", "import_module", "__import__"})


@lru_cache(maxsize=32)
def _common_imports(source: Source) -> tuple[Import, ...]:
    return tuple(_imports(source))


def _absolute(source: Source, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    parts = source.package.split(".") if source.package else []
    if statement.level > len(parts):
        return ""
    base = parts[: len(parts) - statement.level + 1]
    return ".".join([*base, statement.module] if statement.module else base)


def aliases(source: Source) -> dict[str, str]:
    """Return what the imported names of a module stand for: `pd` → `pandas`, `load` → `joblib.load`."""
    found: dict[str, str] = {}
    for statement in ast.walk(source.tree) if source.tree is not None else ():
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(statement, ast.ImportFrom):
            module = _absolute(source, statement)
            for alias in statement.names:
                found[alias.asname or alias.name] = f"{module}.{alias.name}"
    return found


def full_name(node: ast.expr, known: dict[str, str]) -> str:
    """Return the full name of a function or attribute, by the module's aliases; "" for anything computed."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([known.get(node.id, node.id), *reversed(parts)])
