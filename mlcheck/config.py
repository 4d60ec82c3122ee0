"""Configuration: `[tool.mlcheck]` in pyproject.toml or an mlcheck.toml, found upwards from a model folder."""

from __future__ import annotations

import difflib
import math
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlcheck.finding import Severity
from mlcheck.records import field, record

FILE_NAME = "mlcheck.toml"
PYPROJECT = "pyproject.toml"


class ConfigError(Exception):
    """A configuration that cannot be used; the message names the file, the key and the remedy."""


@record(frozen=True, slots=True)
class Ignore:
    """One code that is held back, with the reason, for the models that match `glob` (`*` for all)."""

    code: str
    reason: str
    glob: str = "*"


@record(frozen=True, slots=True)
class ModelSettings:
    """What the contract tests should know about models: budgets, and what values are typical.

    `domain` maps a column, tensor or param to its `min`, `max`, `choices`, `pattern` and `nullable`; `data` is a CSV
    or Parquet file with typical rows; `time_limit` is in seconds per call, `model_time_limit` in seconds for all that
    is done with a model, `memory_limit` in MiB (0: none for both). `env` says which interpreter a model runs with:
    `current`, the path of another one, or `uv` for the environment that the folder declares, which is built within
    `build_time_limit` seconds.
    """

    deterministic: bool = True
    max_examples: int = 100
    time_limit: float = 30.0
    load_time_limit: float = 120.0
    model_time_limit: float = 0.0
    memory_limit: int = 0
    data: str = ""
    env: str = "current"
    build_time_limit: float = 1800.0
    domain: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Config:
    """A validated configuration. `path` is the file it was read from, `None` for the defaults.

    `models` are settings for the models that match a glob, in the order of the file; later ones win.
    """

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: Severity = Severity.ERROR
    strict: bool = False
    settings: ModelSettings = field(default_factory=ModelSettings)
    models: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def selects(self, code: str) -> bool:
        """Tell whether a rule or check takes part: its code starts with a selected prefix, or none is selected."""
        return not self.select or code.startswith(self.select)

    def ignore_for(self, code: str, model: Path | str) -> Ignore | None:
        """Return the entry that holds a code back for a model, `None` without one."""
        for entry in self.ignores:
            if entry.code == code and self.matches(entry.glob, model):
                return entry
        return None

    def matches(self, glob: str, model: Path | str) -> bool:
        """Tell whether a glob, taken from the configuration's own folder, matches a model folder or a parent of it.

        A model that is no folder of this machine is given by its URI, a string, which the glob is to match as it is.
        """
        if glob == "*":
            return True
        parts = (model if isinstance(model, str) else self._relative(model)).split("/")
        candidates = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        return any(fnmatchcase(candidate, glob.rstrip("/")) for candidate in candidates)

    def _relative(self, model: Path) -> str:
        base = self.path.parent if self.path else Path.cwd()
        return os.path.relpath(model.resolve(), base.resolve()).replace(os.sep, "/")

    def settings_for(self, model: Path | str) -> ModelSettings:
        """Return the contract settings of a model: the general ones overlaid with every matching entry of `models`."""
        values = {name: getattr(self.settings, name) for name in _SETTINGS}
        for glob, overlay in self.models:
            if self.matches(glob, model):
                domain = {**values["domain"], **overlay.get("domain", {})}  # type: ignore[dict-item]
                values = {**values, **overlay, "domain": domain}
        if self.path is not None:
            values["data"] = values["data"] and str(self.path.parent / values["data"])
            values["env"] = place_env(values["env"], self.path.parent)
        return ModelSettings(**values)


def place_env(env: str, folder: Path) -> str:
    """Return a value of `env` with its path taken from a folder; `current`, `uv` and names without a slash stay."""
    return env if os.path.basename(env) == env else os.path.join(folder, os.path.expanduser(env))


def find_config(model: Path) -> Path | None:
    """Return the configuration that holds for a model folder: the nearest one above it, up to the repository's root.

    The folder itself is not looked into: a model does not bring the rules that it is judged by.
    """
    folder = os.path.realpath(model)
    return None if os.path.exists(os.path.join(folder, ".git")) else find_config_from(Path(os.path.dirname(folder)))


