"""Reading pickles without loading them: real ones raise no alarm, dangerous ones do, and nothing upsets the reader."""

from __future__ import annotations

import functools
import io
import logging
import operator
import os
import pickle
import time
import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder
from mlcheck.pickles.containers import find_pickles
from mlcheck.pickles.stream import Budget
from mlcheck.pickles.values import PickleFacts, Ref
from mlcheck.rules import load_rules

cloudpickle = pytest.importorskip("cloudpickle")
joblib = pytest.importorskip("joblib")
np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")

from sklearn import (  # noqa: E402
    compose,
    ensemble,
    gaussian_process,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402

CASES = Path(__file__).parent / "cases"
FEATURES = np.random.default_rng(0).random((30, 3))
LABELS = np.arange(30) % 2


class Point(NamedTuple):
    x: int
    y: int


def made_in_main(source: str, name: str) -> Any:
    """Return what a notebook would define: cloudpickle carries it by value."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "notebook.py", "exec"), namespace)
    return namespace[name]


PYDANTIC = """
import pydantic
class Query(pydantic.BaseModel):
    text: str
    count: int = 1
"""
OWN = """
import os, subprocess, json, enum, dataclasses, typing
factor = 3
class Color(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Options:
    names: list = dataclasses.field(default_factory=list)
def helper(value):
    return json.dumps([value * factor, os.sep])
class Model:
    kind: typing.ClassVar[str] = "own"
    def __init__(self):
        self.color, self.options, self.helper = Color.RED, Options(), helper
    @classmethod
    def make(cls): return cls()
    @staticmethod
    def double(value): return value * 2
    @property
    def size(self): return len(self.options.names)
    def predict(self, context, model_input, params=None):
        subprocess.run(["true"], check=True)
        return [helper(value) for value in model_input], super().__class__
def closure():
    count = [0]
    def inner(frame):
        return frame, count
    return inner
"""

ESTIMATORS = {
    "logistic": linear_model.LogisticRegression(),
    "sgd": linear_model.SGDClassifier(),
    "forest": ensemble.RandomForestClassifier(2),
    "boosting": ensemble.GradientBoostingClassifier(n_estimators=2),
    "histogram": ensemble.HistGradientBoostingClassifier(max_iter=2),
    "bagging": ensemble.BaggingClassifier(n_estimators=2),
    "isolation": ensemble.IsolationForest(n_estimators=2),
    "stacking": ensemble.StackingClassifier([("a", naive_bayes.GaussianNB())]),
    "tree": tree.DecisionTreeClassifier(),
    "svc": svm.SVC(),
    "neighbours": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
    "bayes": naive_bayes.GaussianNB(),
    "network": neural_network.MLPClassifier(max_iter=2),
    "process": gaussian_process.GaussianProcessClassifier(),
    "search": model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1, 2]}, cv=2),
    "pipeline": pipeline.make_pipeline(
        compose.ColumnTransformer([("s", preprocessing.StandardScaler(), [0, 1])], remainder="passthrough"),
        preprocessing.QuantileTransformer(n_quantiles=5),
        preprocessing.FunctionTransformer(np.log1p),
        linear_model.LogisticRegression(),
    ),
}
OBJECTS: dict[str, Callable[[], Any]] = {
    **{name: functools.partial(estimator.fit, FEATURES, LABELS) for name, estimator in ESTIMATORS.items()},
    "text": lambda: TfidfVectorizer().fit(["red green", "green blue"]),
    "own class": made_in_main(OWN, "Model"),
    "own function": lambda: made_in_main(OWN, "helper"),
    "closure": made_in_main(OWN, "closure"),
    "pydantic model": lambda: made_in_main(PYDANTIC, "Query"),
    "own transformer": lambda: preprocessing.FunctionTransformer(made_in_main("f = lambda frame: frame * 2", "f")),
    "frame": lambda: pd.DataFrame({"a": [1, None], "b": ["x", "y"], "c": pd.date_range("2020", periods=2)}),
    "categories": lambda: pd.Series(["a", "b"], dtype="category"),
    "objects": lambda: np.array(["a", None, {"b": np.arange(3)}], dtype=object),
    "generator": lambda: np.random.default_rng(0),
    "containers": lambda: [OrderedDict(a=1), defaultdict(list), Counter("aab"), Point(1, 2), frozenset({1})],
    "standard library": lambda: [datetime.now(timezone.utc), logging.getLogger("a"), Path("a"), slice(1), str.lower],
    "callables": lambda: [functools.partial(int, base=2), operator.itemgetter(1), operator.attrgetter("a.b"), len],
    "bound method": lambda: naive_bayes.GaussianNB().predict,
}
WRITERS: dict[str, Callable[[Any, Any], object]] = {
    "cloudpickle": cloudpickle.dump,
    "protocol-2": functools.partial(cloudpickle.dump, protocol=2),
    "joblib": joblib.dump,
    "joblib-zlib": functools.partial(joblib.dump, compress=3),
    "joblib-xz": functools.partial(joblib.dump, compress=("xz", 1)),
    "joblib-lzma": functools.partial(joblib.dump, compress=("lzma", 1)),
}


def read(raw: bytes, *, unmarked: bool = True) -> list[PickleFacts]:
    return [found.facts for found in find_pickles(io.BytesIO(raw), Budget(), unmarked=unmarked)]


def alarms(root: Path) -> list[str]:
    rules = [load_rules()[code] for code in ("MLC460", "MLC461", "MLC462")]
    return [finding.message for finding in lint_folder(ModelFolder(root, "model"), rules)]


BY_NAME = {"own class", "own function", "closure", "own transformer", "pydantic model"}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", OBJECTS)
def test_real_objects_raise_no_alarm(name: str, writer: str, tmp_path: Path) -> None:
    made = OBJECTS[name]()
    if "joblib" in writer and name in BY_NAME:
        pytest.skip("joblib pickles these by name")
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    with (tmp_path / "model.pkl").open("wb") as stream:
        WRITERS[writer](made, stream)
    assert alarms(tmp_path) == []
    assert [facts.end for facts in read((tmp_path / "model.pkl").read_bytes())] == ["stop"]


class Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


DANGEROUS = {
    "system": Calls(os.system, "id"),
    "eval": Calls(eval, "1"),
    "getattr": Calls(getattr, os, "system"),
    "map": Calls(list, Calls(map, os.system, ["id"])),
    "within": Calls(pickle.loads, pickle.dumps(Calls(os.system, "id"))),
    "partial": Calls(functools.partial(os.system, "id")),
    "methodcaller": Calls(operator.methodcaller("system", "id"), os),
    "read_csv": Calls(pd.read_csv, "http://a.example"),
    "load": Calls(np.load, "x.npy"),
    "runstring": Calls(np.testing._private.utils.runstring, "1", {}),
    "remove": Calls(__import__("shutil").rmtree, "x"),
    "deep": {"a": [Calls(dict, [("b", Calls(os.popen, "id"))])]},
}


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", DANGEROUS)
def test_dangerous_objects_are_errors(name: str, protocol: int, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n")
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(DANGEROUS[name], protocol))
    rule = load_rules()["MLC460"]
    findings = list(lint_folder(ModelFolder(tmp_path, "model"), [rule]))
    if name == "getattr":  # it only holds os.system
        assert alarms(tmp_path) == ["'model.pkl' holds os.system"]
    else:
        assert findings
    assert {finding.code for finding in findings} <= {"MLC460"}


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.sets(st.integers())
        | st.frozensets(st.text())
    ),
    max_leaves=20,
)


@given(value=plain, protocol=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_plain_values_are_read_to_their_end(value: object, protocol: int) -> None:
    [facts] = read(pickle.dumps(value, protocol)) or [PickleFacts(end="stop")]
    assert facts.end == "stop"
    assert not facts.computed
    assert not facts.patched
    assert facts.hidden is None
    assert {str(ref) for ref in facts.references} <= {
        *("builtins.set", "builtins.frozenset", "builtins.complex", "builtins.bytes", "_codecs.encode")
    }


SEEDS = [path.read_bytes() for path in sorted(CASES.glob("MLC46*/*/*.pkl"))]


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_upsets_the_reader(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.integers(0, max(0, len(raw) - 1)))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    started = time.perf_counter()
    for facts in read(bytes(raw)):
        assert facts.end in {"stop", "limit", "cut", "broken"}
        assert all(isinstance(ref, Ref) for ref in facts.references)
    assert time.perf_counter() - started < 5


@given(raw=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_can_be_read(raw: bytes) -> None:
    for beginning in (b"", b"\x80\x04", b"\x80\x02(", b"\x1f\x8b", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x78\x9c"):
        read(beginning + raw)


def test_what_is_read_is_bounded() -> None:
    endless = pickle.dumps([[index, str(index)] for index in range(5000)])
    [facts] = [found.facts for found in find_pickles(io.BytesIO(endless), Budget(operations=2000))]
    assert facts.end == "limit"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\x80\x04\x8e" + (50_000_000).to_bytes(8, "little") + bytes(50_000_000))
    budget = Budget(unpacked=1_000_000)
    [facts] = [found.facts for found in find_pickles(io.BytesIO(bomb), budget)]
    assert facts.end == "limit"
    assert budget.unpacked <= 0


def test_payloads_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "large.pkl"
    with path.open("wb") as stream:
        stream.write(b"\x80\x04\x8e" + (1 << 30).to_bytes(8, "little"))
        stream.seek(1 << 30, os.SEEK_CUR)
        stream.write(b".")
    with path.open("rb", buffering=0) as raw:
        started = time.perf_counter()
        [found] = find_pickles(raw, Budget())
        assert found.facts.end == "stop"
        assert time.perf_counter() - started < 2


def test_what_stands_behind_endless_padding_is_glimpsed() -> None:
    raw = b"\x80\x04" + b"N0" * 5000 + b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x8c\x02id\x85R."
    [found] = find_pickles(io.BytesIO(raw), Budget(operations=2000))
    assert found.facts.end == "limit"
    assert found.facts.glimpsed == [Ref("posix", "system")]
