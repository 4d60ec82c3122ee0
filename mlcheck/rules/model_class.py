"""The rule about the class of a model: MLflow must be able to call its `predict`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.coded import model_code
from mlcheck.rules.registry import rule

if TYPE_CHECKING:
    import ast

    from mlcheck.sources.parsed import Source

_BASES = ("mlflow.pyfunc.PythonModel", "mlflow.pyfunc.model.PythonModel")
_CONTEXT_OPTIONAL_SINCE = (2, 20)


@rule("MLC449", Severity.ERROR, since="0.1.0")
def predict_parameters(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a PythonModel whose `predict` cannot be called the way MLflow calls it.

    ## Why is this bad?
    `predict` fails with `TypeError: predict() missing 1 required positional argument`, or gets the context where it
    expects the input. MLflow calls `predict(context, model_input)`, and with `params=` if there is an argument of that
    name; since 2.20 `predict(model_input)` if nothing else is left.

    ## Bad
        def predict(self, model_input, context): ...
        def predict(self, context, model_input, threshold): ...

    ## Good
        def predict(self, context, model_input, params=None): ...
        def predict(self, model_input, params=None): ...          (MLflow 2.20 and later)

    ## What to do
    Name the arguments as MLflow does, and read what else is needed from `params` or the context.

    ## Based on
    `_PythonModelPyfuncWrapper.predict`, MLflow 1.0 to 3.17
    """
    code = model_code(folder)
    for source, certain in code.sources:
        for cls in _model_classes(source):
            version = folder.pinned_mlflow or folder.mlflow_version
            optional = version is None or version.release[:2] >= _CONTEXT_OPTIONAL_SINCE
            node, message = _judge(cls, context_is_optional=optional)
            if message:
                place = Location(source.path, node.lineno, node.col_offset + 1)
                hint = "write `def predict(self, context, model_input, params=None)`"
                yield Problem(message, place, hint, subject=cls.name, severity=None if certain else Severity.WARNING)


def _model_classes(source: Source) -> Iterator[ast.ClassDef]:
    """Yield the classes at the top of a module that inherit from PythonModel and from nothing else."""
    import ast  # noqa: PLC0415 - most folders have no source

    from mlcheck.sources.imports import aliases, full_name  # noqa: PLC0415 - likewise

    known = aliases(source)
    for node in source.tree.body if source.tree is not None else ():
        if isinstance(node, ast.ClassDef) and not node.decorator_list and not node.keywords:
            bases = [full_name(base, known) for base in node.bases]
            if len(bases) == 1 and bases[0] in _BASES:
                yield node


def _judge(cls: ast.ClassDef, *, context_is_optional: bool) -> tuple[ast.ClassDef | ast.stmt, str]:
    import ast  # noqa: PLC0415 - as above

    bound = {node.id for node in ast.walk(cls) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    methods = [node for node in cls.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = [node for node in methods if node.name == "predict"]
    if not found:
        inherited = "predict" in bound or any(isinstance(node, ast.Import | ast.ImportFrom) for node in cls.body)
        return cls, "" if inherited else f"{cls.name!r} has no method 'predict', which a PythonModel must have"
    if found[-1].decorator_list:
        return cls, ""
    return found[-1], _misfit(found[-1].args, context_is_optional=context_is_optional)


def _misfit(arguments: ast.arguments, *, context_is_optional: bool) -> str:
    """Say why MLflow's call of `predict` does not fit its arguments, "" if it does."""
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][1:]
    rest = [argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    names = [*positional, *rest, *(argument.arg for argument in arguments.kwonlyargs)]
    others = [name for name in names if name not in ("self", "params")]
    if context_is_optional and not others:
        return "predict takes no input"
    with_context = not context_is_optional or "context" in names or len(others) == 2
    given = ["context", "model_input"] if with_context else ["model_input"]
    if with_context and "context" in positional[1:]:
        return f"MLflow hands over the context first and then the input: {positional[0]!r} gets the context"
    problem = _unbound(arguments, positional, given)
    call = ", ".join([*given, *(["params=…"] if "params" in names else [])])
    return f"MLflow calls predict({call}), {problem}" if problem else ""


def _unbound(arguments: ast.arguments, positional: list[str], given: list[str]) -> str:
    required = positional[: max(0, len(positional) - len(arguments.defaults))]
    missing = [name for name in required[len(given) :] if name != "params"]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is None and argument.arg != "params":
            missing.append(argument.arg)
    if missing:
        return f"which leaves {missing[0]!r} without a value"
    if len(given) > len(positional) and arguments.vararg is None:
        return f"but it takes {len(positional)} of these arguments"
    return "but 'params' already gets the input" if "params" in positional[: len(given)] else ""
