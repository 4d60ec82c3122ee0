"""Models of real flavors, logged as their libraries' users log them: sound ones, and one fault in each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import lightgbm
import mlflow
import numpy as np
import onnx
import pandas as pd
import pytest
import statsmodels.api as sm
import xgboost
from mlflow.models import infer_signature
from mlflow.models.signature import ModelSignature
from onnx import TensorProto, helper
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlcheck.contract.runner import RunOptions, check_paths
from mlcheck.finding import Finding, Severity
from mlcheck.policy import Overrides

RANDOM = np.random.default_rng(0)
NUMBERS = pd.DataFrame(RANDOM.normal(size=(60, 3)), columns=["a", "b", "c"])
TARGET = NUMBERS["a"] * 2 - NUMBERS["b"]
CITIES = NUMBERS.assign(city=RANDOM.choice(["Lima", "Oslo", "Pune"], 60))

Save = Callable[[Path, "ModelSignature | None"], ModelSignature]


def save_skops(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    encode = ColumnTransformer([("city", OneHotEncoder(handle_unknown="ignore"), ["city"])], remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression()).fit(CITIES, TARGET > 0)
    right = infer_signature(CITIES, model.predict(CITIES))
    mlflow.sklearn.save_model(
        model, folder, signature=signature or right, input_example=CITIES.head(3), serialization_format="skops"
    )
    return right


def save_cloudpickle(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    model = LinearRegression().fit(NUMBERS, TARGET)
    right = infer_signature(NUMBERS, model.predict(NUMBERS))
    mlflow.sklearn.save_model(
        model, folder, signature=signature or right, input_example=NUMBERS.head(3), serialization_format="cloudpickle"
    )
    return right


def save_xgboost(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    model = xgboost.XGBRegressor(n_estimators=5).fit(NUMBERS, TARGET)
    right = infer_signature(NUMBERS, model.predict(NUMBERS))
    mlflow.xgboost.save_model(model, folder, signature=signature or right, input_example=NUMBERS.head(3))
    return right


def save_lightgbm(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    model = lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(NUMBERS, TARGET), 5)
    right = infer_signature(NUMBERS, model.predict(NUMBERS))
    mlflow.lightgbm.save_model(model, folder, signature=signature or right, input_example=NUMBERS.head(3))
    return right


def save_statsmodels(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    model = sm.OLS(TARGET, NUMBERS).fit()
    right = infer_signature(NUMBERS, model.predict(NUMBERS))
    mlflow.statsmodels.save_model(model, folder, signature=signature or right, input_example=NUMBERS.head(3))
    return right


def save_onnx(folder: Path, signature: ModelSignature | None) -> ModelSignature:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "scores",
        [value("x", TensorProto.FLOAT, [None, 3])],
        [value("y", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor("w", TensorProto.FLOAT, [3, 2], [1.0, 0.0, 0.5, 0.25, -1.0, 2.0])],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    rows = RANDOM.normal(size=(4, 3)).astype("float32")
    right = infer_signature(rows, {"y": np.zeros((4, 2), "float32")})
    mlflow.onnx.save_model(model, folder, signature=signature or right, input_example=rows)
    assert onnx.load(str(folder / "model.onnx")).graph.name == "scores"
    return right


FLAVORS: dict[str, Save] = {
    "skops": save_skops,
    "cloudpickle": save_cloudpickle,
    "xgboost": save_xgboost,
    "lightgbm": save_lightgbm,
    "statsmodels": save_statsmodels,
    "onnx": save_onnx,
}


def findings(folder: Path, *codes: str) -> list[Finding]:
    report = check_paths([folder], Overrides(select=codes), RunOptions(max_examples=15))
    assert not report.errors
    return [finding for finding in report.findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_a_sound_model_gets_no_error(flavor: str, tmp_path: Path) -> None:
    FLAVORS[flavor](tmp_path / "model", None)
    assert [(one.code, one.message) for one in findings(tmp_path / "model")] == []


@pytest.mark.parametrize("flavor", FLAVORS)
def test_outputs_of_another_kind_are_found(flavor: str, tmp_path: Path) -> None:
    right = FLAVORS[flavor](tmp_path / "sound", None)
    wrong = ModelSignature(right.inputs, infer_signature(NUMBERS, np.array(["yes"], dtype="object")).outputs)
    FLAVORS[flavor](tmp_path / "model", wrong)
    assert {one.code for one in findings(tmp_path / "model", "MLC501", "MLC8")} & {"MLC801", "MLC803", "MLC804"}
