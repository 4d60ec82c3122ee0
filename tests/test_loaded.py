"""Hand-written tests over a model: `mlcheck.load`, and the fixture `mlcheck_load`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlcheck
from mlcheck import ContractError, LoadedModel, load
from tests.contract.models import write_model
from tests.contract.test_mutants import GOOD, HEAD, LABEL, SCALE, TENSOR, TENSOR_OUT, model
from tests.test_pytest_plugin import run

README = Path(__file__).parent.parent / "README.md"
ROWS = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
DATES = ROWS.astype("datetime64[ns]")


@pytest.fixture(scope="module")
def sum_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedModel]:
    with load(model(tmp_path_factory.mktemp("sum") / "model", GOOD)) as loaded:
        yield loaded


def test_a_sound_answer_comes_back_as_what_it_was(sum_model: LoadedModel) -> None:
    answer = sum_model.check(ROWS)
    pd.testing.assert_frame_equal(answer, pd.DataFrame({"y": [4.0, 6.0]}))
    pd.testing.assert_frame_equal(sum_model.predict(ROWS), answer)
    assert sum_model.signature is not None
    assert [column.name for column in sum_model.signature.inputs or ()] == ["a", "b"]


def test_a_refusal_is_returned_or_missed(sum_model: LoadedModel) -> None:
    error = sum_model.refuses(ROWS[["a"]])
    assert error.is_a("MlflowException")
    assert "missing inputs" in str(error)
    with pytest.raises(ContractError, match="this input is not refused: answered a DataFrame of 2 rows") as missed:
        sum_model.refuses(ROWS)
    assert "a refusal" in missed.value.sections["expected"]


def test_input_that_the_signature_forbids_is_the_fault_of_the_test(sum_model: LoadedModel) -> None:
    with pytest.raises(ContractError, match="the signature does not allow this input") as told:
        sum_model.check(DATES)
    assert "MLflow refused the input" in told.value.sections["happened"]
    with pytest.raises(ContractError, match="predict does not answer: MLflow refused the input"):
        sum_model.predict(DATES)


def test_what_the_model_raises_is_shown_with_a_snippet_that_does_so_too(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "assert X['a'].max() < 10, 'too large'\n" + GOOD)
    with load(folder) as loaded:
        with pytest.raises(ContractError, match="AssertionError: too large") as told:
            loaded.check(ROWS * 10)
        assert {"case", "expected", "happened", "traceback", "reproduce"} <= told.value.sections.keys()
        assert all(f"\n{title}:\n" in str(told.value) for title in told.value.sections)
        assert isinstance(told.value, AssertionError)
        assert loaded.check(ROWS).y.tolist() == [4.0, 6.0]
    snippet = told.value.sections["reproduce"]
    done = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "AssertionError: too large" in done.stderr


@pytest.mark.parametrize(
    ("body", "outputs", "said"),
    [
        ("return pd.DataFrame({'z': X['a']})", None, "columns ['z'], not columns ['y']"),
        ("return pd.DataFrame({'y': ['x'] * len(X)})", None, "not column 'y' of type double"),
        ("return pd.DataFrame({'y': X['a'][:1]})", None, "1 row, not 2 rows, one per input row"),
        ("return None", None, "None"),
        (GOOD, LABEL, "label"),
    ],
)
def test_an_output_that_is_not_the_declared_one(tmp_path: Path, body: str, outputs: object, said: str) -> None:
    folder = model(tmp_path / "model", body, **({"outputs": outputs} if outputs else {}))
    with load(folder) as loaded:
        with pytest.raises(ContractError, match=re.escape(said)):
            loaded.check(ROWS)
        loaded.predict(ROWS)


def test_tensors_and_params(tmp_path: Path) -> None:
    body = "return X.sum(axis=1) * np.float32((params or {}).get('scale', 2.0))"
    with load(model(tmp_path / "model", body, TENSOR, TENSOR_OUT, SCALE)) as loaded:
        answer = loaded.check(np.ones((3, 2), dtype="float32"), {"scale": 5.0})
        assert answer.dtype == np.float32
        assert answer.tolist() == [10.0, 10.0, 10.0]
        assert loaded.refuses(np.ones((3, 2), dtype="float32"), {"scale": "much"}).is_a("MlflowException")


def test_a_model_that_dies_or_hangs_is_only_a_failed_assertion(tmp_path: Path) -> None:
    body = "import os, time\nos._exit(3) if X['a'].iloc[0] > 1 else time.sleep(60)"
    with load(model(tmp_path / "model", body), time_limit=1.0) as loaded:
        with pytest.raises(ContractError, match="ends the model's process"):
            loaded.check(ROWS + 1)
        with pytest.raises(ContractError, match="not answered in time"):
            loaded.check(ROWS)


def test_a_model_that_does_not_load(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "def _load_pyfunc(path):\n    raise RuntimeError('no such thing')\n")
    with pytest.raises(ContractError, match="the model does not load: the model raised RuntimeError: no such thing"):
        load(folder)
    with pytest.raises(ValueError, match="no model folder: it has no file MLmodel"):
        load(tmp_path)


def test_a_model_without_a_signature_is_held_to_an_answer(tmp_path: Path) -> None:
    source = HEAD.format(body="return 1 / len(X)")
    with load(write_model(tmp_path / "model", source)) as loaded:
        assert loaded.check(ROWS) == 0.5
        with pytest.raises(ContractError, match="ZeroDivisionError"):
            loaded.check(ROWS[:0])
        with pytest.raises(ContractError, match="it has no signature to enforce"):
            loaded.refuses(ROWS)


def test_the_package_stays_light_and_knows_its_names() -> None:
    code = "import sys, mlcheck; assert not {'numpy', 'pandas', 'mlcheck.loaded'} & set(sys.modules); mlcheck.load"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        mlcheck.laod  # noqa: B018


CHURN = """
class Model:
    def predict(self, X, params=None):
        plan = X['plan'].map({'basic': 0.3, 'pro': 0.1})
        return pd.DataFrame({'probability': (plan + X['age'] / 1000).clip(0, 1)})

def _load_pyfunc(path):
    return Model()
"""


def readme_tests() -> str:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"<!-- tried: hand-written tests -->\n+```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    columns = [{"type": "double", "name": "age"}, {"type": "string", "name": "plan"}]
    model(tmp_path / "models" / "churn", CHURN, columns, [{"type": "double", "name": "probability"}])
    (tmp_path / "test_churn.py").write_text(readme_tests())
    return tmp_path


def test_what_the_readme_shows_works(project: Path) -> None:
    done = run(project, "-q")
    assert "3 passed" in done.stdout, done.stdout


def test_what_the_readme_shows_fails_where_it_should(project: Path) -> None:
    code = project / "models" / "churn" / "code" / "handmade_loader.py"
    code.write_text(code.read_text().replace("age'] / 1000", "age'] * 1000"))
    done = run(project, "-q", "--mlcheck", "test_churn.py", "models", "-k", "test_ or loads")
    assert "1 failed, 4 passed" in done.stdout, done.stdout
    assert "test_older_customers_stay" in done.stdout
    code.write_text(code.read_text().replace("(plan", "(X['plans']"))
    done = run(project, "-q")
    assert "this input makes the model raise KeyError: 'plans'" in done.stdout
    assert "mlcheck/loaded.py" not in done.stdout
    assert "2 failed, 1 passed" in done.stdout, done.stdout
