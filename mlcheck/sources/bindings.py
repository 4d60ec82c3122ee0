"""The names that a module has once it is imported."""

from __future__ import annotations

import ast

from mlcheck.sources.statements import Function

_DYNAMIC_CALLS = frozenset({"globals", "exec", "eval", "__import__", "attach", "attach_stub"})
_DYNAMIC_NAMES = frozenset({"__getattr__", "__builtins__", "builtins", "__dict__"})


def is_dynamic(tree: ast.Module) -> bool:
    """Return whether a module may get names in ways that its text does not tell: star imports, `globals()`, `exec`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        if isinstance(node, ast.Call) and _called(node) in _DYNAMIC_CALLS | {"setattr"} and _is_dynamic_call(node):
            return True
        if isinstance(node, ast.Name) and node.id in _DYNAMIC_NAMES:
            return True
        if isinstance(node, Function) and node.name == "__getattr__" and node in tree.body:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "modules" and isinstance(node.value, ast.Name):
            return True
    return False


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _is_dynamic_call(node: ast.Call) -> bool:
    """Return whether a call may bind names of the module: `setattr(model, …)` and `model.eval()` do not."""
    name = _called(node)
    if name == "setattr":
        return bool(node.args) and isinstance(node.args[0], ast.Subscript | ast.Call)
    return isinstance(node.func, ast.Name) or name in ("attach", "attach_stub")


def bound_names(tree: ast.Module) -> frozenset[str] | None:
    """Return the names that a module may have once it is imported; None if its text does not tell."""
    return None if is_dynamic(tree) else frozenset(names_bound_in(tree))


def names_bound_in(tree: ast.Module) -> set[str]:
    """Return the names that the text of a module binds in it, under whatever condition."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
            found.update(name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        # The targets of a comprehension are its own.
        waiting += [node.iter, *node.ifs] if isinstance(node, ast.comprehension) else ast.iter_child_nodes(node)
    return found
