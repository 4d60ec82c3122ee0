"""What a flavor's configuration in MLmodel names: paths, library versions and needed distributions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlcheck.facts.flavor_table import FLAVORS, Kind, PathKey
from mlcheck.records import record

PYFUNC = "python_function"
Config = Mapping[str, object]

# `env`, `artifacts` and `model_code_path` have shapes of their own.
_PYFUNC_PATHS = (
    PathKey("data", "any"),
    PathKey("code", "directory", "code"),
    PathKey("model_path", "any"),
    PathKey("parameters_path", "file", "parameters.yaml"),
    PathKey("python_model", "file", "python_model.pkl"),
)
_CODE = PathKey("code", "directory", "code")

# (flavor, key of a directory) → what its loader opens there, whichever is there
_KERAS = ("model", "model.h5", "model.keras")
_PARTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("pytorch", "model_data"): ("model.pth", "model.pt2"),
    ("tensorflow", "data"): _KERAS,
    ("keras", "data"): _KERAS,
    ("tensorflow", "saved_model_dir"): ("saved_model.pb", "saved_model.pbtxt"),
    ("h2o", "data"): ("h2o.yaml",),
    ("spark", "model_data"): ("metadata",),
    ("spacy", "data"): ("meta.json",),
}


@record(frozen=True, slots=True)
class NamedPath:
    """A path that a flavor's configuration names; `keys` lead to the value inside that configuration.

    basename_only: MLflow opens only the last part of the path, at the root of the folder.
    """

    keys: tuple[str | int, ...]
    value: str
    kind: Kind
    basename_only: bool = False


@record(frozen=True, slots=True)
class Part:
    """What a named directory holds if it is whole: one of `names`, relative to the directory."""

    keys: tuple[str | int, ...]
    directory: str
    names: tuple[str, ...]


@record(frozen=True, slots=True)
class RecordedVersion:
    """A library version that a flavor's configuration records, and the distributions that carry it."""

    key: str
    value: str
    distributions: tuple[str, ...]


def named_paths(flavor: str, conf: Config) -> Iterator[NamedPath]:
    """Yield every path that the configuration of `flavor` names, python_function included.

    Absolute and escaping values are yielded as they are. Keys of flavors not in `FLAVORS` are unknown, but
    `code` and `extra_files` mean the same in all of them.
    """
    if flavor == PYFUNC:
        yield from _pyfunc_paths(conf)
        return
    known = FLAVORS.get(flavor)
    for path in (*(known.paths if known else ()), _CODE):
        yield from _at((path.key,), conf.get(path.key), path.kind)
    yield from _extra_files(conf)
    yield from _model_code_path(conf)


def implied_paths(flavor: str, conf: Config) -> Iterator[NamedPath]:
    """Yield the paths that the loader of `flavor` opens though no key names them.

    `keys` of such a path lead to what makes the loader open it.
    """
    if flavor == "transformers" and conf.get("model_binary"):
        components = conf.get("components")
        for index, name in enumerate(components if isinstance(components, list) else ()):
            if isinstance(name, str):
                yield NamedPath(("components", index), f"components/{name}", "directory")
    if flavor == "shap" and conf.get("underlying_model_flavor") in ("sklearn", "pytorch"):
        yield NamedPath(("underlying_model_flavor",), "underlying_model", "directory")
    if flavor == "llama_index":
        yield NamedPath((), "settings.json", "file")


_PARTED = frozenset(flavor for flavor, _ in _PARTS)


def expected_parts(flavor: str, conf: Config) -> Iterator[Part]:
    """Yield what the directories that a flavor names hold; of several names in a part any one will do."""
    if flavor not in _PARTED or str(conf.get("model_class")).startswith("pyspark.ml.connect."):
        return
    for (owner, key), names in _PARTS.items():
        directory = conf.get(key)
        if owner == flavor and isinstance(directory, str) and directory:
            yield Part((key,), directory, names)


def recorded_versions(flavor: str, conf: Config) -> Iterator[RecordedVersion]:
    """Yield the library versions that the configuration of `flavor` records.

    The tensorflow flavor's `keras_version` is left out: MLflow 2.1 to 2.12 write Keras's version there, later
    ones TensorFlow's. That of the keras flavor counts only with Keras 3 (there is then a `keras_backend`).
    """
    known = FLAVORS.get(flavor)
    keys = known.versions if known else ()
    if flavor == PYFUNC:
        keys = (("cloudpickle_version", ("cloudpickle",)),)
    if flavor == "keras" and "keras_backend" in conf:
        keys = (("keras_version", ("keras",)),)
    for key, distributions in keys:
        value = conf.get(key)
        if isinstance(value, str) and value:
            yield RecordedVersion(key, value, distributions)


def needed_distributions(flavor: str, conf: Config) -> tuple[tuple[str, ...], ...]:
    """Return the distributions that loading `flavor` needs; of each tuple any one will do."""
    known = FLAVORS.get(flavor)
    needs = known.needs if known else ()
    return (*needs, ("skops",)) if reads_skops(flavor, conf) else needs


def reads_skops(flavor: str, conf: Config) -> bool:
    """Return whether the model file is read with skops.

    MLflow 3.14 and later write `serialization_format: skops` for LightGBM Boosters too, which are text.
    """
    if flavor == "lightgbm" and conf.get("model_class") in (None, "lightgbm.basic.Booster"):
        return False
    return conf.get("serialization_format") == "skops"


def _pyfunc_paths(conf: Config) -> Iterator[NamedPath]:
    for path in _PYFUNC_PATHS:
        paddle = path.key == "model_path" and conf.get("loader_module") == "mlflow.paddle"
        yield from _at((path.key,), conf.get(path.key), "prefix" if paddle else path.kind)
    env = conf.get("env")
    if isinstance(env, Mapping):
        yield from _at(("env", "conda"), env.get("conda"), "file")
        yield from _at(("env", "virtualenv"), env.get("virtualenv"), "file")
    else:
        yield from _at(("env",), env, "file")
    artifacts = conf.get("artifacts")
    for name, artifact in artifacts.items() if isinstance(artifacts, Mapping) else ():
        if isinstance(name, str | int) and isinstance(artifact, Mapping):
            yield from _at(("artifacts", name, "path"), artifact.get("path"), "any")
    yield from _model_code_path(conf)


def _model_code_path(conf: Config) -> Iterator[NamedPath]:
    code_path = conf.get("model_code_path")
    if isinstance(code_path, str) and code_path:
        yield NamedPath(("model_code_path",), code_path, "file", basename_only=True)


def _extra_files(conf: Config) -> Iterator[NamedPath]:
    extra = conf.get("extra_files")
    for index, item in enumerate(extra if isinstance(extra, list) else ()):
        if isinstance(item, Mapping):
            yield from _at(("extra_files", index, "path"), item.get("path"), "any")
    requirements = conf.get("requirements_file")
    if isinstance(requirements, Mapping):
        yield from _at(("requirements_file", "path"), requirements.get("path"), "file")


def _at(keys: tuple[str | int, ...], value: object, kind: Kind) -> Iterator[NamedPath]:
    if isinstance(value, str) and value:
        yield NamedPath(keys, value, kind)
