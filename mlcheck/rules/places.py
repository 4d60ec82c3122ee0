"""Rules about where things lie: links, paths of the author's machine, base models outside of the folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.rules.named import model_files
from mlcheck.rules.registry import rule

# A local path: a drive, a `file:` URI, or an absolute POSIX path of more than one part.
_LOCAL = re.compile(r"^(?:file:/*(?=[^/])|[A-Za-z]:[\\/]|/(?=[^/]+/)|\\\\\w)")
# A home directory anywhere in a text: it names a person and a machine.
_HOME = re.compile(r"(?:^|[\s'\"=:(])((?:file:/*)?(?:[A-Za-z]:)?[\\/](?:home|Users)[\\/][^\\/\s'\"]+[\\/][^\s'\"]*)")
_MAX_DEPTH = 20
_LEAK_HINT = "shorten it if the folder leaves the team: loading does not need it"
_CONFIG_HINT = "if the model opens it, ship it as an artifact: it is not there on another machine"


@rule("MLC405", Severity.ERROR, since="0.1.0")
def link_leads_nowhere(folder: ModelFolder) -> Iterator[Problem]:
    """Finds symbolic links that are broken or lead out of the model folder.

    ## Why is this bad?
    What a link points to outside of the folder is not copied, registered or deployed with it, and a folder from
    somebody else can make a loader read any file of the machine. It is an error where the link is part of the
    model, else a warning.

    ## Bad
        model.pkl -> /mnt/store/model-7.pkl

    ## Good
        model.pkl          (the file itself)

    ## What to do
    Put the file itself into the folder.

    ## Based on
    MLflow 1.0 to 3.17 copy links as they are or fail on them, depending on the artifact store
    """
    linked = [entry for entry in folder.files if entry.kind in ("outside-link", "broken-link")]
    vital = set(model_files(folder)) if linked else set()
    for entry in linked:
        what = "leads out of the model folder" if entry.kind == "outside-link" else "is broken"
        severity = None if entry.path in vital or entry.path == MLMODEL else Severity.WARNING
        hint = "put the file itself into the folder"
        message = f"the symbolic link {entry.path!r} {what}"
        yield Problem(message, Location(entry.path), hint, subject=entry.path, severity=severity)


@rule("MLC406", Severity.NOTE, since="0.1.0")
def leaked_path(folder: ModelFolder) -> Iterator[Problem]:
    """Finds paths of the author's machine in MLmodel.

    ## Why is this bad?
    They tell names of people, machines and projects to whoever gets the model. MLflow writes most of them itself
    (`artifacts.*.uri`, `artifact_path` since 3.0, `model_code_path`, `source_model_name`) and does not need them
    for loading.

    ## Bad
        artifact_path: file:///C:/Users/First%20Last/project/mlruns/1/models/m-1f/artifacts

    ## Good
        artifact_path: model

    ## What to do
    If the folder leaves the team, shorten the value by hand; log from a build machine next time.

    ## Based on
    MLflow 1.0 to 3.17; https://github.com/mlflow/mlflow/issues/19744
    """
    document = folder.mlmodel
    if document is None:
        return
    for keys, value in _leaking_values(folder):
        free_text = "metadata" in keys or "config" in keys
        path = _leak(value, anywhere=free_text)
        if path:
            label = ".".join(map(str, keys[1:] if keys[0] == "flavors" else keys))
            message = f"{label} tells a path of the machine that logged the model: {path!r}"
            hint = _CONFIG_HINT if "config" in keys else _LEAK_HINT
            yield Problem(message, document.locate(*keys), hint, subject=label)


def _leaking_values(folder: ModelFolder) -> Iterator[tuple[tuple[str | int, ...], str]]:
    data = folder.mlmodel_data
    yield from _texts(("artifact_path",), data.get("artifact_path"))
    yield from _texts(("metadata",), data.get("metadata"))
    for flavor, conf in folder.flavors.items():
        artifacts = conf.get("artifacts")
        for name, artifact in artifacts.items() if isinstance(artifacts, dict) else ():
            if isinstance(artifact, dict):
                yield from _texts(("flavors", flavor, "artifacts", name, "uri"), artifact.get("uri"))
        for key in ("model_code_path", "source_model_name", "config"):
            yield from _texts(("flavors", flavor, key), conf.get(key))


def _texts(keys: tuple[str | int, ...], value: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, (Mapping, list)) and len(keys) < _MAX_DEPTH:
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            if isinstance(key, (str, int)):
                yield from _texts((*keys, key), item)


def _leak(value: str, *, anywhere: bool) -> str:
    if anywhere:
        found = _HOME.search(value)
        return found.group(1) if found else ""
    return value if _LOCAL.match(value) else ""


@rule("MLC407", Severity.NOTE, since="0.1.0")
def base_model_outside(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an adapter (transformers, diffusers) whose base model is read from a path outside of the folder.

    ## Why is this bad?
    MLflow stores only the adapter and the path of the base model. Where that path does not exist, loading fails:
    the folder alone is not the model.

    ## Bad
        local_base_model_path: /models/llama-3-8b

    ## Good
        model_binary: model

    ## What to do
    Make sure that the path exists wherever the model is loaded, or save the model with its weights.

    ## Based on
    `mlflow/transformers/model_io.py` and `mlflow/diffusers`, MLflow 3.12 to 3.17
    """
    for flavor, key in (("transformers", "local_base_model_path"), ("diffusers", "base_model")):
        value = folder.flavors.get(flavor, {}).get(key)
        if folder.mlmodel is not None and isinstance(value, str) and _LOCAL.match(value):
            message = f"the base model is loaded from {value!r}, which is not part of the folder"
            hint = "make sure it is there wherever the model is loaded, or save the model with its weights"
            yield Problem(message, folder.mlmodel.locate("flavors", flavor, key), hint, subject=flavor)
