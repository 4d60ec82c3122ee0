"""The statements of a module, each with what has to happen for it to be run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlcheck.records import record, replace

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SWALLOWS_ALL = frozenset({"", "Exception", "BaseException"})
_PLATFORM = frozenset({"version_info", "platform", "name", "system", "implementation", "maxsize", "PY2", "PY3"})


@record(frozen=True, slots=True)
class Context:
    """Where a statement stands.

    functions, classes: the names of those around it, outermost first. conditional: it is run only under some
    condition. caught: the exceptions of the try statements around it ("Exception" for a bare except, too).
    depends_on_platform: the condition is about the Python or the operating system.
    """

    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    conditional: bool = False
    caught: frozenset[str] = frozenset()
    depends_on_platform: bool = False

    @property
    def at_import(self) -> bool:
        """Whether it is run when the module is imported, as long as no condition is in the way."""
        return not self.functions

    def catches(self, *names: str) -> bool:
        """Tell whether one of these exceptions, or all of them, are caught around it."""
        return bool(self.caught & {*names, "Exception"})


def statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, Context]]:
    """Yield every statement of a module that is run when it is not the program: nothing for type checkers."""
    yield from _in(tree.body, Context())


def expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions of a statement and all parts of them, those of statements within it left out."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr):
            yield node
        waiting += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, (ast.stmt, ast.excepthandler))
        ]


def _in(body: list[ast.stmt], context: Context) -> Iterator[tuple[ast.stmt, Context]]:
    for statement in body:
        yield statement, context
        if isinstance(statement, Function):
            inner = replace(context, functions=(*context.functions, statement.name), conditional=False)
            yield from _in(statement.body, replace(inner, caught=frozenset(), depends_on_platform=False))
        elif isinstance(statement, ast.ClassDef):
            yield from _in(statement.body, replace(context, classes=(*context.classes, statement.name)))
        elif isinstance(statement, ast.If):
            yield from _in_if(statement, context)
        elif isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar":
            yield from _in_try(statement, context)  # type: ignore[arg-type]
        elif isinstance(statement, ast.With | ast.AsyncWith):
            yield from _in(statement.body, replace(context, caught=context.caught | _suppressed(statement)))
        else:
            yield from _in_others(statement, replace(context, conditional=True))


def _in_others(statement: ast.stmt, context: Context) -> Iterator[tuple[ast.stmt, Context]]:
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        yield from _in(statement.body, context)
        yield from _in(statement.orelse, context)
    elif isinstance(statement, ast.Match):
        for case in statement.cases:
            yield from _in(case.body, context)


def _in_if(statement: ast.If, context: Context) -> Iterator[tuple[ast.stmt, Context]]:
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(statement.test)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    inner = replace(
        context, conditional=True, depends_on_platform=context.depends_on_platform or bool(names & _PLATFORM)
    )
    if "TYPE_CHECKING" not in names and "__name__" not in names and not _is_false(statement.test):
        yield from _in(statement.body, inner)
    elif "TYPE_CHECKING" in names and isinstance(statement.test, ast.UnaryOp):
        yield from _in(statement.body, context)
    yield from _in(statement.orelse, inner)


def _is_false(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and not test.value


def _in_try(statement: ast.Try, context: Context) -> Iterator[tuple[ast.stmt, Context]]:
    caught = frozenset(name for handler in statement.handlers for name in _names(handler.type))
    yield from _in(statement.body, replace(context, caught=context.caught | caught))
    fallback = replace(context, conditional=True, caught=context.caught | caught)
    for handler in statement.handlers:
        yield from _in(handler.body, fallback)
    yield from _in(statement.orelse, fallback)
    yield from _in(statement.finalbody, context)


def _names(types: ast.expr | None) -> set[str]:
    if types is None:
        return {"Exception"}
    found = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(types)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    return found | ({"Exception"} if found & _SWALLOWS_ALL else set())


def _suppressed(statement: ast.With | ast.AsyncWith) -> frozenset[str]:
    """Return the exceptions that `contextlib.suppress` swallows."""
    found: set[str] = set()
    for item in statement.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and "suppress" in ast.dump(call.func):
            found.update(name for argument in call.args for name in _names(argument))
    return frozenset(found)
