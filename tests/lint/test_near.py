"""The hint of missing-file names what was probably meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder
from mlcheck.rules import load_rules

BASE = Path(__file__).parent / "base" / "sklearn"


def hints(root: Path) -> list[str]:
    return [finding.hint for finding in lint_folder(ModelFolder(root, "model"), [load_rules()["MLC401"]])]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "model"))


def test_moved_file(model: Path) -> None:
    (model / "data").mkdir()
    (model / "model.skops").rename(model / "data" / "model.skops")
    assert hints(model) == ["'data/model.skops' is there: name that one, or move it"]


def test_file_under_dvc(model: Path) -> None:
    (model / "model.skops").rename(model / "model.skops.dvc")
    assert hints(model) == ["'model.skops.dvc' is there: fetch the file itself with `dvc pull`"]


def test_other_case(model: Path) -> None:
    (model / "model.skops").rename(model / "MODEL.SKOPS")
    assert hints(model) == ["'MODEL.SKOPS' is there: is it meant?"]


def test_similar_name(model: Path) -> None:
    (model / "model.skops").rename(model / "model_v2.skops")
    assert hints(model) == ["'model_v2.skops' is there: is it meant?"]


def test_environment_under_another_name(model: Path) -> None:
    (model / "conda.yaml").rename(model / "mlflow_env.yml")
    assert hints(model) == ["'mlflow_env.yml' is there: is it meant?"]


def test_files_that_are_named_elsewhere_are_not_proposed(model: Path) -> None:
    (model / "serving_input_example.json").unlink()
    (model / "python_env.yaml").unlink()
    (model / "metadata").mkdir()
    (model / "metadata" / "python_env.yaml").write_text("python: 3.11.7\n")
    expected = "add it (is it ignored by git, or was the upload cut short?) or log the model again"
    assert hints(model) == [expected, expected]


def test_contents_of_a_directory_at_the_root(model: Path) -> None:
    text = "flavors:\n  pytorch:\n    model_data: data\n    pytorch_version: 2.6.0\n"
    (model / "MLmodel").write_text(text)
    (model / "model.pth").write_bytes(b"PK")
    expected = "'model.pth' lies at the root of the folder: move it and its neighbours into 'data'"
    assert hints(model) == [expected]
