"""Rules about reading the metadata files at all: encoding, YAML and JSON syntax, repeated keys."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.document import Document
from mlcheck.finding import Edit, Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.records import replace
from mlcheck.rules.registry import rule

_UNREADABLE = frozenset(
    {"syntax", "encoding", "too-large", "multiple-documents", "too-deep", "alias-bomb", "unhashable-key", "empty"}
)

_HINTS = {
    "encoding": "save the file as UTF-8",
    "too-large": "keep data out of metadata files",
    "multiple-documents": "keep one YAML document in the file and remove the `---` separators",
    "too-deep": "flatten the document",
    "alias-bomb": "write the values out instead of nesting aliases",
    "unhashable-key": "use plain strings as keys",
}


def _documents(folder: ModelFolder) -> Iterator[Document]:
    for document in (folder.mlmodel, folder.conda, folder.python_env):
        if document is not None:
            yield document


def _yield_defects(documents: Iterator[Document], kinds: frozenset[str], hint: str) -> Iterator[Problem]:
    for document in documents:
        for defect in document.defects:
            if defect.kind in kinds:
                own_hint = _HINTS.get(defect.kind, hint)
                yield Problem(defect.message, defect.location, own_hint, subject=defect.kind)


@rule("MLC010", Severity.ERROR, since="0.1.0")
def unreadable_metadata(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an MLmodel, conda.yaml or python_env.yaml that is empty or is no YAML.

    ## Why is this bad?
    MLflow fails on it with a raw `ParserError`, or `AttributeError: 'NoneType' object has no attribute …` for
    an empty file, and names neither the file nor the line.

    ## Bad
        flavors:
          python_function
            loader_module: mlflow.sklearn

    ## Good
        flavors:
          python_function:
            loader_module: mlflow.sklearn

    ## What to do
    Correct the place that the finding names, or log the model again. A file named MLmodel that is something
    else (a pickle, a Python file) needs another name.

    ## Based on
    MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/1738
    """
    hint = "correct the YAML at this place, or log the model again"
    yield from _yield_defects(_documents(folder), _UNREADABLE, hint)
    document = folder.mlmodel
    if document is None:
        if not folder.partial:
            yield Problem("the file cannot be opened", Location(MLMODEL, 1, 1), "check its permissions and links")
    elif document.readable and not isinstance(document.data, dict):
        found = type(document.data).__name__
        message = f"MLmodel must be a mapping of keys to values, this is a {found}"
        yield Problem(message, document.locate(), "write `flavors:` and the other keys at the top level")


@rule("MLC011", Severity.WARNING, since="0.1.0")
def duplicate_key(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a key that stands twice in the same mapping of a metadata file.

    ## Why is this bad?
    YAML keeps only the last one, without a word: one of the two values is not what the model is loaded with.
    It usually comes from a merge conflict or a hand edit.

    ## Bad
        mlflow_version: 2.16.2
        mlflow_version: 3.1.0

    ## Good
        mlflow_version: 3.1.0

    ## What to do
    Keep the one that is right.

    ## Based on
    PyYAML's `safe_load`, which MLflow uses in every version
    """
    kinds = frozenset({"duplicate-key"})
    yield from _yield_defects(_documents(folder), kinds, "keep one of the two")
    yield from _yield_defects(iter(folder.signature_documents.values()), kinds, "keep one of the two")


@rule("MLC012", Severity.ERROR, since="0.1.0")
def yaml_tag(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a YAML tag (`!!python/object…`) in a metadata file.

    ## Why is this bad?
    MLflow reads with `yaml.safe_load`, which refuses such a file; a tool that reads it with `yaml.load` would
    run whatever the tag asks for.

    ## Bad
        metadata:
          trained_at: !!python/object/apply:datetime.datetime [2024, 1, 1]

    ## Good
        metadata:
          trained_at: '2024-01-01'

    ## What to do
    Write the plain value.

    ## Based on
    MLflow 1.0 to 3.17 (`yaml.safe_load` in `Model.load`)
    """
    yield from _yield_defects(_documents(folder), frozenset({"tag"}), "write the plain value without the tag")


@rule("MLC013", Severity.WARNING, since="0.1.0")
def byte_order_mark(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a byte order mark at the start of MLmodel, conda.yaml, python_env.yaml or requirements.txt.

    ## Why is this bad?
    MLflow's requirements parser keeps the mark as part of the first package's name, conda and pip differ in
    what they do with it, and a UTF-16 file is not read by most of them. Windows editors and PowerShell's `>`
    write it.

    ## Bad
        ﻿mlflow==3.1.0          (with an invisible U+FEFF before the m)

    ## Good
        mlflow==3.1.0

    ## What to do
    Save the file as UTF-8 without BOM.

    ## Based on
    `mlflow/utils/requirements_utils.py`, MLflow 1.20 to 3.17
    """
    hint = "save the file as UTF-8 without a byte order mark"
    for problem in _yield_defects(_documents(folder), frozenset({"bom"}), hint):
        yield replace(problem, fix=(Edit(problem.location, "\ufeff", ""),))
    raw = folder.read_bytes("requirements.txt", limit=4) or b""
    # One of UTF-16 is for requirements-not-utf8 to say: MLflow cannot read the file at all.
    if raw.startswith(b"\xef\xbb\xbf"):
        place = Location("requirements.txt", 1, 1)
        message = "the file starts with a UTF-8 byte order mark"
        yield Problem(message, place, hint, fix=(Edit(place, "\ufeff", ""),))
