"""Rules about the model's own source: it must be Python, define what it uses, and hand over a model."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from mlcheck.environment import read_environment
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.coded import ModelCode, model_code
from mlcheck.rules.flavors import loader_of
from mlcheck.rules.registry import rule

if TYPE_CHECKING:
    from mlcheck.sources.parsed import Source
    from mlcheck.sources.undefined import UndefinedName

_CALLED_BY_MLFLOW = frozenset({"_load_pyfunc", "load_context", "predict", "predict_stream", "__init__"})
_SET_MODEL = ("mlflow.models.set_model", "mlflow.models.model.set_model", "set_model")
_OF_NOTEBOOKS = frozenset({"spark", "sc", "sqlContext", "display", "displayHTML", "dbutils", "getArgument"})


@rule("MLC442", Severity.ERROR, since="0.1.0")
def no_python_source(folder: ModelFolder) -> Iterator[Problem]:
    """Finds source files of the model that the declared Python cannot compile.

    ## Why is this bad?
    Loading fails with `SyntaxError`: a notebook's magic line, a merge conflict, or syntax of a newer Python. It is a
    warning for files that loading may not reach.

    ## Bad
        %pip install shap              (model.py)
        python: 3.9.18                 (python_env.yaml, and code/helper.py has `match` in it)

    ## Good
        # Databricks notebook source
        # MAGIC %pip install shap

    ## What to do
    Correct the line, or declare the Python that the code is written for.

    ## Based on
    Python's own parser, which is asked about the declared Python as far as it knows its grammar
    """
    for source, certain in model_code(folder).sources:
        entry = folder.entry(source.path)
        pointer = source.error and entry is not None and folder.is_lfs_pointer(entry)  # git-lfs-pointer says so
        if source.error and not pointer:
            python = read_environment(folder).python
            whose = f"Python {python.text}" if python else "Python"
            message = f"{whose} cannot compile this file: {source.error}"
            severity = None if certain and python else Severity.WARNING
            place = Location(source.path, source.line, source.column)
            yield Problem(message, place, "correct this line", subject=source.path, severity=severity)


@rule("MLC443", Severity.ERROR, since="0.1.0")
def undefined_name(folder: ModelFolder) -> Iterator[Problem]:
    """Finds names in the model's source that nothing defines or imports.

    ## Why is this bad?
    `NameError: name 'XGBClassifier' is not defined`, when the model is loaded or at the first `predict`. Code that
    was cut out of a notebook leaves imports and constants behind; MLflow copies it without importing it. In other
    functions than those that MLflow calls, and behind conditions, it is a warning.

    ## Bad
        def _load_pyfunc(path):
            model = XGBClassifier()

    ## Good
        from xgboost import XGBClassifier

        def _load_pyfunc(path):
            model = XGBClassifier()

    ## What to do
    Import or define the name in the same file. What stands under `if __name__ == "__main__":` or `if TYPE_CHECKING:`
    is not there when the file is imported.

    ## Based on
    What Python's compiler looks up in the module, in 3.10 to 3.14. Files with star imports, `exec` or `globals()` are
    left out. pyflakes finds more kinds of mistakes, but reports annotations that are never evaluated as well.
    """
    code = model_code(folder)
    for source, certain in code.sources:
        known = frozenset({"dbutils"}) if source is code.model else frozenset()  # MLflow puts a stand-in there
        for one in _undefined_names(source, known):
            context = one.context
            if context.catches("NameError") or context.depends_on_platform or _is_set_elsewhere(code, one.name):
                continue
            called = not context.functions or context.functions[-1] in _CALLED_BY_MLFLOW
            sure = certain and called and not context.conditional and one.name not in _OF_NOTEBOOKS
            where = f" in {context.functions[-1]!r}" if context.functions else ""
            message = f"{one.name!r} is used{where} and defined nowhere in this file"
            place = Location(source.path, one.line, one.column)
            severity = None if sure else Severity.WARNING
            yield Problem(message, place, f"import or define {one.name!r}", subject=one.name, severity=severity)


def _undefined_names(source: Source, known: frozenset[str]) -> list[UndefinedName]:
    return (_undefined_in_common if len(source.text) <= _COMMON else _undefined_in)(source, known)


def _undefined_in(source: Source, known: frozenset[str]) -> list[UndefinedName]:
    from mlcheck.sources.undefined import undefined_names  # noqa: PLC0415 - most folders have no source

    return undefined_names(source.tree, known) if source.tree is not None else []


_COMMON = 8 * 1024  # characters of source that other folders may have too
_undefined_in_common = lru_cache(maxsize=32)(_undefined_in)


def _is_set_elsewhere(code: ModelCode, name: str) -> bool:
    """Tell whether another module may put a name into this one: `types.NULL = …`."""
    setting = re.compile(rf"\.{re.escape(name)}\s*(?::[^=\n]*)?=[^=]")
    return any(setting.search(source.text) for name in code.module_names if (source := code.source(name)) is not None)


@rule("MLC444", Severity.ERROR, since="0.1.0")
def model_not_set(folder: ModelFolder) -> Iterator[Problem]:
    """Finds models from code whose file never calls `set_model`.

    ## Why is this bad?
    Loading fails: "If the model is logged as code, ensure the model is set using mlflow.models.set_model()". It is a
    warning where the call may be hidden: in a module that the file imports, or behind a condition.

    ## Bad
        class Sum(PythonModel):
            ...

    ## Good
        class Sum(PythonModel):
            ...

        mlflow.models.set_model(Sum())

    ## What to do
    Call `mlflow.models.set_model` with the model at the end of the file.

    ## Based on
    `_load_model_code_path`, MLflow 2.12 to 3.17; https://github.com/mlflow/mlflow/pull/11844
    """
    code = model_code(folder)
    model = code.model
    if model is None or model.tree is None or not loader_of(folder).startswith("mlflow."):
        return
    kinds = list(_set_model_calls(code))
    if "sure" not in kinds:
        severity = (
            Severity.WARNING
            if kinds or any("set_model" in source.text for source, _ in code.sources if source is not model)
            else None
        )
        message = f"{posixpath.basename(model.path)!r} does not call `mlflow.models.set_model`"
        if kinds:
            message = "`mlflow.models.set_model` is only called under a condition"
        hint = "call it with the model at the end of the file"
        yield Problem(message, Location(model.path, 1, 1), hint, subject=model.path, severity=severity)


def _set_model_calls(code: ModelCode) -> Iterator[str]:
    """Yield for each call of `set_model` in the model's file whether it is made for "sure" or only "perhaps"."""
    import ast  # noqa: PLC0415 - most folders have no source

    from mlcheck.sources.imports import aliases, full_name  # noqa: PLC0415 - likewise
    from mlcheck.sources.statements import expressions, statements  # noqa: PLC0415 - likewise

    if code.model is None or code.model.tree is None:
        return
    known = aliases(code.model)
    for statement, context in statements(code.model.tree):
        for node in expressions(statement):
            if isinstance(node, ast.Call) and full_name(node.func, known) in _SET_MODEL:
                yield "sure" if context.at_import and not context.conditional else "perhaps"


@rule("MLC452", Severity.ERROR, since="0.1.0")
def loader_without_load_pyfunc(folder: ModelFolder) -> Iterator[Problem]:
    """Finds loader modules in the model's code that define no `_load_pyfunc`.

    ## Why is this bad?
    Loading fails: `AttributeError: module 'my_loader' has no attribute '_load_pyfunc'`.

    ## Bad
        def load_pyfunc(path):          (code/my_loader.py)

    ## Good
        def _load_pyfunc(path):

    ## What to do
    Define `_load_pyfunc(data_path)` at the top of the module; it returns an object with `predict`.

    ## Based on
    `pyfunc.load_model`, MLflow 1.0 to 3.17
    """
    loader = loader_of(folder)
    source = model_code(folder).source(loader)
    if source is None or source.tree is None:
        return
    from mlcheck.sources.bindings import bound_names  # noqa: PLC0415 - most folders have no source

    names = bound_names(source.tree)
    if names is not None and "_load_pyfunc" not in names:
        message = f"the loader module {loader!r} defines no '_load_pyfunc', which MLflow calls to load the model"
        yield Problem(message, Location(source.path, 1, 1), "define `_load_pyfunc(data_path)`", subject=loader)