def find_config_from(folder: Path) -> Path | None:
    """Return the nearest configuration in a folder or above it, up to the repository's root."""
    return _find_from(os.path.realpath(folder))


@lru_cache(maxsize=4096)
def _find_from(folder: str) -> Path | None:
    own = os.path.join(folder, FILE_NAME)
    if os.path.isfile(own):
        return Path(own)
    project = os.path.join(folder, PYPROJECT)
    if os.path.isfile(project) and _has_table(project):
        return Path(project)
    above = os.path.dirname(folder)
    return None if above == folder or os.path.exists(os.path.join(folder, ".git")) else _find_from(above)


def _has_table(project: str) -> bool:
    # A model folder may carry any pyproject.toml (MLflow copies uv projects): one that cannot be read is not ours.
    try:
        text = Path(project).read_text(encoding="utf-8")
        return "tool.mlcheck" in text and "mlcheck" in _load_toml(text).get("tool", {})
    except (OSError, ValueError):
        return False


def _load_toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - most runs have no configuration
    else:
        import tomli as tomllib  # noqa: PLC0415
    table: dict[str, Any] = tomllib.loads(text)
    return table


def read_config(path: Path, known_codes: frozenset[str]) -> Config:
    """Read and validate a configuration file.

    Raises `ConfigError` for a file that cannot be read, an unknown key or code, or a value of the wrong kind.
    """
    try:
        data = _load_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    table = data.get("tool", {}).get("mlcheck", {}) if path.name == PYPROJECT else data
    where = f"{path}: [tool.mlcheck]" if path.name == PYPROJECT else str(path)
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table")
    return _Reader(where, known_codes).config(path, table)


_KEYS = ("select", "ignore", "per-model-ignore", "severity", "fail-on", "strict", "contract", "domain", "models")
_SETTINGS = (
    *("deterministic", "max_examples", "time_limit", "load_time_limit", "model_time_limit", "memory_limit"),
    *("data", "env", "build_time_limit", "domain"),
)
_OWN_CODES = ("MLC001", "MLC002")
_DOMAIN_KEYS = ("min", "max", "choices", "pattern", "nullable")


