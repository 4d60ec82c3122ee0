"""Requests to a scoring server, such as the serving example: their form, and whether they fit the signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.fit.columns import fit_columns
from mlcheck.fit.examples import Release, array_judge, array_table, casting_judge
from mlcheck.fit.tables import Table, read_records, read_split
from mlcheck.fit.tensors import fit_arrays, fit_table
from mlcheck.fit.trouble import REFUSED, Misfit, listing
from mlcheck.signature import Column, Schema, is_column_schema, is_tensor_schema

FORMATS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
CHAT_KEYS: Final = ("messages", "prompt", "input")

_HINT = 'write it as {"dataframe_split": {"columns": […], "data": […]}} or {"inputs": …}'
_ONE_OF = "one of dataframe_split, dataframe_records, instances and inputs"


def explain_request(data: object, *, type_hint: bool) -> Misfit | None:
    """Return why a scoring server refuses the form of a request, None if it reads it.

    type_hint: whether the signature comes from a type hint, for which only `inputs` will do.
    """
    if not isinstance(data, dict):
        return Misfit(REFUSED, f"a request is an object with {_ONE_OF}, this is none", (), _HINT)
    if any(key in data for key in CHAT_KEYS):
        return None
    found = [key for key in FORMATS if key in data]
    if type_hint:
        if "inputs" in data:
            return None
        message = f"the signature comes from a type hint, so a request must have 'inputs': there is {_list(data)}"
        return Misfit(REFUSED, message, (), 'write it as {"inputs": …}')
    if len(found) != 1:
        message = f"a request has exactly {_ONE_OF}: there is {_list(found or list(data))}"
        return Misfit(REFUSED, message, (found[1],) if found else (), _HINT)
    if found[0] in ("inputs", "instances"):
        return _explain_tensor_request(data, found[0])
    table = (read_split if found[0] == "dataframe_split" else read_records)(data[found[0]], (found[0],))
    return table if isinstance(table, Misfit) else None


def _explain_tensor_request(data: dict[str, object], key: str) -> Misfit | None:
    others = [name for name in data if name not in (key, "params")]
    if "signature_name" in others:
        return Misfit(REFUSED, "key 'signature_name' is not supported by MLflow", ("signature_name",), "remove it")
    return None


def _list(names: object) -> str:
    found = [str(name) for name in names] if isinstance(names, (list, dict)) else []
    return listing(found) if found else "nothing"


def fit_serving(data: object, inputs: Schema, release: Release) -> Iterator[Misfit]:
    """Yield what a scoring server refuses in a request of a form that it reads."""
    if not isinstance(data, dict) or any(key in data for key in CHAT_KEYS):
        return
    key = next(key for key in FORMATS if key in data)
    if is_tensor_schema(inputs):
        misfits = _fit_tensors(key, data[key], inputs, release)
    elif is_column_schema(inputs):
        misfits = _fit_columns(key, data[key], inputs, release)
    else:
        return
    yield from (misfit for misfit in misfits if misfit.level == REFUSED)


def _fit_columns(key: str, value: object, inputs: tuple[Column, ...], release: Release) -> Iterator[Misfit]:
    if key.startswith("dataframe_"):
        table = read_split(value, (key,)) if key == "dataframe_split" else read_records(value, (key,))
        judge = casting_judge(release)
    else:
        table, judge = array_table(value, inputs, (key,)), array_judge(release)
    if isinstance(table, Misfit):
        yield table
    elif table is not None:
        yield from fit_columns(inputs, table, judge)


def _fit_tensors(key: str, value: object, inputs: Schema, release: Release) -> Iterator[Misfit]:
    assert is_tensor_schema(inputs)
    if key.startswith("dataframe_"):
        table = read_split(value, (key,)) if key == "dataframe_split" else read_records(value, (key,))
        if isinstance(table, Table):
            yield from fit_table(inputs, table, release)
    elif key == "inputs" or not (isinstance(value, list) and value and isinstance(value[0], dict)):
        yield from fit_arrays(inputs, value, (key,), strict=False)
