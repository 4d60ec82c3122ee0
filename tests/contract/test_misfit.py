"""A model that another environment keeps from answering is not called broken; one with a fault of its own is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline

from mlcheck.contract.runner import RunOptions, check_paths
from mlcheck.finding import Finding
from mlcheck.policy import Overrides

DATA = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [2.0, 1.0, 5.0, 4.0]})
OTHER_SCIKIT_LEARN = ["mlflow", "scikit-learn==0.22.1"]


def fitted() -> Pipeline:
    return make_pipeline(SimpleImputer(), LinearRegression()).fit(DATA, DATA["b"])


def as_an_older_release_pickles_it() -> Pipeline:
    pipeline = fitted()
    del pipeline[0].statistics_  # an attribute that this release reads in transform
    return pipeline


def save(folder: Path, model: Pipeline, requirements: list[str], inputs: pd.DataFrame = DATA) -> Path:
    signature = mlflow.models.infer_signature(inputs, fitted().predict(DATA))
    mlflow.sklearn.save_model(
        model, folder, signature=signature, pip_requirements=requirements, serialization_format="cloudpickle"
    )
    return folder


def findings(folder: Path, *codes: str) -> Iterator[Finding]:
    report = check_paths([folder], Overrides(select=codes or ("MLC5", "MLC602", "MLC606")), RunOptions(max_examples=5))
    assert not report.errors
    yield from report.findings


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [(OTHER_SCIKIT_LEARN, [("MLC503", "warning")]), (["mlflow"], [("MLC602", "error")])],
)
def test_an_attribute_that_another_release_lacks_is_the_environments_fault(
    requirements: list[str], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    folder = save(tmp_path / "model", as_an_older_release_pickles_it(), requirements)
    found = list(findings(folder))
    assert [(item.code, item.severity.value) for item in found] == expected
    if expected[0][0] == "MLC503":
        assert "does not predict in this environment" in found[0].message
        assert "scikit-learn 0.22.1 declared" in found[0].message
        assert "predict" in found[0].reproduce


def test_what_a_library_says_about_values_is_the_models_fault_in_any_environment(tmp_path: Path) -> None:
    pipeline = LinearRegression().fit(DATA.fillna(0.0).to_numpy()[:, :1], DATA["b"])  # takes one column, not two
    folder = save(tmp_path / "model", pipeline, OTHER_SCIKIT_LEARN, DATA.fillna(0.0))
    assert [item.code for item in findings(folder)] == ["MLC602"]


def test_columns_that_were_inferred_as_optional_are_one_warning(tmp_path: Path) -> None:
    inputs = pd.DataFrame({name: [1.0, np.nan] for name in DATA.columns})
    found = list(findings(save(tmp_path / "model", fitted(), ["mlflow"], inputs), "MLC606"))
    assert [(item.code, item.severity.value) for item in found] == [("MLC606", "warning")]
    assert "optional column 'a' is left out (likewise 'b')" in found[0].message
    assert "infer_signature" in found[0].hint
