"""The calls of a module and its reads of environment variables, each with what its text says about them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from mlcheck.records import record
from mlcheck.sources.imports import aliases, full_name
from mlcheck.sources.parsed import COMMON, Source
from mlcheck.sources.statements import Context, Function, expressions, statements

_JOINS = frozenset({"os.path.join", "str", "os.fspath", "pathlib.Path", "os.path.abspath"})
_WITH_CONTEXT = frozenset({"load_context", "predict", "predict_stream"})


@record(frozen=True, slots=True)
class Call:
    """One call, or one read of `os.environ[…]` (its name is then "os.environ").

    name: the full name of what is called, "" if it is computed. texts: its plain arguments that are texts.
    variable: the environment variable that it reads, "" if none. has_default: something is given for its absence.
    first_is_path: its first argument is the path of an artifact or of the model's data.
    """

    name: str
    line: int
    column: int
    context: Context
    texts: tuple[str, ...] = ()
    variable: str = ""
    has_default: bool = False
    first_is_path: bool = False


def calls(source: Source) -> Iterable[Call]:
    """Return the calls of a module in order."""
    return _common_calls(source) if len(source.text) <= COMMON else _calls(source)


def _calls(source: Source) -> Iterator[Call]:
    if source.tree is None:
        return
    known = aliases(source)
    paths = _Paths(source.tree, known)
    for statement, context in statements(source.tree):
        for node in sorted(expressions(statement), key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Call):
                yield _call(node, context, known, paths)
            elif isinstance(node, ast.Subscript) and _reads_environment(node, known):
                place = (node.lineno, node.col_offset + 1)
                yield Call("os.environ", *place, context, variable=_text(node.slice))


@lru_cache(maxsize=32)
def _common_calls(source: Source) -> tuple[Call, ...]:
    return tuple(_calls(source))


def _reads_environment(node: ast.Subscript, known: dict[str, str]) -> bool:
    return isinstance(node.ctx, ast.Load) and full_name(node.value, known) == "os.environ"


def _call(node: ast.Call, context: Context, known: Mapping[str, str], paths: _Paths) -> Call:
    name = full_name(node.func, dict(known))
    first = node.args[0] if node.args else None
    reads = name in ("os.getenv", "os.environ.get")
    keywords = (keyword.value for keyword in node.keywords)
    return Call(
        name,
        node.lineno,
        node.col_offset + 1,
        context,
        texts=tuple(text for argument in (*node.args, *keywords) if (text := _text(argument))),
        variable=_text(first) if reads else "",
        has_default=len(node.args) > 1 or bool(node.keywords),
        first_is_path=first is not None and paths.is_path(first, context),
    )


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


class _Paths:
    """Which expressions of a module are paths: entries of `context.artifacts`, and the argument of `_load_pyfunc`."""

    def __init__(self, tree: ast.Module, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self._assigned: dict[str, dict[str, list[ast.expr | None]]] = {}
        for node in ast.walk(tree):
            if isinstance(node, Function):
                self._functions[node.name] = node
                self._assigned[node.name] = _assignments(node)

    def is_path(self, node: ast.expr, context: Context, depth: int = 0) -> bool:
        """Tell whether an expression in a function is a path for sure."""
        function = self._functions.get(context.functions[-1]) if context.functions else None
        if function is None or len(context.functions) > 1 or depth > 4:
            return False
        if isinstance(node, ast.Name):
            given = self._assigned[function.name].get(node.id, [])
            if not given:
                return function.name == "_load_pyfunc" and node.id in _arguments(function)[:1]
            value = given[0]
            return len(given) == 1 and value is not None and self.is_path(value, context, depth + 1)
        if isinstance(node, ast.Call) and full_name(node.func, self._known) in _JOINS and node.args:
            return self.is_path(node.args[0], context, depth + 1)
        return _is_artifact(node, function)


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _assignments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, list[ast.expr | None]]:
    """Return what each name is assigned in a function; None for anything but a plain assignment."""
    found: dict[str, list[ast.expr | None]] = {}
    plain: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
            plain.add(id(node.targets[0]))
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in plain:
            found.setdefault(node.id, []).append(None)
    return found


def _is_artifact(node: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        node = node.func.value
    else:
        return False
    if not isinstance(node, ast.Attribute) or node.attr != "artifacts" or function.name not in _WITH_CONTEXT:
        return False
    return isinstance(node.value, ast.Name) and node.value.id in _arguments(function)[1:2]
