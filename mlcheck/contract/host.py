"""What a model is run with: the interpreter that the settings name, and processes of the model."""

from __future__ import annotations

from functools import cached_property

from mlcheck.config import ModelSettings
from mlcheck.contract.clock import Clock
from mlcheck.contract.interpreters import (
    CURRENT,
    DECLARED,
    DeclarationError,
    Interpreter,
    NoInterpreterError,
    diagnose,
    find_interpreter,
    read_declaration,
)
from mlcheck.contract.launcher import OTHER_HASH_SEED, THIRD_HASH_SEED, prepare_forkserver
from mlcheck.contract.libraries import find_library, learn_library
from mlcheck.contract.own_code import makes_hashes
from mlcheck.contract.process import Limits, ModelProcess, Room, StartError
from mlcheck.contract.tally import Tally
from mlcheck.folder import ModelFolder


class Host:
    """The interpreter and the process of one model folder; nothing is started before it is asked for."""

    def __init__(self, folder: ModelFolder, settings: ModelSettings, clock: Clock, tally: Tally) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._tally = tally

    def close(self) -> None:
        """End the process and remove its folders."""
        if "process" in self.__dict__:
            self.process.stop()

    @cached_property
    def interpreter(self) -> Interpreter:
        """The interpreter that the settings name; raises NoInterpreterError or DeclarationError."""
        found = find_interpreter(self._settings.env, self._folder, self._settings.build_time_limit)
        self._tally.notes += found.notes
        self._tally.build_seconds = found.build_seconds
        if found.declared:
            self._tally.built = f"in {found.build_seconds:.1f} s" if found.build_seconds else "before, and kept"
        return found

    @cached_property
    def fault(self) -> NoInterpreterError | DeclarationError | None:
        """Why nothing can be run with the interpreter, `None` where it starts and imports MLflow."""
        try:
            self.interpreter  # noqa: B018 - it is found, or the error says why not
            self.process.versions  # noqa: B018 - it is started, likewise
        except (NoInterpreterError, DeclarationError) as error:
            return error
        except StartError as error:
            return self._judge_start(error)
        return None

    def _judge_start(self, error: StartError) -> NoInterpreterError | DeclarationError:
        python, version = self.interpreter.python, self._folder.mlflow_version
        if self._settings.env == DECLARED and " cannot import mlflow: " in str(error):
            why = str(error).partition(" cannot import mlflow: ")[2]
            message = f"MLflow cannot be imported in the environment that the folder declares: {why}"
            return DeclarationError(message, read_declaration(self._folder).location, hint=_hint_for(why))
        wanted = f"mlflow=={version}" if version else "mlflow"
        return NoInterpreterError(diagnose(python, error, wanted) if python else str(error))

    def describe(self) -> str:
        """Return what the model runs with, for people; empty for the environment that mlcheck runs in."""
        if self._settings.env == CURRENT or self.fault is not None:
            return ""
        versions = self.process.versions
        where = "as declared" if self.interpreter.declared else self.interpreter.python
        return f"Python {versions['python']}, MLflow {versions['mlflow']} ({where})"

    @cached_property
    def process(self) -> ModelProcess:
        """The model's own process."""
        return self.new_process()

    def prepare_others(self) -> None:
        """Start what more processes of the loaded model are forked from, and do not wait for it: it takes seconds."""
        python = self.interpreter.python
        learn_library(self._folder, python, self.process.imported)
        library = find_library(self._folder, python)
        for hash_seed in (0, OTHER_HASH_SEED, *([THIRD_HASH_SEED] if makes_hashes(self._folder) else [])):
            prepare_forkserver(python, hash_seed, library=library)

    def new_process(self, *, hash_seed: int = 0, time_zone: str = "") -> ModelProcess:
        """Return another process of the same model, to be stopped by the caller."""
        limits = Limits(
            load=self._settings.load_time_limit,
            call=self._settings.time_limit,
            memory=self._settings.memory_limit * 1024 * 1024 or None,
        )
        room = Room(declared=_declared_variables(self._folder), time_zone=time_zone)
        return ModelProcess(
            self._folder.root,
            name=self._folder.name,
            python=self.interpreter.python,
            hash_seed=hash_seed,
            library=find_library(self._folder, self.interpreter.python),
            room=room,
            limits=limits,
            clock=self._clock,
        )


def _hint_for(why: str) -> str:
    if "pkg_resources" in why:
        return "declare setuptools<81, in which pkg_resources still is, or a newer MLflow"
    return "declare versions that this MLflow works with"


def _declared_variables(folder: ModelFolder) -> tuple[str, ...]:
    """Return the environment variables that the folder says its model needs."""
    listed = folder.mlmodel_data.get("env_vars")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    lines = (folder.read_text("environment_variables.txt") or "").splitlines()
    names += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(dict.fromkeys(names))
