"""Rules about requirements.txt, conda.yaml, python_env.yaml and uv.lock: they must ask for the same packages."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.environment import REQUIREMENTS, marker_holds, read_environment
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.facts.packages import pip_name
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.match_spec import CondaSpec
from mlcheck.records import record
from mlcheck.requirements import Requirement, read_version
from mlcheck.rules.registry import rule
from mlcheck.rules.wording import listed, shown


@record(frozen=True, slots=True)
class _Side:
    """One of two files that are compared: its name, who builds environments from it, its lines and conda packages."""

    file: str
    builder: str
    lines: tuple[Requirement, ...]
    specs: tuple[CondaSpec, ...] = ()

    def by_key(self, python: tuple[int, ...]) -> dict[str, list[Requirement]]:
        """Return the lines that hold for a Python on Linux; tools that lock versions write markers to many."""
        found: dict[str, list[Requirement]] = {}
        for line in self.lines:
            if line.kind not in {"unreadable", "file"} and marker_holds(line, python):
                found.setdefault(_key(line), []).append(line)
        return found

    def hides(self, key: str) -> bool:
        """Tell whether an unreadable line may be about a package, so that it cannot be called missing."""
        return any(line.kind == "unreadable" and line.name in {key, None} for line in self.lines)


def _key(line: Requirement) -> str:
    """Return what two lines of the same thing have in common: the name of the distribution, if there is one."""
    return line.name or f"{line.kind} {line.option} {line.target}"


def _meaning(line: Requirement) -> tuple[str, tuple[str, ...], str]:
    return ",".join(sorted(line.specifier.split(","))), line.extras, line.target


@rule("MLC341", Severity.WARNING, since="0.1.0", reads="environment")
def requirements_differ(folder: ModelFolder) -> Iterator[Problem]:
    """Finds packages that requirements.txt and conda.yaml, or python_env.yaml, do not ask for alike.

    ## Why is this bad?
    MLflow writes the same lines into both. virtualenv and uv environments, `pyfunc.load_model`'s warnings and
    SageMaker use requirements.txt; conda environments and Azure ML use conda.yaml. Where they differ, the model is
    served with other packages than it was tried with.

    ## Bad
        requirements.txt: scikit-learn==1.5.2
        conda.yaml:       scikit-learn==1.3.0

    ## Good
        requirements.txt: scikit-learn==1.5.2
        conda.yaml:       scikit-learn==1.5.2

    ## What to do
    Write the same into both files; `mlflow.models.update_model_requirements` changes both.

    ## Based on
    MLflow 1.19 to 3.17; https://github.com/mlflow/mlflow/pull/11061
    """
    environment = read_environment(folder)
    if folder.requirements is None:
        return
    python = environment.python.release if environment.python else ()
    ours = _Side(REQUIREMENTS, "virtualenv or uv", environment.requirements)
    if _is_regular(folder):
        yield from _compare(ours, _Side("conda.yaml", "conda", environment.conda_pip, environment.conda), python)
    if environment.python_env and not any(line.location.path == REQUIREMENTS for line in environment.python_env):
        theirs = _Side("python_env.yaml", "virtualenv or uv", environment.python_env)
        yield from _compare(_Side(REQUIREMENTS, "", environment.requirements), theirs, python)


def _is_regular(folder: ModelFolder) -> bool:
    """Tell whether conda.yaml can be compared: other types and a second pip section have findings of their own."""
    items = folder.conda.get("dependencies") if folder.conda else None
    if not isinstance(items, list):
        return False
    sections = [item.get("pip") for item in items if isinstance(item, dict)]
    others = all(isinstance(item, str | dict) for item in items)
    return others and len(sections) < 2 and all(isinstance(section, list) for section in sections)


def _compare(ours: _Side, theirs: _Side, python: tuple[int, ...]) -> Iterator[Problem]:
    mine, other = ours.by_key(python), theirs.by_key(python)
    specs = {pip_name(spec.name): spec for spec in theirs.specs}
    lacking: list[Requirement] = []
    for key, lines in mine.items():
        if key in other:
            yield from _differing(lines, other[key], theirs.file)
        elif key in specs:
            yield from _differing_spec(lines[0], specs[key])
        elif not theirs.hides(key):
            lacking.append(lines[0])
    yield from _lacks(lacking, theirs)
    # That requirements.txt lacks MLflow is for mlflow-not-required to say.
    known = {*mine, *MLFLOW_DISTRIBUTIONS}
    yield from _lacks([lines[0] for key, lines in other.items() if key not in known and not ours.hides(key)], ours)


def _differing(lines: list[Requirement], others: list[Requirement], file: str) -> Iterator[Problem]:
    if not {_meaning(line) for line in lines} & {_meaning(line) for line in others}:
        line, other = lines[0], others[0]
        message = f"{shown(line)!r} is {shown(other)!r} on line {other.location.line} of {file}"
        yield Problem(message, line.location, "write the same into both files", subject=_key(line))


def _differing_spec(line: Requirement, spec: CondaSpec) -> Iterator[Problem]:
    exact, pinned = read_version(spec.version.lstrip("=").removesuffix(".*")), line.pinned_version
    if exact is not None and pinned is not None and pinned.release[: len(exact.release)] != exact.release:
        message = f"{line.text!r} is {spec.text!r} on line {spec.location.line} of {spec.location.path}"
        yield Problem(message, line.location, "write the same into both files", subject=_key(line))


def _lacks(lines: list[Requirement], side: _Side) -> Iterator[Problem]:
    if not lines:
        return
    verb, them = ("is", "it") if len(lines) == 1 else ("are", "them")
    texts = listed([shown(line) for line in lines])
    end = f": environments made with {side.builder} lack {them}" if side.builder else ""
    message = f"{texts} {verb} not in {side.file}{end}"
    hint = f"add {them} to {side.file}, or take {them} out here"
    yield Problem(message, lines[0].location, hint, subject=side.file)
