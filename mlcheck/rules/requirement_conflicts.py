"""Rules about requirements that cannot be installed together, and ones that stand twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from packaging.version import Version

from mlcheck.environment import Environment, marker_holds, read_environment
from mlcheck.facts.packages import pip_name
from mlcheck.facts.releases import LIMITED, broken_limit
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.match_spec import CondaSpec
from mlcheck.requirements import Requirement, read_version
from mlcheck.rules.registry import rule
from mlcheck.rules.requirement_lines import is_conflict_mark


def _wanted(environment: Environment, lines: tuple[Requirement, ...]) -> dict[str, list[Requirement]]:
    """Return the lines that pip installs by name, by that name; those left out by their markers are not among them."""
    python = environment.python.release if environment.python else ()
    found: dict[str, list[Requirement]] = {}
    for line in lines:
        if line.kind == "named" and line.name and marker_holds(line, python):
            found.setdefault(line.name, []).append(line)
    return found


def _exclude(one: Requirement, other: Requirement) -> bool:
    """Tell whether two lines of one distribution cannot both hold."""
    if one.marker != other.marker and one.marker and other.marker:
        return False
    first, second = one.pinned_version, other.pinned_version
    # A pin without a local part allows one with it: torch==2.1.0 and torch==2.1.0+cu118.
    goes_together = (first is not None and other.allows(first)) or (second is not None and one.allows(second))
    return (first is not None or second is not None) and not goes_together


def _line_of(place: Location, other: Location) -> str:
    return f"line {other.line}" if place.path == other.path else f"line {other.line} of {other.path}"


@rule("MLC335", Severity.ERROR, since="0.1.0", reads="environment")
def conflicting_requirements(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a package that is asked for twice with versions that exclude each other.

    ## Why is this bad?
    pip says `ResolutionImpossible` and installs nothing. A version in conda's list that the pip section overrides
    is a warning: pip replaces what conda has installed.

    ## Bad
        numpy==1.26.4
        numpy==2.1.0

    ## Good
        numpy==2.1.0

    ## What to do
    Keep the version that the model was made with.

    ## Based on
    pip 20.3 and later
    """
    environment = read_environment(folder)
    reported: set[str] = set()
    for group in environment.groups:
        if any(map(is_conflict_mark, group)):
            continue  # both sides of a merge stand there: unreadable-requirement tells it
        for name, lines in _wanted(environment, group).items():
            pair = next(((one, other) for one, other in combinations(lines, 2) if _exclude(one, other)), None)
            if pair is not None and name not in reported:
                reported.add(name)
                one, other = pair
                where = _line_of(other.location, one.location)
                message = f"{other.text!r} excludes {one.text!r} on {where}"
                yield Problem(message, other.location, "keep the one that the model was made with", subject=name)
    pip = _wanted(environment, environment.conda_pip)
    for spec in environment.conda:
        for line in pip.get(pip_name(spec.name), ()):
            if _differs_from_conda(spec, line):
                message = f"{line.text!r} replaces {spec.text!r}, which conda has installed before"
                hint = "list the package once"
                yield Problem(message, line.location, hint, subject=line.name or "", severity=Severity.WARNING)


def _differs_from_conda(spec: CondaSpec, line: Requirement) -> bool:
    exact = read_version(spec.version.lstrip("="))
    return exact is not None and not line.allows(exact) and not _begins(exact, line)


def _begins(exact: Version, line: Requirement) -> bool:
    pinned = line.pinned_version
    return pinned is not None and pinned.release[: len(exact.release)] == exact.release


