"""The strategies for users: real inputs for a folder, a signature, or MLflow's own signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from mlflow.models import infer_signature
from mlflow.models.utils import _enforce_schema

from mlcheck import strategies
from mlcheck.contract.domain import DomainError
from mlcheck.signature import Signature, SignatureError
from tests.contract.signatures import PARAMS, columns, tensors

TRAINING = pd.DataFrame({"age": [31, 47], "income": [1.5, 2.5], "city": ["Bonn", "Trier"]})
SIGNATURE = infer_signature(TRAINING)
some = settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]
        def predict(self, context: object, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
            return model_input["age"]

    path = tmp_path_factory.mktemp("models") / "echo"
    example = (TRAINING, {"k": 3})
    mlflow.pyfunc.save_model(
        str(path), python_model=Echo(), input_example=example, signature=infer_signature(TRAINING, TRAINING, {"k": 5})
    )
    return path


@some
@given(strategies.inputs(SIGNATURE), strategies.inputs(SIGNATURE, edges=True))
def test_inputs_are_real_and_accepted(plain: pd.DataFrame, edge: pd.DataFrame) -> None:
    for frame in (plain, edge):
        assert list(frame.columns) == ["age", "income", "city"]
        assert frame.dtypes["age"] == "int64"
        _enforce_schema(frame, SIGNATURE.inputs)


@some
@given(strategies.violations(SIGNATURE))
def test_violations_are_real_and_refused(data: Any) -> None:
    with pytest.raises(Exception):  # noqa: B017 - MLflow lets raw exceptions of pandas through
        _enforce_schema(data, SIGNATURE.inputs)


@some
@given(strategies.inputs(columns(("age", "long")), {"age": {"min": 18, "max": 99}}))
def test_inputs_keep_to_the_domain(frame: pd.DataFrame) -> None:
    assert frame["age"].between(18, 99).all()


@some
@given(strategies.inputs(tensors(("a", "float32", [-1, 2]), ("b", "int64", [-1]))))
def test_named_tensors_are_arrays_by_name(data: dict[str, np.ndarray]) -> None:
    assert data["a"].dtype == "float32"
    assert data["a"].shape == (len(data["b"]), 2)
    data["a"][:] = 0


@some
@given(strategies.inputs(Signature.from_mlmodel({"inputs": '[{"type": "long"}]'}, from_type_hint=True)))
def test_signatures_from_type_hints_take_lists(data: object) -> None:
    assert isinstance(data, list)


def test_a_folder_brings_its_example(folder: Path) -> None:
    for path in (folder, str(folder)):
        frame = find(strategies.inputs(path), lambda frame: len(frame) == 2)
        pd.testing.assert_frame_equal(frame, TRAINING)
        assert find(strategies.params(path), bool) == {"k": 5}
        assert find(strategies.params(path), lambda params: params.get("k") == 3)


def test_data_may_be_changed_without_harm(folder: Path) -> None:
    objects = {"name": "o", "type": "object", "properties": {"x": {"type": "long"}}, "required": True}
    strategy = strategies.inputs(Signature.from_mlmodel({"inputs": json.dumps([objects])}))
    first = find(strategy, lambda frame: True)
    first["o"][0]["x"] = "spoilt"
    assert find(strategy, lambda frame: True)["o"][0] == {"x": 1}


@some
@given(st.data())
def test_params_are_of_the_declared_types(data: Any) -> None:
    signature = columns(("a", "long"), params=PARAMS)
    assert data.draw(strategies.params(signature)).keys() <= {param["name"] for param in PARAMS}
    edge = data.draw(strategies.params(signature, edges=True))
    assert isinstance(edge.get("k", 0), int)
    assert isinstance(edge.get("ks", []), list)


def test_what_is_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no model folder: it has no file MLmodel"):
        strategies.inputs(tmp_path)
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    with pytest.raises(ValueError, match="has no signature, log the model with one"):
        strategies.inputs(tmp_path)
    (tmp_path / "MLmodel").write_text("signature: {inputs: '[5]'}\n")
    with pytest.raises(SignatureError):
        strategies.inputs(tmp_path)
    with pytest.raises(TypeError, match="a path, a Signature or a ModelSignature is needed, not 5"):
        strategies.inputs(5)
    with pytest.raises(DomainError, match="no such input or param"):
        strategies.inputs(SIGNATURE, {"aeg": {"min": 0}})


def test_what_has_no_inputs_is_an_error() -> None:
    signature = Signature.from_mlmodel({"outputs": '[{"type": "long"}]'})
    with pytest.raises(ValueError, match="no inputs can be made"):
        strategies.inputs(signature)
    with pytest.raises(ValueError, match="MLflow refuses no input"):
        strategies.violations(signature)
