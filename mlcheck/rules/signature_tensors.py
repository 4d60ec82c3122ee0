"""Rules about tensors: their shapes and dtypes."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.facts.numpy_dtypes import canonical_dtype, is_sized
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries
from mlcheck.rules.registry import rule


def _tensors(folder: ModelFolder, *fields: str) -> Iterator[tuple[Entry, dict[str, object]]]:
    for entry in entries(folder, *fields):
        spec = entry.data.get("tensor-spec")
        if entry.is_tensor and isinstance(spec, dict):
            yield entry, spec


def _shape(spec: dict[str, object]) -> list[int]:
    """Return the shape, empty where it is none."""
    shape = spec.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int for size in shape):
        return []
    return shape


@rule("MLC220", Severity.WARNING, since="0.1.0", reads="signature")
def fixed_batch_size(folder: ModelFolder) -> Iterator[Problem]:
    """Finds tensors whose first dimension is a number, so that only batches of this one size pass.

    ## Why is this bad?
    `predict` refuses every other number of items: `Shape of input (3, 2) does not match expected shape (5, 2)`.
    It comes from a signature that was written by hand after one batch. For outputs it says that the model always
    answers with this many items.

    ## Bad
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [5, 2]}}

    ## Good
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}

    ## What to do
    Write -1 as first dimension, or infer the signature, which does so. If the model does take one size only (some
    ONNX exports), ignore this rule for it.

    ## Based on
    MLflow 1.14 to 3.17; https://github.com/mlflow/mlflow/issues/5469, https://github.com/mlflow/mlflow/issues/8167
    """
    for entry, spec in _tensors(folder, "inputs", "outputs"):
        shape = _shape(spec)
        if shape and shape[0] > 0:
            does = "takes" if entry.field == "inputs" else "promises"
            message = f"{entry.title} {does} batches of {shape[0]} only: its shape is {shape}"
            hint = f"write {[-1, *shape[1:]]}, if the model takes any number of items"
            yield Problem(message, entry.place("tensor-spec", "shape"), hint, subject=entry.title)


@rule("MLC221", Severity.WARNING, since="0.1.0", reads="signature")
def empty_dimension(folder: ModelFolder) -> Iterator[Problem]:
    """Finds tensors with a dimension of length 0.

    ## Why is this bad?
    Only arrays without any value have such a shape. It comes from a signature that was inferred from no data.

    ## Bad
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 0]}}

    ## Good
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 11]}}

    ## What to do
    Infer the signature from data that has values.

    ## Based on
    MLflow 1.14 to 3.17
    """
    for entry, spec in _tensors(folder, "inputs", "outputs"):
        shape = _shape(spec)
        if 0 in shape:
            message = f"{entry.title} has a dimension of length 0: {shape} holds no values"
            hint = "infer the signature from data that has values"
            place = entry.place("tensor-spec", "shape", shape.index(0))
            yield Problem(message, place, hint, subject=entry.title)


@rule("MLC222", Severity.NOTE, since="0.1.0", reads="signature")
def free_inner_dimension(folder: ModelFolder) -> Iterator[Problem]:
    """Finds input tensors with -1 at another place than the first.

    ## Why is this bad?
    An array passes, but a DataFrame does not, nor does a request with `dataframe_split`: MLflow cannot know how to
    shape its rows. Azure ML's no-code deployment crashes at the start (`negative dimensions are not allowed`).
    Nothing is wrong where items do differ in size.

    ## Bad
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, -1]}}

    ## Good
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 11]}}

    ## What to do
    Write the length where it is always the same.

    ## Based on
    MLflow 1.16 to 3.17 (`_reshape_and_cast_pandas_column_values`)
    """
    for entry, spec in _tensors(folder, "inputs"):
        shape = _shape(spec)
        if -1 in shape[1:]:
            message = f"{entry.title} has the shape {shape}: no DataFrame passes, -1 may only come first"
            hint = "write the length of the dimension, if it is always the same"
            yield Problem(message, entry.place("tensor-spec", "shape"), hint, subject=entry.title)


@rule("MLC223", Severity.ERROR, since="0.1.0", reads="signature")
def unknown_dtype(folder: ModelFolder) -> Iterator[Problem]:
    """Finds tensors with a dtype that numpy does not know or that MLflow refuses.

    ## Why is this bad?
    Loading fails: with `TypeError: data type 'tf.float32' not understood`, or, for text with a length such as
    `<U10`, because MLflow's tensors of text have none.

    ## Bad
        {"type": "tensor", "tensor-spec": {"dtype": "torch.float32", "shape": [-1, 2]}}

    ## Good
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}

    ## What to do
    Write numpy's name of the dtype: float32, int64, bool, str, object, …

    ## Based on
    MLflow 1.14 to 3.17 (`TensorInfo`), numpy 1 and 2
    """
    for entry, spec in _tensors(folder, "inputs", "outputs"):
        dtype = spec.get("dtype")
        if not isinstance(dtype, str) or not dtype:
            continue
        place = entry.place("tensor-spec", "dtype")
        if is_sized(dtype):
            message = f"{entry.title} has the dtype {dtype!r}: MLflow refuses text with a length"
            yield Problem(message, place, "write 'str', or 'bytes' for bytes", subject=entry.title)
        elif canonical_dtype(dtype) is None:
            message = f"{entry.title} has the dtype {dtype!r}, which numpy does not know"
            yield Problem(message, place, _guess(dtype), subject=entry.title)


def _guess(dtype: str) -> str:
    last = dtype.rpartition(".")[2]
    others = {"string": "str", "double": "float64", "float": "float32", "long": "int64", "boolean": "bool"}
    name = others.get(last, last)
    return f"write {name!r}" if canonical_dtype(name) else "write numpy's name of the dtype, such as 'float32'"


@rule("MLC224", Severity.NOTE, since="0.1.0", reads="signature")
def untyped_tensor(folder: ModelFolder) -> Iterator[Problem]:
    """Finds input tensors of dtype object.

    ## Why is this bad?
    They hold any Python object. With the shape (-1,) MLflow checks nothing at all, otherwise the shape alone: wrong
    types reach the model. It comes from arrays that mix text and numbers, or from a column of lists.

    ## Bad
        infer_signature(frame.to_numpy())

    ## Good
        infer_signature(frame)

    ## What to do
    Infer the signature from a DataFrame, which gives each column its type, or from an array of one type.

    ## Based on
    `_enforce_tensor_spec`, MLflow 1.14 to 3.17; https://github.com/mlflow/mlflow/issues/4993
    """
    for entry, spec in _tensors(folder, "inputs"):
        if canonical_dtype(str(spec.get("dtype"))) == "object":
            what = "nothing about it is checked" if _shape(spec) == [-1] else "only its shape is checked"
            message = f"{entry.title} is of dtype object: {what}"
            hint = "infer the signature from a DataFrame, or from an array of one type"
            yield Problem(message, entry.place("tensor-spec", "dtype"), hint, subject=entry.title)


@rule("MLC225", Severity.NOTE, since="0.1.0", reads="signature")
def output_without_spark_type(folder: ModelFolder) -> Iterator[Problem]:
    """Finds output tensors that `spark_udf` has no type for: of dtype object, of 8 or 16 bits, of three dimensions.

    ## Why is this bad?
    `mlflow.pyfunc.spark_udf` takes the type of its answers from the signature and stops at these: "Model output
    tensor spec type float16 is not supported in spark_udf", "Only 1D or 2D tensors are supported". Nothing else
    minds. Without any outputs in the signature (MLC205) it makes all answers `double`.

    ## Bad
        outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "object", "shape": [-1]}}]'

    ## Good
        outputs: '[{"type": "string", "name": "label"}]'

    ## What to do
    Let the model answer with a DataFrame and infer the signature from that, or give callers the type to pass:
    `spark_udf(…, result_type=…)`. Ignore this rule where Spark is not used.

    ## Based on
    `_cast_output_spec_to_spark_type`, MLflow 2.5 to 3.17; https://github.com/mlflow/mlflow/issues/8173
    """
    for entry, spec in _tensors(folder, "outputs"):
        dtype, shape = canonical_dtype(str(spec.get("dtype"))), _shape(spec)
        if dtype in _WITHOUT_SPARK_TYPE:
            message, place = f"{entry.title} is of dtype {dtype}, which spark_udf refuses", ("tensor-spec", "dtype")
        elif len(shape) > _MOST_OF_SPARK:
            message, place = f"{entry.title} has {len(shape)} dimensions: spark_udf takes two at most", _SHAPE
        else:
            continue
        hint = "answer with a DataFrame, or pass result_type to spark_udf"
        yield Problem(message, entry.place(*place), hint, subject=entry.title)


_SHAPE = ("tensor-spec", "shape")
_MOST_OF_SPARK = 2
_WITHOUT_SPARK_TYPE = frozenset(
    {
        *("object", "float16", "int8", "int16", "uint8", "uint16", "uint32", "uint64"),
        *("complex64", "complex128", "timedelta64[ns]"),
    }
)
