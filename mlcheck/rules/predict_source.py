"""The `predict` of a model that is saved as source code, as far as its text alone says what it does with params."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.records import record

_CODE_LOADER = "mlflow.pyfunc.loaders.code_model"
_READERS = frozenset({"get", "pop", "setdefault"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def mentions_params(folder: ModelFolder) -> bool:
    """Tell whether the source says `params` more often than once: whoever reads them does, and reading it is cheap."""
    name = _source_name(folder)
    text = folder.read_text(name) if name else None
    return text is not None and text.count("params") > 1


def mentions_hint(folder: ModelFolder) -> bool:
    """Tell whether the source may give `predict` a type hint of a list."""
    name = _source_name(folder)
    text = folder.read_text(name) if name else None
    return text is not None and "ist[" in text


@record(frozen=True, slots=True)
class PredictSource:
    """The method `predict` of the class whose instance the file gives to `set_model`."""

    path: str
    function: Function

    @property
    def takes_params(self) -> bool:
        """Whether MLflow hands it params: only to an argument of this name."""
        arguments = self.function.args
        return any(argument.arg == "params" for argument in (*arguments.args, *arguments.kwonlyargs))

    @property
    def input_argument(self) -> ast.arg | None:
        """The argument that is given the input, None where it is not plain which one that is."""
        inputs = [one for one in self.function.args.args[1:] if one.arg not in ("context", "params")]
        return inputs[0] if len(inputs) == 1 else None

    @staticmethod
    def name_of(node: ast.expr) -> str:
        """Return the last part of a name, `List` for `typing.List`; "" for anything else."""
        return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

    def locate(self, node: ast.AST) -> Location:
        """Return the place of a node in the file."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return Location(self.path, line, column + 1)

    def param_reads(self) -> dict[str, ast.expr]:
        """Return the params that it reads by name, with the first place of each.

        Empty where `params` may come to be something other than what the caller gave.
        """
        if not self.takes_params:
            return {}
        names = _names_of_params(self.function)
        found: dict[str, ast.expr] = {}
        for node in ast.walk(self.function) if names else ():
            for key in _keys_read(node, names):
                found.setdefault(str(key.value), key)
        return found


def read_predict(folder: ModelFolder) -> PredictSource | None:
    """Return the `predict` of a model from code, None where the file does not say plainly which class it is.

    Only classes that inherit directly from `PythonModel` count: others (ChatModel, …) have a `predict` of their own.
    """
    name = _source_name(folder)
    text = folder.read_text(name) if name else None
    try:
        tree = ast.parse(text) if text is not None else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    function = _find_predict(tree) if tree is not None else None
    return PredictSource(name, function) if function is not None else None


def _source_name(folder: ModelFolder) -> str:
    """Return the source file of a model from code, empty where there is none: MLflow opens it at the root."""
    path = folder.pyfunc.get("model_code_path")
    if folder.pyfunc.get("loader_module") != _CODE_LOADER or not isinstance(path, str) or not path.endswith(".py"):
        return ""
    return posixpath.basename(path.replace("\\", "/"))


def _find_predict(tree: ast.Module) -> Function | None:
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    model = classes.get(_class_of_model(tree))
    if model is None or not any(_last_name(base) == "PythonModel" for base in model.bases):
        return None
    methods = [node for node in model.body if isinstance(node, Function) and node.name == "predict"]
    return methods[-1] if methods and not methods[-1].decorator_list else None


def _class_of_model(tree: ast.Module) -> str:
    """Return the name of the class in `set_model(Class(…))`, empty if there is not exactly one such call."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _last_name(node.func) == "set_model"]
    if len(calls) != 1 or len(calls[0].args) != 1:
        return ""
    value = calls[0].args[0]
    if isinstance(value, ast.Name):
        made = [node.value for node in tree.body if isinstance(node, ast.Assign) and _assigns(node, {value.id})]
        if len(made) != 1:
            return ""
        value = made[0]
    return value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _assigns(node: ast.Assign | ast.AnnAssign, names: set[str]) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id in names for target in targets)


def _names_of_params(function: Function) -> set[str]:
    """Return the variables that hold the params, empty where one of them is given another value."""
    names = {"params"}
    assignments = [node for node in ast.walk(function) if isinstance(node, (ast.Assign, ast.AnnAssign))]
    for node in sorted(assignments, key=lambda node: (node.lineno, node.col_offset)):
        derived = node.value is not None and _is_params(node.value, names)
        if derived and isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif not derived and _assigns(node, names):
            return set()
    return names


def _is_params(node: ast.expr, names: set[str]) -> bool:
    """Tell whether an expression is the params: `params`, `params or {}`, `dict(params)`, `{**defaults, **params}`."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.BoolOp):
        return _is_params(node.values[0], names)
    if isinstance(node, ast.IfExp):
        return _is_params(node.body, names) or _is_params(node.orelse, names)
    if isinstance(node, ast.Dict):
        spread = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
        return any(_is_params(value, names) for value in spread)
    if isinstance(node, ast.Call) and _last_name(node.func) == "dict" and node.args:
        return _is_params(node.args[0], names)
    return False


def _keys_read(node: ast.AST, names: set[str]) -> Iterator[ast.Constant]:
    """Yield the constants by which a node reads from the params."""
    keys: list[ast.expr] = []
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_params(node.value, names):
        keys = [node.slice]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READERS:
        keys = node.args[:1] if _is_params(node.func.value, names) else []
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        keys = [node.left] if _is_params(node.comparators[0], names) else []
    yield from (key for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
