"""Names that a module uses and nowhere defines, by what the compiler makes of it: nothing is run.

The compiler knows scopes better than any reading of the syntax tree: comprehensions, class bodies, annotations that
are never evaluated, unreachable code.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import TYPE_CHECKING

from mlcheck.records import record
from mlcheck.sources.bindings import is_dynamic, names_bound_in
from mlcheck.sources.statements import Context, expressions, statements

if TYPE_CHECKING:
    from dis import Instruction

# Of modules, of newer Pythons, of old ones behind a `try`, and what IPython and gettext put there.
_OTHER_BUILTINS = """
__annotations__ __builtins__ __cached__ __class__ __classcell__ __classdict__ __conditional_annotations__ __debug__
__dict__ __doc__ __file__ __firstlineno__ __loader__ __module__ __name__ __package__ __path__ __qualname__ __spec__
__static_attributes__ _ __ ___ BaseExceptionGroup EncodingWarning ExceptionGroup PythonFinalizationError WindowsError
aiter anext copyright credits exit get_ipython license quit reveal_locals reveal_type
"""
BUILTINS = frozenset(dir(builtins)) | frozenset(_OTHER_BUILTINS.split())
_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_STORES = frozenset({"STORE_GLOBAL", "STORE_NAME"})


@record(frozen=True, slots=True)
class UndefinedName:
    """A name that nothing defines, at its first use in a function. `context` is that of the statement."""

    name: str
    line: int
    column: int
    context: Context


def undefined_names(tree: ast.Module, known: frozenset[str] = frozenset()) -> list[UndefinedName]:
    """Return the names that raise NameError once they are reached; `known` are those that the importer defines.

    Nothing is returned for modules that may get names in ways that their text does not tell.
    """
    if is_dynamic(tree):
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code, bound = _as_imported(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    missing = set(_loaded(code, used - BUILTINS - known - bound))
    return list(_located(tree, missing)) if missing else []


def _as_imported(tree: ast.Module) -> tuple[CodeType, set[str]]:
    """Return a module's code and names without what is only for type checkers or for running it as a program."""
    taken: list[tuple[ast.If, list[ast.stmt]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and not isinstance(node.test, ast.UnaryOp | ast.BoolOp):
            names = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node.test)}
            if names & {"TYPE_CHECKING", "__name__"}:
                taken.append((node, node.body))
                node.body = [ast.copy_location(ast.Pass(), node.body[0])]
    try:
        return compile(tree, "<model>", "exec", dont_inherit=True), names_bound_in(tree)
    finally:
        for node, body in taken:
            node.body = body


def _loaded(code: CodeType, missing: set[str], around: frozenset[str] = frozenset()) -> Iterator[tuple[str, int]]:
    """Yield the missing names that code looks up in the module, with their lines."""
    if code.co_name == "__annotate__":
        return
    own = frozenset[str]()
    if missing.intersection(code.co_names):
        import dis  # noqa: PLC0415 - most names are defined

        instructions = list(dis.get_instructions(code))
        own = frozenset(one.argval for one in instructions if one.opname in _STORES)
        line = code.co_firstlineno
        for one in instructions:
            line = _line_of(one) or line
            if one.opname in _LOADS and one.argval in missing and one.argval not in own | around:
                yield one.argval, line
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            # Scopes of type parameters see the names of the class that they stand in.
            yield from _loaded(inner, missing, own if inner.co_name.startswith("<") else frozenset())


def _line_of(instruction: Instruction) -> int | None:
    positions = getattr(instruction, "positions", None)
    if positions is not None and positions.lineno:
        return int(positions.lineno)
    start = instruction.starts_line
    return start if isinstance(start, int) and not isinstance(start, bool) else None


def _located(tree: ast.Module, missing: set[tuple[str, int]]) -> Iterator[UndefinedName]:
    """Yield the names at the statements that use them, each once in a function."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for statement, context in statements(tree):
        for node in sorted(expressions(statement), key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Name) and (node.id, node.lineno) in missing:
                key = (node.id, (*context.classes, *context.functions))
                if key not in seen:
                    yield UndefinedName(node.id, node.lineno, node.col_offset + 1, context)
                seen.add(key)
