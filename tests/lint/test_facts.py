"""The tables of facts hold together, and say what MLflow and Python really do where these are installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlcheck.facts import dependencies, flavors, imports, mlflow_versions, packages
from mlcheck.facts.flavor_table import FLAVORS


def installed_mlflow() -> Version:
    return Version(importlib.metadata.version("mlflow-skinny"))


@pytest.mark.parametrize("name", sorted(FLAVORS))
def test_a_flavor_lives_as_long_as_its_loader_module(name: str) -> None:
    flavor = FLAVORS[name]
    release = installed_mlflow().release
    if flavor.loader:
        found = importlib.util.find_spec(flavor.loader) is not None
        assert found == mlflow_versions.within(release, flavor.since, flavor.until)


@pytest.mark.parametrize("module", sorted(mlflow_versions.LOADER_MODULES))
def test_loader_modules_exist_while_they_are_said_to_live(module: str) -> None:
    since, until = mlflow_versions.LOADER_MODULES[module]
    package, _, name = module.rpartition(".")
    directory = Path(str(importlib.metadata.distribution("mlflow-skinny").locate_file("mlflow"))).joinpath(
        *package.split(".")[1:]
    )
    found = (directory / name).is_dir() or (directory / f"{name}.py").is_file()
    assert found == mlflow_versions.within(installed_mlflow().release, since, until)


def test_loader_life_knows_flavors_and_python_function() -> None:
    assert mlflow_versions.loader_life("mlflow.fastai") == ("1.10", "2.22")
    assert mlflow_versions.loader_life("mlflow.pyfunc.model") == ("1.0", "")
    assert mlflow_versions.loader_life("mlflow.crate") is None
    assert mlflow_versions.loader_life("mlflow.nothing") is None


@pytest.mark.parametrize("key", sorted(mlflow_versions.TOP_LEVEL_KEYS))
def test_mlflow_still_has_every_top_level_key(key: str) -> None:
    from mlflow.models import Model  # noqa: PLC0415

    model = Model(**{key: None})
    derived = {"is_signature_from_type_hint", "type_hint_from_example", "saved_input_example_info", "env_vars"}
    assert key in derived or hasattr(model, key)


def test_named_paths_of_python_function() -> None:
    conf: dict[str, object] = {
        "loader_module": "mlflow.pyfunc.model",
        "data": "data",
        "code": None,
        "env": {"conda": "conda.yaml", "virtualenv": 7},
        "artifacts": {"weights": {"path": "artifacts/w.bin", "uri": "/home/me/w.bin"}, "odd": "x"},
        "model_code_path": "/home/me/model.py",
        "python_model": "python_model.pkl",
    }
    found = {"/".join(map(str, path.keys)): path.value for path in flavors.named_paths("python_function", conf)}
    assert found == {
        "data": "data",
        "env/conda": "conda.yaml",
        "artifacts/weights/path": "artifacts/w.bin",
        "model_code_path": "/home/me/model.py",
        "python_model": "python_model.pkl",
    }


def test_env_may_be_a_plain_string() -> None:
    (path,) = flavors.named_paths("python_function", {"env": "conda.yaml"})
    assert (path.keys, path.kind) == (("env",), "file")


def test_paddle_names_the_beginning_of_several_files() -> None:
    (path,) = flavors.named_paths("paddle", {"pickled_model": "model"})
    assert path.kind == "prefix"
    (path,) = flavors.named_paths("python_function", {"loader_module": "mlflow.paddle", "model_path": "model"})
    assert path.kind == "prefix"


def test_code_and_extra_files_are_paths_in_any_flavor() -> None:
    conf: dict[str, object] = {
        "code": "code",
        "extra_files": [{"path": "extra_files/x"}, 3],
        "requirements_file": {"path": "r.txt"},
    }
    assert [path.value for path in flavors.named_paths("someone_elses", conf)] == ["code", "extra_files/x", "r.txt"]


def test_loaders_open_more_than_keys_name() -> None:
    conf: dict[str, object] = {"model_binary": "model", "components": ["tokenizer", 3]}
    assert [path.value for path in flavors.implied_paths("transformers", conf)] == ["components/tokenizer"]


def test_recorded_versions() -> None:
    def recorded(flavor: str, conf: dict[str, object]) -> list[tuple[str, tuple[str, ...]]]:
        return [(item.key, item.distributions) for item in flavors.recorded_versions(flavor, conf)]

    assert recorded("sklearn", {"sklearn_version": "1.5.2"}) == [("sklearn_version", ("scikit-learn",))]
    assert recorded("python_function", {"cloudpickle_version": "3.0"}) == [("cloudpickle_version", ("cloudpickle",))]
    assert recorded("keras", {"keras_version": "2.6.0", "keras_module": "tensorflow.keras"}) == []
    assert recorded("keras", {"keras_version": "3.1", "keras_backend": "jax"}) == [("keras_version", ("keras",))]
    assert recorded("sklearn", {"sklearn_version": 1.5}) == []
    assert recorded("someone_elses", {"version": "1"}) == []


def test_skops_is_needed_where_it_is_the_format() -> None:
    assert ("skops",) in flavors.needed_distributions("sklearn", {"serialization_format": "skops"})
    assert ("skops",) not in flavors.needed_distributions("sklearn", {"serialization_format": "cloudpickle"})
    booster = {"serialization_format": "skops", "model_class": "lightgbm.basic.Booster"}
    assert ("skops",) not in flavors.needed_distributions("lightgbm", booster)


@pytest.mark.parametrize(
    ("feature", "release", "readable"),
    [
        ("column-required", (2, 9, 2), False),
        ("column-required", (2, 10), True),
        ("column-optional", (2, 17, 2), True),
        ("column-optional", (2, 18, 0), False),
        ("type-any", (2, 9), False),
        ("serialization-skops", (3, 9, 0), True),
        ("params", (2,), False),
    ],
)
def test_readers_and_writers(feature: str, release: tuple[int, ...], readable: bool) -> None:
    assert (mlflow_versions.readable_by(feature, release) is None) == readable


@pytest.mark.parametrize(
    ("release", "spec"),
    [((3, 17), ">=3.10"), ((3, 1, 4), ">=3.9"), ((2, 17, 2), ">=3.8"), ((1, 30, 1), ">=3.7"), ((1, 8), "")],
)
def test_requires_python(release: tuple[int, ...], spec: str) -> None:
    assert mlflow_versions.requires_python(release) == spec


def test_requires_python_of_the_installed_mlflow() -> None:
    release = installed_mlflow().release
    assert importlib.metadata.metadata("mlflow-skinny")["Requires-Python"] == mlflow_versions.requires_python(release)


@pytest.mark.parametrize(
    ("distribution", "module"),
    [
        ("opencv-python-headless", "cv2"),
        ("pillow", "PIL.Image"),
        ("scikit-learn", "sklearn.linear_model"),
        ("google-cloud-storage", "google.cloud.storage"),
        ("protobuf", "google.protobuf.json_format"),
        ("azure-storage-blob", "azure.storage.blob"),
        ("databricks-sdk", "databricks.sdk"),
        ("snowflake-snowpark-python", "snowflake.snowpark"),
        ("typing-extensions", "typing_extensions"),
        ("setuptools", "distutils"),
        ("numpy", "numpy.linalg"),
    ],
)
def test_a_distribution_brings_its_module(distribution: str, module: str) -> None:
    assert imports.brings_module(distribution, module)


@pytest.mark.parametrize(
    ("distribution", "module"),
    [("numpy", "scipy"), ("google-auth", "google.cloud.storage"), ("databricks-sdk", "databricks.feature_store")],
)
def test_a_distribution_brings_no_other_module(distribution: str, module: str) -> None:
    assert not imports.brings_module(distribution, module)


def test_modules_are_found_in_what_is_installed() -> None:
    """Where importlib.metadata knows which distribution brings a module, the table must agree."""
    for module, names in importlib.metadata.packages_distributions().items():
        if module in imports._DISTRIBUTIONS:
            assert any(imports.brings_module(canonicalize_name(name), module) for name in names), (module, names)


def test_proposed_distribution_names() -> None:
    assert imports.distributions_of("azure.storage.blob.aio") == ("azure-storage-blob",)
    assert imports.distributions_of("category_encoders") == ("category-encoders",)
    assert imports.distributions_of("yaml") == ("pyyaml",)


def test_standard_library() -> None:
    assert imports.is_stdlib("os.path")
    assert imports.is_stdlib("distutils", (3, 11))
    assert not imports.is_stdlib("distutils", (3, 12))
    assert not imports.is_stdlib("numpy")
    assert imports.removed_from_python("imp") == (3, 11)
    assert all(not imports.removed_from_python(name) or sys.version_info < (3, 13) for name in sys.stdlib_module_names)


def test_closures_hold_what_installed_metadata_require() -> None:
    """A missing entry would make lint call an import undeclared that is there."""
    for distribution in importlib.metadata.distributions():
        name = canonicalize_name(distribution.metadata["Name"])
        if name in dependencies._DIRECT:
            required = {Requirement(line) for line in distribution.requires or ()}
            plain = {canonicalize_name(one.name) for one in required if one.marker is None}
            assert plain <= dependencies.brings(name), name


def test_names_in_tables_are_canonical() -> None:
    listed = {*dependencies._DIRECT, *packages._WRONG, *packages.DEVELOPMENT, *packages.PLATFORM_ONLY, *packages._CONDA}
    for flavor in FLAVORS.values():
        listed |= {name for names in flavor.needs for name in names}
    assert {name for name in listed if canonicalize_name(name) != name} == set()


def test_closure_of_mlflow_and_unknown_distributions() -> None:
    assert {"pandas", "numpy", "six", "cloudpickle", "markupsafe"} <= dependencies.brings("mlflow")
    assert "pandas" not in dependencies.brings("mlflow-skinny")
    assert dependencies.brings("my-own") == {"my-own"}
    assert dependencies.is_known("numpy")
    assert dependencies.is_known("greenlet")
    assert not dependencies.is_known("my-own")


def test_wrong_names() -> None:
    assert packages.wrong_name("sklearn") == packages.WrongName("scikit-learn", "refuses")
    assert packages.wrong_name("scikit-learn") is None
    assert packages.pip_name("PyTorch") == "torch"
    assert packages.pip_name("scikit_learn") == "scikit-learn"
