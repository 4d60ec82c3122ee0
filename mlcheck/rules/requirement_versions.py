"""Rules about the versions of single requirements: local ones, open ones, hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from mlcheck.environment import BUILD_TOOLS, read_environment
from mlcheck.facts.dependencies import is_known
from mlcheck.facts.flavors import recorded_versions
from mlcheck.facts.mlflow_versions import MLFLOW_DISTRIBUTIONS
from mlcheck.facts.packages import DEVELOPMENT, pip_name, wrong_name
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement, mask_credentials, read_version
from mlcheck.rules.mending import pin_line
from mlcheck.rules.registry import rule
from mlcheck.rules.requirement_names import is_standard_library


@rule("MLC327", Severity.WARNING, since="0.1.0", reads="environment")
def local_version(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pins with a local version (`torch==2.1.0+cu118`) and no index that has them.

    ## Why is this bad?
    PyPI takes no local versions: without another index pip says "No matching distribution found". Such builds come
    from PyTorch's own index, from Linux distributions and from builds at home.

    ## Bad
        torch==2.1.0+cu118

    ## Good
        torch==2.1.0

    ## What to do
    Drop the part from `+` on, or name the index: `--extra-index-url https://download.pytorch.org/whl/cu118`.

    ## Based on
    PEP 440; https://github.com/mlflow/mlflow/issues/4340, https://github.com/mlflow/mlflow/issues/8676
    """
    environment = read_environment(folder)
    if not all(
        re.match(r"https?://(?:test\.)?pypi\.(?:org|python\.org)/", line.target) for line in environment.index_options
    ):
        return
    for line in environment.lines:
        version = line.pinned_version if line.kind == "named" else None
        if version is not None and version.local:
            index = f" or add `--extra-index-url https://download.pytorch.org/whl/{version.local}`"
            torch = index if re.match(r"(?:cu|rocm|cpu|xpu)", version.local) else ""
            message = f"{line.text!r} is a local version, which PyPI does not have"
            yield Problem(
                message, line.location, f"write `{line.name}=={version.public}`{torch}", subject=line.name or ""
            )


@rule("MLC328", Severity.ERROR, since="0.1.0", reads="environment")
def missing_hash(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements without `--hash`, or without `==`, beside others that have a hash.

    ## Why is this bad?
    As soon as one line has a hash, pip wants one for all of them, and every version pinned with `==`: "Hashes are
    required in --require-hashes mode". MLflow itself adds its own `mlflow==…` without hash to such a list.

    ## Bad
        mlflow==3.17.2
        numpy==2.1.0 --hash=sha256:…

    ## Good
        mlflow==3.17.2
        numpy==2.1.0

    ## What to do
    Give every line its hash (`pip-compile --generate-hashes`, `uv export`), or none.

    ## Based on
    pip's documentation of secure installs; https://github.com/mlflow/mlflow/issues/4886
    """
    seen: set[str] = set()
    for group in read_environment(folder).groups:
        asked = [line for line in group if line.kind in _INSTALLS]
        hashes = any(line.hashed for line in asked) or any(line.option == "--require-hashes" for line in group)
        new = [line for line in asked if line.text not in seen]
        seen |= {line.text for line in asked}
        if hashes and new:
            yield from _hash_problems(new)


_INSTALLS = frozenset({"named", "url", "path", "vcs-or-url", "editable"})


def _hash_problems(lines: list[Requirement]) -> Iterator[Problem]:
    lacking = [line for line in lines if not line.hashed]
    if lacking:
        first = mask_credentials(lacking[0].text)
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        verb = "have" if more else "has"
        message = f"{first!r}{more} {verb} no --hash though other lines do: pip installs nothing"
        yield Problem(message, lacking[0].location, "give every line its hash, or none", subject="hash")
    for line in lines:
        if line.hashed and line.kind == "named" and line.pinned is None:
            text = re.sub(r"\s+--hash.*", "", line.text)
            message = f"{text!r} has a hash but no '==': pip installs nothing"
            yield Problem(message, line.location, "pin the release that the hash is of", subject=line.name or "")


@rule("MLC329", Severity.WARNING, since="0.1.0", reads="environment")
def unpinned_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirements that leave the version open.

    ## Why is this bad?
    Each build of the environment gets the newest release of that day, not the one that the model was made with. It
    is a note where an upper bound keeps the next major release away, and for MLflow itself, which wrote `mlflow` and
    `mlflow<3,>=2.1` into its own files up to 2.3.

    ## Bad
        scikit-learn
        pandas>=2.0

    ## Good
        scikit-learn==1.7.2
        pandas==2.3.3

    ## What to do
    Pin the version that the model was made with; MLflow does so for what it finds by itself, not for what is given
    to `extra_pip_requirements`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/6056, https://github.com/mlflow/mlflow/issues/7369
    """
    environment = read_environment(folder)
    told = {line.name for line in (*environment.constraints, *environment.lines) if line.pinned is not None}
    recorded = _recorded(folder)
    for line in environment.lines:
        if line.kind == "named" and line.name not in told and not line.hashed and not _has_own_finding(line, recorded):
            told.add(line.name)
            yield _unpinned(line, folder)
    for spec in environment.conda:
        name = pip_name(spec.name)
        # Only known Python packages: conda's list may hold compilers and system libraries as well.
        if (
            spec.readable
            and not spec.version.strip("=*")
            and is_known(name)
            and name not in told | BUILD_TOOLS
            and not wrong_name(name)
        ):
            hint = f"write `{spec.name}=` and the version that the model was made with"
            yield Problem(f"{spec.text!r} names no version", spec.location, hint, subject=spec.name)


def _recorded(folder: ModelFolder) -> dict[str, Version]:
    """Return the releases that MLmodel records: of MLflow and of the flavors' libraries."""
    found = dict.fromkeys(MLFLOW_DISTRIBUTIONS, folder.mlflow_version)
    for flavor, conf in folder.flavors.items():
        for one in recorded_versions(flavor, conf):
            found |= dict.fromkeys(one.distributions, read_version(one.value))
    return {name: Version(version.public) for name, version in found.items() if version is not None}


def _has_own_finding(line: Requirement, recorded: dict[str, Version]) -> bool:
    """Tell whether another rule speaks about a line: the name is wrong, or the recorded release is kept out."""
    name = line.name or ""
    if wrong_name(name) is not None or is_standard_library(name) or name in DEVELOPMENT | BUILD_TOOLS:
        return True
    return name in recorded and not line.allows(recorded[name])


def _unpinned(line: Requirement, folder: ModelFolder) -> Problem:
    bounded = bool(line.operators & {"<", "<=", "~=", "=="})
    mild = bounded or line.name in MLFLOW_DISTRIBUTIONS
    what = "allows several versions" if line.specifier else "names no version"
    hint = "pin the version that the model was made with"
    if line.name in MLFLOW_DISTRIBUTIONS and folder.mlflow_version is not None:
        hint = f"write `{line.name}=={folder.mlflow_version}`, which saved the model"
    severity = Severity.NOTE if mild else None
    message, fix = f"{line.text!r} {what}", pin_line(folder, line)
    return Problem(message, line.location, hint, subject=line.name or "", severity=severity, fix=fix)
