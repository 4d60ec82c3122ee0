"""What the configuration and a baseline do to findings: severities, ignores, and ignores that serve no more."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mlcheck.baseline import Baseline
from mlcheck.config import Config, Ignore, find_config, find_config_from, read_config
from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import ModelFolder
from mlcheck.records import field, record, replace
from mlcheck.report import Suppressed
from mlcheck.roots import display_name


@record(frozen=True, slots=True)
class Overrides:
    """What the command line says over the configuration; `None` and empty leave it as it is."""

    config: Path | None = None
    no_config: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Severity | None = None
    strict: bool = False
    baseline: Baseline | None = None


@record(slots=True)
class Policy:
    """Applies configurations to findings and remembers which entries served.

    `known_codes` are all codes there are; `active_codes` those that this kind of run can report (a lint run must
    not call the ignore of a contract check unused). `uris` tells for folders that hold what was fetched of a model
    where it came from: the configuration of the current folder holds for them.
    """

    known_codes: frozenset[str]
    active_codes: frozenset[str]
    overrides: Overrides = field(default_factory=Overrides)
    uris: Mapping[Path, str] = field(default_factory=dict)
    _used: set[tuple[Path | None, Ignore]] = field(default_factory=set)
    _used_baseline: set[str] = field(default_factory=set)
    _configs: dict[Path, Config] = field(default_factory=dict)
    _files: dict[Path | None, Config] = field(default_factory=dict)

    def config_for(self, model: Path) -> Config:
        """Return the configuration of a model folder, command line included; raises `ConfigError`."""
        if model not in self._configs:
            self._configs[model] = self._read(model)
        return self._configs[model]

    def place_of(self, model: Path) -> Path | str:
        """Return what the globs of a configuration are held against: the model's folder, or the URI it came from."""
        return self.uris.get(model, model)

    def config_name(self, model: Path) -> str:
        """Return the configuration file of a model folder the way reports show it, empty for none."""
        path = self.config_for(model).path
        return display_name(Path(os.path.relpath(path))) if path else ""

    def _read(self, model: Path) -> Config:
        over = self.overrides
        path = None if over.no_config else over.config or self._find(model)
        if path not in self._files:
            self._files[path] = self._overlay(path)
        return self._files[path]

    def _find(self, model: Path) -> Path | None:
        return find_config_from(Path.cwd()) if model in self.uris else find_config(model)

    def _overlay(self, path: Path | None) -> Config:
        over = self.overrides
        config = read_config(path, self.known_codes) if path else Config()
        extra = tuple(Ignore(code, "ignored on the command line") for code in over.ignore)
        return replace(
            config,
            select=over.select or config.select,
            ignores=extra + config.ignores,
            fail_on=over.fail_on or config.fail_on,
            strict=over.strict or config.strict,
        )

    def apply(self, findings: Iterable[Finding], model: Path) -> tuple[list[Finding], list[Suppressed]]:
        """Return the findings that count for one model, and those that are held back."""
        config = self.config_for(model)
        kept: list[Finding] = []
        held: list[Suppressed] = []
        for finding in findings:
            suppressed = self._suppress(finding, config, model)
            if suppressed is not None:
                held.append(suppressed)
            else:
                severity = _severity(finding, config)
                kept.append(finding if severity is finding.severity else replace(finding, severity=severity))
        return kept, held

    def _suppress(self, finding: Finding, config: Config, model: Path) -> Suppressed | None:
        entry = config.ignore_for(finding.code, self.place_of(model))
        if entry is not None:
            self._used.add((config.path, entry))
            return Suppressed(finding, entry.reason, "configuration")
        baseline = self.overrides.baseline
        if baseline is not None and finding.fingerprint in baseline.entries:
            self._used_baseline.add(finding.fingerprint)
            return Suppressed(finding, f"in {baseline.path.name}", "baseline")
        return None

    def unused(self, paths: Sequence[Path], models: Mapping[str, Path]) -> Iterator[Finding]:
        """Yield an MLC002 finding for every ignore and baseline entry that matched nothing.

        An entry counts only where this run looked at all it could match: the run was given a folder that holds the
        configuration (pre-commit passes single files), or the entry's own glob matched a model.
        """
        for config in {config.path: config for config in self._configs.values() if config.path}.values():
            whole = any(path.is_dir() and _holds(path, config) for path in paths)
            for entry in config.ignores:
                matched = any(config.matches(entry.glob, self.place_of(model)) for model in models.values())
                served = (config.path, entry) in self._used
                if not served and entry.code in self.active_codes and (whole or (entry.glob != "*" and matched)):
                    yield _unused_ignore(config, entry)
        yield from self._unused_baseline(models)

    def _unused_baseline(self, models: Mapping[str, Path]) -> Iterator[Finding]:
        baseline = self.overrides.baseline
        if baseline is None:
            return
        for fingerprint, text in baseline.entries.items():
            code, _, rest = text.partition(" ")
            seen = code in self.active_codes and any(name == "." or rest.startswith(f"{name}/") for name in models)
            if seen and fingerprint not in self._used_baseline:
                message = f"the baseline still lists a finding that is gone: {text}"
                hint = "write the baseline again with --write-baseline"
                problem = Problem(message, Location(baseline.path.name), hint, fingerprint)
                yield _own_finding(baseline.path, problem, Severity.NOTE)


def strictest(policy: Policy, folders: Iterable[ModelFolder]) -> Severity:
    """Return the lowest `fail-on` that the configurations of some folders ask for."""
    chosen = [policy.config_for(folder.root).fail_on for folder in folders]
    return min(chosen, key=lambda severity: severity.rank, default=Severity.ERROR)


def _severity(finding: Finding, config: Config) -> Severity:
    severity = config.severity.get(finding.code, finding.severity)
    return Severity.ERROR if config.strict and severity is Severity.WARNING else severity


def _holds(path: Path, config: Config) -> bool:
    assert config.path is not None
    return config.path.resolve().is_relative_to(path.resolve())


def _unused_ignore(config: Config, entry: Ignore) -> Finding:
    assert config.path is not None
    scope = "" if entry.glob == "*" else f" for {entry.glob!r}"
    message = f"the ignore of {entry.code}{scope} matches no finding"
    hint = "remove it from the configuration, or correct its code or glob"
    place = Location(config.path.name, _line_of(config.path, entry))
    return _own_finding(config.path, Problem(message, place, hint, f"{entry.glob} {entry.code}"), Severity.ERROR)


def _line_of(path: Path, entry: Ignore) -> int | None:
    """Return the line that an ignore seems to stand on: TOML readers do not tell."""
    found = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if entry.glob != "*" and found is None and entry.glob not in line:
            continue
        found = found or number
        if entry.code in line:
            return number
    return found


def _own_finding(path: Path, problem: Problem, severity: Severity) -> Finding:
    folder = display_name(Path(os.path.relpath(path.parent)))
    return attach(problem, code="MLC002", name="unused-ignore", severity=severity, model=folder)
