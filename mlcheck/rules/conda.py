"""Rules about the sections of conda.yaml, as conda and MLflow read them."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Edit, Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.records import replace
from mlcheck.rules.registry import rule


def _pip_lists(folder: ModelFolder) -> list[tuple[int, list[object]]]:
    items = folder.conda.get("dependencies") if folder.conda else None
    lists = []
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("pip"), list):
            lists.append((index, item["pip"]))
    return lists


@rule("MLC303", Severity.WARNING, since="0.1.0", reads="environment")
def conda_prefix(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a `prefix` in conda.yaml: the path of an environment on the author's machine.

    ## Why is this bad?
    `conda env export` writes it. conda installs into that path where it is used without a name, and it tells the
    names of people and folders to whoever gets the model.

    ## Bad
        name: mlflow-env
        prefix: /home/anna/miniconda3/envs/churn

    ## Good
        name: mlflow-env

    ## What to do
    Remove the line; `conda env export | grep -v prefix` leaves it out.

    ## Based on
    conda's `env/env.py`; MLflow writes no prefix
    """
    prefix = folder.conda.get("prefix") if folder.conda else None
    if folder.conda is not None and isinstance(prefix, str) and prefix:
        message = f"prefix {prefix!r} is a path of the machine that exported the environment"
        yield Problem(message, folder.conda.locate("prefix", key=True), "remove the line", subject="prefix")


@rule("MLC304", Severity.WARNING, since="0.1.0", reads="environment")
def pip_list_without_pip(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a pip section in conda.yaml without `pip` among the conda packages.

    ## Why is this bad?
    conda adds the newest pip itself and warns that packages "may end up in the wrong place"; which pip installs
    the model's packages is then left to the day of the build.

    ## Bad
        dependencies:
        - python=3.11.7
        - pip:
          - mlflow==3.17.2

    ## Good
        dependencies:
        - python=3.11.7
        - pip
        - pip:
          - mlflow==3.17.2

    ## What to do
    List `pip` before the pip section, as MLflow does.

    ## Based on
    conda's `env/env.py`. MLflow before 1.8 wrote such files itself: they are a note
    """
    lists = [(index, lines) for index, lines in _pip_lists(folder) if lines]
    if folder.conda is None or not lists or any(spec.name == "pip" for spec in folder.conda_specs):
        return
    place = folder.conda.locate("dependencies", lists[0][0], "pip", key=True)
    old = Severity.NOTE if written_before_1_25(folder) else None
    message = "the pip section needs 'pip' among the conda packages: conda adds some version of it and warns"
    fix = (Edit(replace(place, column=(place.column or 3) - 2), "- pip:", f"- pip\n{' ' * _indent(place)}- pip:"),)
    yield Problem(message, place, "add `- pip` above the pip section", subject="pip", severity=old, fix=fix)


def _indent(place: Location) -> int:
    """Return the columns before the dash of the list item whose value stands at a place."""
    return (place.column or 3) - 3


def written_before_1_25(folder: ModelFolder) -> bool:
    """Tell whether an MLflow before 1.25 wrote conda.yaml: MLmodel names no release, and the name is MLflow's own."""
    name = folder.conda.get("name") if folder.conda else None
    return "mlflow_version" not in folder.mlmodel_data and name == "mlflow-env"


@rule("MLC305", Severity.ERROR, since="0.1.0", reads="environment")
def several_pip_sections(folder: ModelFolder) -> Iterator[Problem]:
    """Finds more than one pip section in conda.yaml.

    ## Why is this bad?
    conda installs the last one only, MLflow reads the first one for some purposes and the last one for others.
    The packages of the other sections are missing without a word.

    ## Bad
        dependencies:
        - pip:
          - mlflow==3.17.2
        - pip:
          - scikit-learn==1.7.2

    ## Good
        dependencies:
        - pip:
          - mlflow==3.17.2
          - scikit-learn==1.7.2

    ## What to do
    Put all lines into one section.

    ## Based on
    conda's `env/env.py` (`Dependencies.parse`); MLflow 1.26 to 3.17 (`_get_pip_deps` takes the first,
    `_PythonEnv.get_dependencies_from_conda_yaml` the last)
    """
    lists = _pip_lists(folder)
    if folder.conda is None or len(lists) < 2:
        return
    *others, (last, _) = lists
    same = all(lines == others[0][1] for _, lines in lists)
    place = folder.conda.locate("dependencies", last, "pip", key=True)
    first_line = folder.conda.locate("dependencies", others[0][0], "pip", key=True).line
    message = f"a second pip section (the first is on line {first_line}): conda installs only the last one"
    severity = Severity.WARNING if same else None
    yield Problem(message, place, "put all lines into one pip section", subject="pip", severity=severity)


_ANACONDA = frozenset({"defaults", "anaconda", "main", "r", "msys2", "free", "pro"})


def _is_anaconda(channel: str) -> bool:
    return channel in _ANACONDA or channel.startswith("pkgs/") or "repo.anaconda.com" in channel


@rule("MLC308", Severity.WARNING, since="0.1.0", reads="environment")
def anaconda_channel(folder: ModelFolder) -> Iterator[Problem]:
    """Finds channels of Anaconda, Inc. (`defaults`, `main`, `anaconda`), and no channels at all, which means the same.

    ## Why is this bad?
    Their terms of service ask organisations of more than 200 people for a licence, and many companies block these
    channels: the environment cannot be built there. MLflow uses conda-forge alone since 1.18. What MLflow before
    1.18 wrote is a note.

    ## Bad
        channels:
        - defaults

    ## Good
        channels:
        - conda-forge

    ## What to do
    Write conda-forge as the only channel.

    ## Based on
    https://github.com/mlflow/mlflow/pull/4919, https://github.com/mlflow/mlflow/pull/5037,
    https://github.com/mlflow/mlflow/pull/16752
    """
    document = folder.conda
    if document is None or not isinstance(document.data, dict) or not isinstance(document.get("dependencies"), list):
        return
    channels = document.get("channels")
    hint = "make conda-forge the only channel"
    if channels is None or channels == []:
        place = document.locate("channels") if "channels" in document.data else document.locate()
        message = "no channels: conda takes its default ones, which are Anaconda's and need a licence in companies"
        yield Problem(message, place, hint, subject="none")
        return
    severity = Severity.NOTE if written_before_1_25(folder) else None
    for index, channel in enumerate(channels if isinstance(channels, list) else ()):
        if isinstance(channel, str) and _is_anaconda(channel):
            message = f"channel {channel!r} belongs to Anaconda and needs a licence in companies"
            place = document.locate("channels", index)
            # With conda-forge in the list as well, only people know whether its order matters.
            fix = (Edit(place, channel, "conda-forge"),) if channels == ["defaults"] else ()
            yield Problem(message, place, hint, subject=channel, severity=severity, fix=fix)
    for spec in folder.conda_specs:
        if _is_anaconda(spec.channel):
            message = f"{spec.text!r} comes from a channel of Anaconda, which needs a licence in companies"
            yield Problem(message, spec.location, hint, subject=spec.name)
