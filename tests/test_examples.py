"""The example models are what examples/README.md says: the sound ones sound, the broken ones broken in one way."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLES = Path(__file__).parent.parent / "examples"
PROBE = Path(__file__).with_name("examples_probe.py")
SOUND = [
    "artifacts",
    "image_tensor",
    "loader_module",
    "model_wrapper",
    "predict_method",
    "tabular_pipeline",
    "xgboost_flavor",
]
LINT_ONLY = ["image_tensor_fastai"]
UNLOADABLE = ["broken/artifact_path_unpickled", "broken/loader_forgets_import"]
MISLEADING = [
    "broken/bare_requirements",
    "broken/integer_example",
    "broken/label_signature",
    "broken/python_drift",
]
ALL = sorted([*SOUND, *LINT_ONLY, *UNLOADABLE, *MISLEADING])

MEGABYTE = 1_000_000
ENVIRONMENT_FILES = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"}
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
needs_libraries = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("mlflow", "sklearn", "xgboost")),
    reason="the libraries of the example models are not installed",
)


def model(name: str) -> Path:
    return EXAMPLES / name / "model"


def read_yaml(name: str, file: str) -> Any:
    return yaml.safe_load((model(name) / file).read_text())


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def probe(*folders: Path) -> dict[str, Any]:
    command = [sys.executable, "-B", str(PROBE), *map(str, folders)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what happened to each model when it was loaded and asked, and to those that were cured before."""
    places = {name: model(name) for name in ALL if name not in LINT_ONLY}
    places |= {f"cured {name}": cure(name, tmp_path_factory.mktemp("cured")) for name in UNLOADABLE}
    found = probe(*places.values())
    return {name: found[str(place)] for name, place in places.items()}


def cure(name: str, scratch: Path) -> Path:
    """Return a copy of a broken model in which one line is put right."""
    folder = Path(shutil.copytree(model(name), scratch / "model"))
    if name == "broken/artifact_path_unpickled":
        source = folder / "unpickling_model.py"
        edit(
            source,
            'pickle.loads(context.artifacts["encoder"])',
            'pickle.load(open(context.artifacts["encoder"], "rb"))',
        )
    else:
        # Under another name, since the module that fails is loaded in the same process.
        source = (folder / "code/forgetful_loader.py").rename(folder / "code/cured_loader.py")
        edit(source, "import pandas as pd\n", "import pandas as pd\nfrom xgboost import XGBClassifier\n")
        edit(folder / "MLmodel", "loader_module: forgetful_loader", "loader_module: cured_loader")
    return folder


def edit(path: Path, wrong: str, right: str) -> None:
    text = path.read_text()
    assert text.count(wrong) == 1
    path.write_text(text.replace(wrong, right))


def assert_fits(found: dict[str, Any]) -> None:
    assert "error" not in found, found
    for rows, answer in found["answers"].items():
        assert answer["rows"] == int(rows)
        assert answer["schema"] == found["declared"]


def test_list_of_examples_is_complete() -> None:
    assert sorted(path.parent.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("MLmodel")) == [
        f"{name}/model" for name in ALL
    ]
    assert sorted(path.parent.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("make.py")) == ALL


@pytest.mark.parametrize("name", ALL)
def test_readme_tells_of_it(name: str) -> None:
    assert f"[`{name}`]({name}/make.py)" in (EXAMPLES / "README.md").read_text()


@needs_libraries
@pytest.mark.parametrize("name", SOUND)
def test_sound_model_answers_its_example_as_declared(name: str, probed: dict[str, Any]) -> None:
    assert_fits(probed[name])
    assert probed[name]["read_as_is"] == ""


@needs_libraries
@pytest.mark.parametrize(("name", "flavor"), [("tabular_pipeline", "sklearn"), ("xgboost_flavor", "xgboost")])
def test_native_flavor_answers_alike(name: str, flavor: str, probed: dict[str, Any]) -> None:
    *_, all_rows = probed[name]["answers"].values()
    assert probed[name]["native"][flavor] == all_rows["values"]


@needs_libraries
def test_each_predict_method_fits_the_signature(probed: dict[str, Any]) -> None:
    found = probed["predict_method"]
    assert [answer["schema"] for answer in found["methods"].values()] == [found["declared"]] * 3
    assert found["refusal"].startswith("predict_method is 'transform', must be one of")


@needs_libraries
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("broken/artifact_path_unpickled", "a bytes-like object is required, not 'str'"),
        ("broken/loader_forgets_import", "name 'XGBClassifier' is not defined"),
    ],
)
def test_unloadable_model_fails_for_its_one_reason(name: str, error: str, probed: dict[str, Any]) -> None:
    assert error in probed[name]["error"]
    assert_fits(probed[f"cured {name}"])


@needs_libraries
@pytest.mark.parametrize("name", ["broken/bare_requirements", "broken/python_drift", "broken/integer_example"])
def test_model_with_misleading_metadata_works_by_itself(name: str, probed: dict[str, Any]) -> None:
    assert_fits(probed[name])


