"""Libraries that are imported once for many models: the models do what they do where nothing was imported before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from mlcheck.contract import launcher, libraries
from mlcheck.contract.compare import difference
from mlcheck.contract.libraries import Library, find_library, learn_library
from mlcheck.contract.outcome import Answered
from mlcheck.contract.process import ModelProcess
from mlcheck.contract.runner import check_paths
from mlcheck.folder import ModelFolder
from tests.contract.models import output_of, write_model
from tests.contract.test_flavors import (
    CITIES,
    NUMBERS,
    TARGET,
    save_lightgbm,
    save_onnx,
    save_skops,
    save_statsmodels,
    save_xgboost,
)
from tests.contract.test_runner import wait_until

pytestmark = pytest.mark.skipif(not launcher.PRELOADS, reason="nothing is imported before the fork here")


def save_sklearn(folder: Path, _: None) -> None:
    # Trees that are grown and asked by the threads of OpenMP, which do not bear a fork once they run
    model = HistGradientBoostingRegressor(max_iter=20).fit(NUMBERS, TARGET)
    mlflow.sklearn.save_model(model, folder, serialization_format="cloudpickle")


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(libraries, "_learnt", {})
    yield
    for key in [key for key in launcher._servers if key.library]:
        launcher._servers.pop(key).close()


@pytest.mark.usefixtures("learnt")
@pytest.mark.parametrize("save", [save_sklearn, save_skops, save_xgboost, save_lightgbm, save_statsmodels, save_onnx])
def test_a_model_answers_alike_where_its_library_was_imported_before(
    save: Callable[[Path, None], object], tmp_path: Path
) -> None:
    save(tmp_path / "model", None)
    rows = CITIES if save is save_skops else NUMBERS
    data = NUMBERS.to_numpy("float32") if save is save_onnx else pd.concat([rows] * 200, ignore_index=True)
    folder = ModelFolder(tmp_path / "model", "model")
    with ModelProcess(folder.root) as process:
        cold = output_of(process.predict(data))
        learn_library(folder, None, process.imported)
    library = find_library(folder, None)
    assert library is not None
    with ModelProcess(folder.root, library=library) as process:
        assert isinstance(process.load(), Answered)
        assert difference(cold, output_of(process.predict(data))) is None
        assert not {name.partition(".")[0] for name in process.imported} & {"sklearn", "xgboost", "lightgbm", "onnx"}
        forked_from = {key.library for key in launcher._servers}
    assert library.name in forked_from


PARENTS = """
import os, sys
def parent(pid):
    with open(f"/proc/{pid}/stat") as stream:
        return int(stream.read().rpartition(")")[2].split()[1])
class Model:
    def predict(self, data):
        forkserver = parent(os.getppid())
        return [forkserver, parent(forkserver), "wave" in sys.modules]
def _load_pyfunc(path):
    return Model()
"""


@pytest.mark.usefixtures("learnt")
def test_a_fork_of_the_forkserver_has_imported_the_modules_that_there_are(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", PARENTS)
    with ModelProcess(folder) as process:
        base, runner, wave = output_of(process.predict([1]))
    assert (runner, wave) == (os.getpid(), False)
    with ModelProcess(folder, library=Library("waves", ("no_such_module", "wave"))) as process:
        fork, parent, wave = output_of(process.predict([1]))
        assert (parent, wave) == (base, True)
        launcher._servers.pop(launcher.make_key(library=Library("waves", ()))).close()
        wait_until(lambda: not Path(f"/proc/{fork}").exists(), 20)
        assert process.predict([1]).kind == "died", "its processes end with it"


@pytest.mark.usefixtures("learnt")
def test_a_library_that_cannot_be_imported_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_failed", set())
    folder = write_model(tmp_path / "model", PARENTS)
    library = Library("leaving", ("venv.__main__",))  # ends the process that imports it
    for _ in range(2):
        with ModelProcess(folder, library=library) as process:
            assert output_of(process.predict([1]))[1] == os.getpid()
    assert launcher._failed == {launcher.make_key()._replace(library="leaving")}


def test_a_model_with_code_or_variables_of_its_own_is_imported_alone(tmp_path: Path) -> None:
    for number, lines in enumerate(["code: code", "env: conda.yaml"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "MLmodel").write_text(
            f"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    {lines}\n"
        )
        learn_library(ModelFolder(folder, "model"), "python", ("sklearn",))
        assert (find_library(ModelFolder(folder, "model"), "python") is None) == (lines == "code: code")
    (folder / "environment_variables.txt").write_text("OMP_NUM_THREADS\n")
    assert find_library(ModelFolder(folder, "model"), "python") is None
    assert libraries._learnt.pop(("python", "mlflow.sklearn")).modules == ("sklearn",)


@pytest.mark.usefixtures("learnt")
def test_a_package_that_only_one_model_names_is_not_imported_for_the_others(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n")
    folder = ModelFolder(tmp_path, "model")
    learn_library(folder, "python", ("sklearn", "acme_models", "sklearn.base", "acme_models.sklearn"))
    library = find_library(folder, "python")
    assert library is not None
    assert library.modules == ("sklearn", "sklearn.base")


@pytest.mark.usefixtures("learnt")
def test_many_models_of_a_library_are_sound_one_after_the_other(tmp_path: Path) -> None:
    for name in ("first", "second"):
        save_xgboost(tmp_path / name, None)
    report = check_paths([tmp_path])
    assert [(finding.code, finding.message) for finding in report.findings if finding.severity.value == "error"] == []
    assert {key.library for key in launcher._servers} >= {"", "mlflow.xgboost"}