@rule("MLC336", Severity.NOTE, since="0.1.0", reads="environment")
def repeated_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a package that is listed twice in the same file with versions that agree.

    ## Why is this bad?
    Nothing breaks today; the next change of the version will be made in one of the two places.

    ## Bad
        mlflow
        mlflow<3,>=2.2

    ## Good
        mlflow<3,>=2.2

    ## What to do
    Keep the narrower line.

    ## Based on
    pip 20.3 and later, which joins such lines
    """
    environment = read_environment(folder)
    for group in environment.groups:
        if any(map(is_conflict_mark, group)):
            continue
        for name, lines in _wanted(environment, group).items():
            first, *others = lines
            for line in others:
                here = (line.location.path, line.location.line) != (first.location.path, first.location.line)
                same_file = line.location.path == first.location.path
                extras = line.extras != first.extras or line.marker != first.marker
                if (
                    here
                    and same_file
                    and not extras
                    and not _exclude(first, line)
                    and _is_first_group(environment, group, line)
                ):
                    message = f"{line.text!r} repeats line {first.location.line}, {first.text!r}"
                    yield Problem(message, line.location, "keep the narrower one", subject=name)


def _is_first_group(environment: Environment, group: tuple[Requirement, ...], line: Requirement) -> bool:
    """Tell whether no earlier file has the same line, so that each repetition is told once."""
    earlier = environment.groups[: environment.groups.index(group)]
    return not any(line.text == other.text for lines in earlier for other in lines)


@rule("MLC337", Severity.ERROR, since="0.1.0", reads="environment")
def pins_exclude_each_other(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pinned releases of two packages that cannot be used together.

    ## Why is this bad?
    pip refuses to install them because of what their metadata require (`mlflow==2.9.2` needs `numpy<2`), or the one
    fails on import because it was compiled for an older NumPy: "numpy.dtype size changed". Only pairs that are
    known for certain are found.

    ## Bad
        mlflow==2.9.2
        numpy==2.1.0

    ## Good
        mlflow==2.9.2
        numpy==1.26.4

    ## What to do
    Pin what the model was made with; `pip check` in that environment shows such pairs.

    ## Based on
    The metadata of MLflow 2.0 to 3.17, pandas, scikit-learn, SciPy, PyArrow and TensorFlow
    """
    environment = read_environment(folder)
    pinned = {
        name: (lines[0], version)
        for name, lines in _wanted(environment, environment.installed).items()
        if name in LIMITED and len(lines) == 1 and (version := lines[0].pinned_version) is not None
    }
    for (name, (line, version)), (other, (other_line, other_version)) in _ordered_pairs(pinned):
        limit = broken_limit(name, version, other, other_version)
        if limit is not None:
            message = f"{line.text!r} needs {other}{limit.allowed}, {other_line.text!r} is pinned"
            hint = f"write `{other}{limit.allowed}` in that range, or a later {name}"
            if ">" in limit.allowed:
                hint = f"pin {other}{limit.allowed}, or an earlier {name}"
            yield Problem(message, other_line.location, hint, subject=f"{name} {other}")


_Pin = tuple[str, tuple[Requirement, Version]]


def _ordered_pairs(pinned: dict[str, tuple[Requirement, Version]]) -> Iterator[tuple[_Pin, _Pin]]:
    for one, other in combinations(pinned.items(), 2):
        yield one, other
        yield other, one


@rule("MLC338", Severity.ERROR, since="0.1.0", reads="environment")
def constraint_conflict(folder: ModelFolder) -> Iterator[Problem]:
    """Finds constraints (`-c constraints.txt`) that exclude what is required, or that pip does not take.

    ## Why is this bad?
    pip says `ResolutionImpossible` and installs nothing. Constraints may be names and versions only: no extras, no
    `-e`.

    ## Bad
        requirements.txt: scikit-learn==1.7.2
        constraints.txt:  scikit-learn<1.7

    ## Good
        requirements.txt: scikit-learn==1.7.2
        constraints.txt:  scikit-learn<1.8

    ## What to do
    Correct the constraint, or leave it out: requirements that MLflow pins need none.

    ## Based on
    pip 20.3 and later; MLflow 1.20 to 3.17 writes constraints.txt for constraints given to `pip_requirements`
    """
    environment = read_environment(folder)
    wanted = _wanted(environment, environment.lines)
    for constraint in environment.constraints:
        if constraint.kind == "editable" or constraint.extras:
            what = "an editable install" if constraint.kind == "editable" else "extras"
            message = f"pip takes no {what.removeprefix('an ')} in constraints: {constraint.text!r}"
            yield Problem(message, constraint.location, "name and version only", subject=constraint.text)
        elif constraint.kind == "named" and marker_holds(
            constraint, environment.python.release if environment.python else ()
        ):
            for line in wanted.get(constraint.name or "", ()):
                if _exclude(line, constraint):
                    where = f"line {line.location.line} of {line.location.path}"
                    message = f"constraint {constraint.text!r} excludes {line.text!r} on {where}"
                    hint = "correct one of the two"
                    yield Problem(message, constraint.location, hint, subject=constraint.name or "")