@needs_libraries
def test_label_signature_promises_labels_for_probabilities(probed: dict[str, Any]) -> None:
    found = probed["broken/label_signature"]
    assert found["declared"] == [{"type": "long", "name": "target"}]
    for rows, answer in found["answers"].items():
        assert answer["rows"] == int(rows)
        assert answer["schema"][0]["tensor-spec"] == {"dtype": "float32", "shape": [-1, 2]}


@needs_libraries
def test_integer_example_is_refused_as_it_stands(probed: dict[str, Any]) -> None:
    assert "Can not safely convert int64 to float64" in probed["broken/integer_example"]["read_as_is"]


def test_bare_requirements_pin_nothing_but_mlflow() -> None:
    lines = (model("broken/bare_requirements") / "requirements.txt").read_text().splitlines()
    assert lines[0].startswith("mlflow==")
    assert lines[1:] == ["joblib", "sklearn"]


def python_versions(name: str) -> tuple[str, str, str]:
    """Return what conda.yaml, python_env.yaml and MLmodel say."""
    return (
        read_yaml(name, "conda.yaml")["dependencies"][0].removeprefix("python="),
        read_yaml(name, "python_env.yaml")["python"],
        read_yaml(name, "MLmodel")["flavors"]["python_function"]["python_version"],
    )


@pytest.mark.parametrize("name", ALL)
def test_environment_files_agree(name: str) -> None:
    requirements = (model(name) / "requirements.txt").read_text().splitlines()
    assert read_yaml(name, "conda.yaml")["dependencies"][-1] == {"pip": requirements}
    assert f"mlflow=={read_yaml(name, 'MLmodel')['mlflow_version']}" in requirements
    if name == "broken/python_drift":
        assert python_versions(name) == ("3.8.5", "3.8.12", "3.8.12")
    else:
        assert len(set(python_versions(name))) == 1


@pytest.mark.parametrize("name", [name for name in ALL if name != "broken/bare_requirements"])
def test_what_the_code_imports_is_pinned(name: str) -> None:
    requirements = (model(name) / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", line) for line in requirements)
    imported = {DISTRIBUTIONS.get(module, module) for path in model(name).rglob("*.py") for module in imports(path)}
    assert imported - set(sys.stdlib_module_names) <= {line.partition("==")[0] for line in requirements}


def imports(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    direct = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return [module.partition(".")[0] for module in direct + named]


@pytest.mark.parametrize("name", ALL)
def test_source_in_the_model_is_the_source_beside_it(name: str) -> None:
    for path in model(name).rglob("*.py"):
        assert path.read_text() == (EXAMPLES / name / path.name).read_text()


@pytest.mark.parametrize("name", ALL)
def test_folder_holds_nothing_of_the_machine_that_made_it(name: str) -> None:
    assert not [path for path in files(model(name)) if "__pycache__" in path.parts or path.suffix == ".pyc"]
    for path in files(model(name)):
        text = path.read_bytes()
        for trace in (b"/tmp/", b"/home/", b"/root/", b"/Users/", b"file:", b"://"):
            assert trace not in text, (path, trace)


@pytest.mark.parametrize("name", ALL)
def test_size_in_mlmodel_is_the_size_on_disk(name: str) -> None:
    def total(accept: Callable[[Path], bool]) -> int:
        return sum(path.stat().st_size for path in files(model(name)) if accept(path))

    # `mlflow.pyfunc.save_model` sums the sizes before it copies the code.
    sizes = {
        total(lambda path: path.name not in ENVIRONMENT_FILES),
        total(lambda path: path.name not in ENVIRONMENT_FILES and path.parent.name != "code"),
    }
    assert read_yaml(name, "MLmodel")["model_size_bytes"] in sizes


def test_modules_of_the_models_share_no_name() -> None:
    modules = [path.name for path in EXAMPLES.rglob("model/code/*.py")]
    assert len(modules) == len(set(modules))


def test_all_of_it_is_small() -> None:
    assert sum(path.stat().st_size for path in files(EXAMPLES) if "__pycache__" not in path.parts) < 1.5 * MEGABYTE


def test_git_ignores_none_of_it() -> None:
    git = shutil.which("git")
    if git is None or not (EXAMPLES.parent / ".git").exists():
        pytest.skip("not in a git checkout")
    paths = "\n".join(str(path) for name in ALL for path in files(model(name)))
    done = subprocess.run(
        [git, "check-ignore", "--stdin"], cwd=EXAMPLES, input=paths, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_making_an_example_again_changes_no_file(tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    shutil.copytree(EXAMPLES / "image_tensor_fastai", examples / "image_tensor_fastai")
    shutil.copy(EXAMPLES / "make_all.py", examples)
    command = [sys.executable, str(examples / "make_all.py"), "image_tensor_fastai"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "image_tensor_fastai: unchanged\n"
