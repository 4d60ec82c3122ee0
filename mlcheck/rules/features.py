"""What a model folder holds that not every MLflow release can read, with the place of each."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.document import Document
from mlcheck.facts.flavors import PYFUNC, reads_skops
from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.parts import shared_by

_NEW_TYPES = ("array", "object", "map", "sparkml_vector", "any", "datetime", "tensor")
_MAX_DEPTH = 50

Found = tuple[str, Location]  # a key of `FEATURES` and where it stands


def used_features(folder: ModelFolder) -> dict[str, Location]:
    """Return the features (keys of `facts.mlflow_versions.FEATURES`) that a folder uses: each at its first place."""
    found: dict[str, Location] = {}
    for feature, place in (*_in_metadata(folder), *_in_files(folder)):
        found.setdefault(feature, place)
    return found


@shared_by("examples")
def _in_metadata(folder: ModelFolder) -> tuple[Found, ...]:
    return (*_in_signature(folder), *_in_example(folder), *_in_flavors(folder))


def _in_signature(folder: ModelFolder) -> Iterator[Found]:
    signature = folder.mlmodel_data.get("signature")
    if folder.mlmodel is None or not isinstance(signature, dict):
        return
    documents = folder.signature_documents
    for field in ("inputs", "outputs"):
        document = documents.get(field)
        items = document.data if document else None
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if document is not None and isinstance(item, dict):
                yield from _in_column(document, index, item)
    if signature.get("inputs") is None:
        yield "signature-without-inputs", folder.mlmodel.locate("signature")
    if "params" in documents:
        yield from _in_params(documents["params"])


def _in_column(document: Document, index: int, column: dict[str, object]) -> Iterator[Found]:
    kind = column.get("type")
    # Complex types ignored unknown keys, `required` among them, from the day they were there.
    if kind not in ("array", "object", "map", "any", "sparkml_vector", "tensor"):
        for key in ("required", "optional"):
            if key in column:
                yield f"column-{key}", document.locate(index, key)
    for name in _types(column, 0):
        yield f"type-{name}", document.locate(index)


def _types(value: object, depth: int) -> Iterator[str]:
    """Yield the names of newer types that a type in JSON holds, itself among them."""
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return
    kind = value.get("type")
    if kind in _NEW_TYPES:
        yield str(kind)
    yield from _types(value.get("items"), depth + 1)
    yield from _types(value.get("values"), depth + 1)
    properties = value.get("properties")
    for inner in properties.values() if isinstance(properties, dict) else ():
        yield from _types(inner, depth + 1)


def _in_params(document: Document) -> Iterator[Found]:
    yield "params", document.locate()
    items = document.data if isinstance(document.data, list) else []
    for index, item in enumerate(items):
        if isinstance(item, dict) and "type" in item:
            yield "params-type", document.locate(index, "type")
            if item["type"] == "object":
                yield "params-object", document.locate(index, "type")


def _in_example(folder: ModelFolder) -> Iterator[Found]:
    kind = folder.example_info.get("type")
    if folder.mlmodel is None or not isinstance(kind, str):
        return
    place = folder.mlmodel.locate("saved_input_example_info", "type")
    if kind == "json_object":
        yield "example-json_object", place
    if kind == "ndarray":
        old = folder.example_info.get("format") == "tf-serving"
        yield ("example-ndarray-tf-serving" if old else "example-ndarray-raw"), place


def _in_flavors(folder: ModelFolder) -> Iterator[Found]:
    if folder.mlmodel is None:
        return
    for flavor, conf in folder.flavors.items():
        if reads_skops(flavor, conf):
            yield "serialization-skops", folder.mlmodel.locate("flavors", flavor, "serialization_format")
    if "python_model_compression" in folder.pyfunc:
        place = folder.mlmodel.locate("flavors", PYFUNC, "python_model_compression")
        yield "python-model-compression", place
    if isinstance(folder.pyfunc.get("env"), dict):
        yield "env-map", folder.mlmodel.locate("flavors", PYFUNC, "env")


def _in_files(folder: ModelFolder) -> Iterator[Found]:
    data = folder.flavors.get("pytorch", {}).get("model_data")
    if folder.mlmodel is None or not isinstance(data, str):
        return
    if folder.has(f"{data}/model.pt2") and not folder.has(f"{data}/model.pth"):
        yield "pytorch-pt2", folder.mlmodel.locate("flavors", "pytorch", "model_data")
