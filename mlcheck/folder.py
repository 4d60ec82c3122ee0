"""A model folder as lint sees it: lazy, read-only, and never outside of the folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from packaging.version import Version

from mlcheck.document import Document, parse_common_yaml, parse_json, parse_yaml
from mlcheck.files import Files
from mlcheck.match_spec import CondaSpec, parse_match_spec
from mlcheck.pip_lines import decode_requirements
from mlcheck.records import lazy
from mlcheck.requirements import Requirement, parse_requirements, parse_requirements_text, read_version
from mlcheck.signature import Signature, SignatureError

MLMODEL = "MLmodel"

SIGNATURE_FIELDS = ("inputs", "outputs", "params")

_COMMON = 8 * 1024
"""Texts up to this length are read once for all folders: requirements in bytes, signatures in characters."""


class ModelFolder(Files):
    """A folder with an `MLmodel` file, and what its documents say.

    Properties never raise for anything that a folder contains: what cannot be read is `None` or empty, and the
    documents say why in their defects.
    """

    # --- MLmodel -----------------------------------------------------------------------------------------

    @lazy
    def unfetched(self) -> tuple[str, ...]:
        """Those of the metadata files that are git-LFS pointers: while there are any, the folder says nothing."""
        entries = map(self.entry, (MLMODEL, self.conda_path, self.python_env_path, "requirements.txt"))
        return tuple(entry.path for entry in entries if entry is not None and self.is_lfs_pointer(entry))

    @lazy
    def mlmodel(self) -> Document | None:
        """The parsed `MLmodel` file."""
        raw = self.read_bytes(MLMODEL)
        return None if raw is None else parse_yaml(MLMODEL, raw)

    def _yaml(self, relative: str) -> Document | None:
        raw = self.read_bytes(relative)
        return None if raw is None else parse_common_yaml(relative, raw)

    def _json(self, relative: str) -> Document | None:
        raw = self.read_bytes(relative)
        return None if raw is None else parse_json(relative, raw)

    @lazy
    def mlmodel_data(self) -> dict[str, object]:
        """The keys of `MLmodel`, empty when it is not a mapping."""
        return _mapping(self.mlmodel.data if self.mlmodel else None)

    @lazy
    def flavors(self) -> dict[str, dict[str, object]]:
        """The well-formed entries of `flavors`, by name."""
        flavors = _mapping(self.mlmodel_data.get("flavors"))
        return {name: _mapping(conf) for name, conf in flavors.items() if isinstance(conf, dict)}

    @lazy
    def pyfunc(self) -> dict[str, object]:
        """The `python_function` flavor, empty when there is none."""
        return self.flavors.get("python_function", {})

    @lazy
    def mlflow_version(self) -> Version | None:
        """The MLflow that wrote the folder, as `MLmodel` says."""
        return read_version(self.mlmodel_data.get("mlflow_version"))

    # --- environment -------------------------------------------------------------------------------------

    @lazy
    def conda_path(self) -> str:
        """The path of the conda environment that `MLmodel` names (`conda.yaml` where it names none)."""
        env = self.pyfunc.get("env")
        named = _mapping(env).get("conda") if isinstance(env, dict) else env
        return named if isinstance(named, str) and named else "conda.yaml"

    @lazy
    def python_env_path(self) -> str:
        """The path of the virtualenv environment that `MLmodel` names (`python_env.yaml` where it names none)."""
        named = _mapping(self.pyfunc.get("env")).get("virtualenv")
        return named if isinstance(named, str) and named else "python_env.yaml"

    @lazy
    def conda(self) -> Document | None:
        """The parsed conda.yaml."""
        return self._yaml(self.conda_path)

    @lazy
    def python_env(self) -> Document | None:
        """The parsed python_env.yaml."""
        return self._yaml(self.python_env_path)

    @lazy
    def requirements(self) -> tuple[Requirement, ...] | None:
        """The lines of requirements.txt, `None` when there is no such file."""
        raw = self.read_bytes("requirements.txt")
        if raw is None:
            return None
        return (_read_common_requirements if len(raw) <= _COMMON else _read_requirements)(raw)

    @lazy
    def _conda_items(self) -> tuple[tuple[int, object], ...]:
        items = _mapping(self.conda.data if self.conda else None).get("dependencies")
        return tuple(enumerate(items)) if isinstance(items, list) else ()

    @lazy
    def conda_specs(self) -> tuple[CondaSpec, ...]:
        """The conda packages of conda.yaml (`python`, `pip`, …)."""
        conda = self.conda
        if conda is None:
            return ()
        return tuple(
            parse_match_spec(item, conda.locate("dependencies", index))
            for index, item in self._conda_items
            if isinstance(item, str) and item.strip()
        )

    @lazy
    def conda_pip(self) -> tuple[Requirement, ...] | None:
        """The requirements of the first pip section of conda.yaml (the one MLflow reads), `None` without one."""
        conda = self.conda
        for index, item in self._conda_items:
            if conda is not None and isinstance(item, dict) and isinstance(item.get("pip"), list):
                return tuple(
                    requirement
                    for position, line in enumerate(item["pip"])
                    if isinstance(line, str)
                    for requirement in parse_requirements(line, conda.locate("dependencies", index, "pip", position))
                )
        return None

    @property
    def all_requirements(self) -> tuple[Requirement, ...]:
        """What pip installs for the model: requirements.txt, or the pip section of conda.yaml without one."""
        if self.requirements is not None:
            return self.requirements
        return self.conda_pip or ()

    @lazy
    def pinned_mlflow(self) -> Version | None:
        """The MLflow version that the requirements pin, `None` when they pin none."""
        for requirement in self.all_requirements:
            if requirement.name in {"mlflow", "mlflow-skinny"} and requirement.pinned_version is not None:
                return requirement.pinned_version
        return None

    # --- signature and examples --------------------------------------------------------------------------

    @lazy
    def signature(self) -> Signature | None:
        """The signature, `None` when there is none or MLflow's newest reader could not read it."""
        mapping = self.mlmodel_data.get("signature")
        if not isinstance(mapping, dict):
            return None
        hinted = self.mlmodel_data.get("is_signature_from_type_hint") is True
        texts = tuple(mapping.get(field) for field in SIGNATURE_FIELDS)
        if all(text is None or (isinstance(text, str) and len(text) < _COMMON) for text in texts):
            return _read_common_signature(texts, hinted)
        return _read_signature(mapping, hinted)

    @lazy
    def signature_documents(self) -> dict[str, Document]:
        """The JSON texts of `inputs`, `outputs` and `params` that are strings, readable or not."""
        if self.mlmodel is None:
            return {}
        found = {field: self.mlmodel.embedded("signature", field) for field in SIGNATURE_FIELDS}
        return {field: document for field, document in found.items() if document is not None}

    @lazy
    def example_info(self) -> dict[str, object]:
        """The `saved_input_example_info` mapping, empty when there is none."""
        return _mapping(self.mlmodel_data.get("saved_input_example_info"))

    @property
    def input_example_path(self) -> str | None:
        """The path of the input example that `MLmodel` names."""
        return _text(self.example_info.get("artifact_path"))

    @property
    def serving_example_path(self) -> str | None:
        """The path of the serving example that `MLmodel` names."""
        return _text(self.example_info.get("serving_input_path"))

    @lazy
    def input_example(self) -> Document | None:
        """The parsed input example."""
        return self._json(self.input_example_path) if self.input_example_path else None

    @lazy
    def serving_example(self) -> Document | None:
        """The parsed serving example."""
        return self._json(self.serving_example_path) if self.serving_example_path else None


def _read_requirements(raw: bytes) -> tuple[Requirement, ...]:
    return parse_requirements_text("requirements.txt", decode_requirements(raw))


_read_common_requirements = lru_cache(maxsize=128)(_read_requirements)


@lru_cache(maxsize=128)
def _read_common_signature(texts: tuple[object, ...], hinted: bool) -> Signature | None:
    return _read_signature(dict(zip(SIGNATURE_FIELDS, texts, strict=True)), hinted)


def _read_signature(mapping: Mapping[str, object], hinted: bool) -> Signature | None:
    try:
        return Signature.from_mlmodel(mapping, from_type_hint=hinted)
    except SignatureError:
        return None


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