@record(frozen=True, slots=True)
class _Reader:
    """Turns the tables of one file into a `Config`; `where` begins every message."""

    where: str
    known_codes: frozenset[str]

    def config(self, path: Path, table: Mapping[str, object]) -> Config:
        self._check_keys("", table, _KEYS)
        return Config(
            path=path,
            select=tuple(self._prefix(code) for code in self._strings("select", table.get("select", []))),
            ignores=tuple(self._ignores(table)),
            severity={
                self._code("severity", code): self._severity(f"severity.{code}", value)
                for code, value in self._table("severity", table.get("severity", {})).items()
            },
            fail_on=self._severity("fail-on", table.get("fail-on", "error")),
            strict=self._boolean("strict", table.get("strict", False)),
            settings=ModelSettings(**self._settings("", table)),  # type: ignore[arg-type]
            models=tuple(self._models(table)),
        )

    def _fail(self, key: str, problem: str) -> ConfigError:
        return ConfigError(f"{self.where}: {key}: {problem}" if key else f"{self.where}: {problem}")

    def _check_keys(self, prefix: str, table: Iterable[str], known: Collection[str]) -> None:
        for key in table:
            if key not in known:
                raise self._fail(f"{prefix}{key}", f"unknown key{suggest(key, known)}")

    def _ignores(self, table: Mapping[str, object]) -> Iterable[Ignore]:
        for code, reason in self._table("ignore", table.get("ignore", {})).items():
            yield Ignore(self._code("ignore", code), self._reason(f"ignore.{code}", reason))
        for glob, codes in self._table("per-model-ignore", table.get("per-model-ignore", {})).items():
            key = f'per-model-ignore."{glob}"'
            for code, reason in self._table(key, codes).items():
                yield Ignore(self._code(key, code), self._reason(f"{key}.{code}", reason), glob)

    def _models(self, table: Mapping[str, object]) -> Iterable[tuple[str, Mapping[str, object]]]:
        for glob, overlay in self._table("models", table.get("models", {})).items():
            key = f'models."{glob}".'
            self._check_keys(key, self._table(key, overlay), ("contract", "domain"))
            yield glob, self._settings(key, self._table(key, overlay))

    def _settings(self, prefix: str, table: Mapping[str, object]) -> dict[str, object]:
        contract = self._table(f"{prefix}contract", table.get("contract", {}))
        known = [name.replace("_", "-") for name in _SETTINGS if name != "domain"]
        self._check_keys(f"{prefix}contract.", contract, known)
        found = {key.replace("-", "_"): self._setting(f"{prefix}contract.{key}", contract[key]) for key in contract}
        if "domain" in table:
            found["domain"] = self._domain(f"{prefix}domain", table["domain"])
        return found

    def _setting(self, key: str, value: object) -> object:
        name = key.rpartition(".")[2].replace("-", "_")
        default = getattr(ModelSettings(), name)
        if isinstance(default, bool):
            return self._boolean(key, value)
        if isinstance(default, str):
            return self._string(key, value, empty=name != "env")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise self._fail(key, f"must be a number that is not negative, not {value!r}")
        if not value and name not in {"memory_limit", "model_time_limit"}:
            raise self._fail(key, "must be more than 0")
        if isinstance(default, int) and not isinstance(value, int):
            raise self._fail(key, f"must be a whole number, not {value!r}")
        return type(default)(value)

    def _domain(self, key: str, value: object) -> dict[str, Mapping[str, object]]:
        found: dict[str, Mapping[str, object]] = {}
        for column, limits in self._table(key, value).items():
            table = self._table(f"{key}.{column}", limits)
            self._check_keys(f"{key}.{column}.", table, _DOMAIN_KEYS)
            choices = table.get("choices", ["any"])
            if not isinstance(choices, list) or not choices:
                raise self._fail(f"{key}.{column}.choices", f"must be a list that is not empty, not {choices!r}")
            found[column] = table
        return found

    def _prefix(self, code: str) -> str:
        if any(known.startswith(code) for known in self.known_codes):
            return code
        raise self._fail("select", f"{code!r} is no code and no start of one{suggest(code, self.known_codes)}")

    def _code(self, key: str, code: str) -> str:
        if code in self.known_codes:
            return code
        if code in _OWN_CODES:
            raise self._fail(key, f"{code} speaks about mlcheck's own work: it cannot be ignored or changed")
        raise self._fail(key, f"unknown code {code!r}{suggest(code, self.known_codes)}")

    def _reason(self, key: str, value: object) -> str:
        reason = self._string(key, value)
        if not reason.strip():
            raise self._fail(key, 'say why it is ignored, such as "the serving image brings it"')
        return reason

    def _severity(self, key: str, value: object) -> Severity:
        known = [severity.value for severity in Severity]
        if isinstance(value, str) and value in known:
            return Severity(value)
        close = suggest(value, known) if isinstance(value, str) else ""
        raise self._fail(key, f"must be one of {', '.join(known)}, not {value!r}{close}")

    def _boolean(self, key: str, value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise self._fail(key, f"must be true or false, not {value!r}")

    def _string(self, key: str, value: object, *, empty: bool = True) -> str:
        if isinstance(value, str) and (value or empty):
            return value
        raise self._fail(key, f"must be a string{'' if empty else ' that is not empty'}, not {value!r}")

    def _strings(self, key: str, value: object) -> list[str]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        raise self._fail(key, f"must be a list of strings, not {value!r}")

    def _table(self, key: str, value: object) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        example = ' such as { MLC305 = "the serving image brings it" }' if "ignore" in key else ""
        raise self._fail(key, f"must be a table{example}, not {value!r}")


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean '…'` for a near miss, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {close[0]!r}" if close else ""
