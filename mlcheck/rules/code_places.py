"""Rules about places and servers that the model's source relies on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.code_calls import calls_of, place_of
from mlcheck.rules.coded import live_functions_of
from mlcheck.rules.registry import rule

_AT_LOAD = frozenset({"_load_pyfunc", "load_context", "__init__"})
_HOME = r"(?:/home/|/Users/|/root/|[A-Za-z]:[\\/]Users[\\/])[\w .@-]+[\\/]\S|[A-Za-z]:\\\w[^\n]*\\\S"
_PLATFORM = r"(?:/dbfs/|dbfs:/|/Workspace/|/Volumes/|/content/|/kaggle/|/mnt/|/data/|/opt/ml/|/scratch/)\S"
_NO_FILES = (
    r"(?:^|\.)(?:startswith|endswith|replace|match|search|sub|compile|split|strip|lstrip|removeprefix|format|info|debug"
    r"|warning|print)$"
)


@rule("MLC447", Severity.WARNING, since="0.1.0")
def author_path_in_code(folder: ModelFolder) -> Iterator[Problem]:
    """Finds paths of the author's machine in calls of the model's source.

    ## Why is this bad?
    The file is not there where the model is served: `FileNotFoundError` when it is loaded or at the first `predict`.
    Places that a platform mounts (/dbfs, /Volumes, /mnt, /content) are a note: they are there on that platform only.

    ## Bad
        joblib.load("/home/jane/churn/encoder.joblib")

    ## Good
        joblib.load(context.artifacts["encoder"])

    ## What to do
    Ship the file with `artifacts={"encoder": "encoder.joblib"}` and open the path that the context gives.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4615, https://github.com/mlflow/mlflow/issues/3144
    """
    told: set[tuple[str, str]] = set()
    live = live_functions_of(folder)
    for source, call, _ in calls_of(folder):
        dead = bool(call.context.functions) and call.context.functions[0] not in live
        for text in () if dead or re.search(_NO_FILES, call.name) else call.texts:
            home, platform = bool(re.match(_HOME, text)), bool(re.match(_PLATFORM, text))
            if (home or platform) and (source.path, text) not in told:
                told.add((source.path, text))
                what = "a path of the author's machine" if home else "a path that only some machines have"
                message = f"{call.name or 'a call'} is given {what}: {text[:100]!r}"
                hint = "ship the file with artifacts={…} and open context.artifacts[…]"
                severity = None if home else Severity.NOTE
                yield Problem(message, place_of(source, call), hint, subject=text, severity=severity)


_LOADERS = r"mlflow\.(?:\w+\.)?load_(?:model|state_dict|checkpoint|prompt)"
_TRACKING = (
    r"mlflow\.(?:set_tracking_uri|set_registry_uri|set_experiment|login|start_run|log_\w+|get_run|search_\w+"
    r"|artifacts\.\w+|MlflowClient|tracking\.MlflowClient|client\.MlflowClient)"
)
_NETWORK = (
    r"(?:requests|httpx)\.(?:get|post|put|patch|delete|head|request)|urllib\.request\.(?:urlopen|urlretrieve)"
    r"|nltk\.download|huggingface_hub\.\w*download\w*|spacy\.cli\.download|gdown\.download|wget\.download|boto3\.client"
    r"|boto3\.resource|torch\.hub\.load\w*|gensim\.downloader\.load"
)
_REMOTE = r"(?:models|runs|s3|gs|wasbs?|abfss?|dbfs|https?|mlflow-artifacts|hdfs|ftp):/"


@rule("MLC448", Severity.WARNING, since="0.1.0")
def server_needed_to_load(folder: ModelFolder) -> Iterator[Problem]:
    """Finds calls that need a server while the model is loaded: a tracking server, another model, a download.

    ## Why is this bad?
    The model loads only where that server can be reached, with credentials for it, and gives something else once
    what is there changes. `mlflow.set_tracking_uri` in a model changes the tracking of whoever loads it. Downloads and
    requests are a note.

    ## Bad
        def load_context(self, context):
            self.base = mlflow.pyfunc.load_model("models:/base/1")

    ## Good
        def load_context(self, context):
            self.base = mlflow.pyfunc.load_model(context.artifacts["base"])

    ## What to do
    Log the other model or file as an artifact: `artifacts={"base": "models:/base/1"}` copies it into the folder.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4023, https://github.com/mlflow/mlflow/issues/22880
    """
    for source, call, _ in calls_of(folder):
        functions = call.context.functions
        remote = any(re.match(_REMOTE, text) for text in call.texts)
        if functions and functions[-1] not in _AT_LOAD:
            continue
        message = ""
        if re.fullmatch(_LOADERS, call.name) and remote:
            message = f"loads {call.texts[0]!r}, which has to be reached wherever the model is loaded"
        elif re.fullmatch(_TRACKING, call.name):
            message = f"calls {call.name} when the model is loaded, which needs or changes a tracking server"
        elif re.fullmatch(_NETWORK, call.name):
            message = f"calls {call.name} when the model is loaded, which needs the network"
        if message:
            severity = Severity.NOTE if re.fullmatch(_NETWORK, call.name) else None
            hint = "log what is fetched as an artifact of the model"
            yield Problem(message, place_of(source, call), hint, subject=call.name, severity=severity)
