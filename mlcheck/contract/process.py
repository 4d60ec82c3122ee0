"""A model in a process of its own, which may crash, hang or print without end: each of these is an outcome.

with ModelProcess(Path("models/churn")) as process:
    process.load()                                  # Answered(…), Raised(…), Died(…) or TimedOut(…)
    match process.predict(frame, {"threshold": 0.5}):
        case Answered(output=output):
            ...
        case Refused(error=error):                  # by enforcement: the model's own predict was not reached
            ...
"""

from __future__ import annotations

import base64
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mlcheck.contract.ahead import Ahead
from mlcheck.contract.answers import Tidier, read_habits, read_outcome, read_served
from mlcheck.contract.channel import ChannelError
from mlcheck.contract.clock import Clock
from mlcheck.contract.data import to_wire
from mlcheck.contract.forkserver import Forkserver, StartError
from mlcheck.contract.launcher import get_forkserver
from mlcheck.contract.outcome import Answered, Died, Habits, Outcome, ParamsSeen, Seen, Served, TimedOut
from mlcheck.contract.room import Limits, Room, describe_room
from mlcheck.contract.session import Ending, Session
from mlcheck.contract.workspace import Workspace, make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from mlcheck.contract.libraries import Library

__all__ = ["Limits", "ModelProcess", "Room", "StartError"]

Case: TypeAlias = tuple[object, object]
"""Data and params, described or real."""

_OK: Final = 200
_MEMORY: Final = re.compile(r"MemoryError|std::bad_alloc|[Oo]ut of memory|Cannot allocate memory")


class ModelProcess:
    """One model folder, copied and run in its own process; not for use by several threads at once.

    The process starts when it is first needed and is started again after a death. Every wait has a limit. `stop`
    (or leaving the `with` block) ends the process with all that it has started and removes its folders.

    Every call raises StartError when no process can be had at all (no such interpreter, no mlflow there), and
    OSError when the folder cannot be copied; all that a model can do is an outcome.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        python: str | None = None,
        hash_seed: int = 0,
        library: Library | None = None,
        room: Room | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take `folder`; `name` stands for it in texts, `python` is another interpreter (with mlflow) to use.

        A `library` is imported before the process is forked. With a `clock`, calls raise OutOfTimeError once the time
        for the model is over.
        """
        self.name = name or str(folder)
        self.isolation: Mapping[str, str] = {}
        """How network and folder are kept apart, once loaded; see `child/sandbox.py` for the words."""
        self.imported: tuple[str, ...] = ()
        """The modules that the load has imported, in order, besides the model's own."""
        self._folder = folder
        self._room = room or Room()
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        self._python = python
        self._library = library
        self._hash_seed = hash_seed
        self._workspace: Workspace | None = None
        self._session: Session | None = None
        self._ahead: Ahead | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what can be asked -------------------------------------------------------------------------------

    def load(self, *, timeout: float | None = None) -> Outcome:
        """Load the model with `mlflow.pyfunc.load_model` in a fresh process."""
        session = self._start()
        answer = session.ask({"op": "load"}, self._clock.cap(timeout or self._limits.load))
        outcome = self._read(answer, "load", session)
        session.loaded = isinstance(outcome, Answered)
        if isinstance(answer, dict):
            self.isolation = answer["room"]
            self.imported = tuple(answer["imported"])
        return outcome

    def load_flavor(self, flavor: str, library: str | None = None, *, timeout: float | None = None) -> Outcome:
        """Load the model with `mlflow.<flavor>.load_model` in a fresh process, which is for nothing else.

        Unavailable where the flavor's library (of the flavor's own name, if not given) is not installed.
        """
        session = self._start()
        request = {"op": "load_flavor", "flavor": flavor, "library": library}
        outcome = self._read(
            session.ask(request, self._clock.cap(timeout or self._limits.load)), "load_flavor", session
        )
        session.end()
        return outcome

    def predict(
        self, data: object, params: object = None, *, closely: bool = False, timeout: float | None = None
    ) -> Outcome:
        """Return what comes of `predict(data, params)`. Loads the model if need be.

        With `closely`, which takes longer, `seen.input_changed` tells whether the model changed the caller's data,
        and `serialised` of an answer whether the scoring server could write it.
        """
        session = self._get_ready()
        if not isinstance(session, Session):
            return session
        request = {"op": "predict", "closely": closely, **_write_case((data, params))}
        return self._read(session.ask(request, self._clock.cap(timeout or self._limits.call)), "predict", session)

    def stream(self, data: object, params: object = None, *, timeout: float | None = None) -> Outcome:
        """Return what comes of reading `predict_stream(data, params)` to its end; the answer has no output."""
        session = self._get_ready()
        if not isinstance(session, Session):
            return session
        request = {"op": "stream", **_write_case((data, params))}
        return self._read(session.ask(request, self._clock.cap(timeout or self._limits.call)), "stream", session)

    def predict_ahead(self, data: object, params: object, keep: Callable[[Outcome], None]) -> None:
        """Have a case predicted while the caller goes on; `keep` is called with its outcome.

        It is not called for the cases behind one in which something broke: they have not reached the model. Any
        other call, such as `finish_ahead`, waits for the answers that are still to come.
        """
        if self._ahead is None:
            session = self._get_ready()
            if not isinstance(session, Session):
                return
            read = partial(self._read, op="predict", session=session)
            self._ahead = Ahead(session, read, lambda: self._clock.cap(self._limits.call))
        self._ahead.predict(data, params, keep)

    def finish_ahead(self) -> None:
        """Wait for what is predicted ahead."""
        if self._ahead is not None:
            self._ahead.finish()
            self._ahead = None

    def serve(self, body: bytes, content_type: str, *, timeout: float | None = None) -> Served | Outcome:
        """Return what MLflow's scoring server answers to a request to `/invocations`, run inside the process."""
        session = self._get_ready()
        if not isinstance(session, Session):
            return session
        request = {"op": "serve", "body": base64.b64encode(body).decode("ascii"), "content_type": content_type}
        answer = session.ask(request, self._clock.cap(timeout or self._limits.call))
        if isinstance(answer, dict) and answer.get("status") is not None:
            output = {} if answer["status"] == _OK else session.fetch_output()
            return read_served(answer, self._tidier, output)
        return self._read(answer, "serve", session)

    def concurrent(
        self, cases: Iterable[Case], repeats: int, *, timeout: float | None = None
    ) -> list[list[Outcome]] | Outcome:
        """Call `predict` in one thread for each case, `repeats` times each, all at once.

        Returns the outcomes of each thread in its order; one outcome for all when the process did not survive.
        """
        session = self._get_ready()
        if not isinstance(session, Session):
            return session
        request = {"op": "concurrent", "cases": [_write_case(case) for case in cases], "repeats": repeats}
        answer = session.ask(request, self._clock.cap(timeout or self._limits.call))
        if isinstance(answer, Ending) or answer["outcome"] != "answered":
            return self._read(answer, "concurrent", session)
        return [[self._read(one, "concurrent") for one in thread] for thread in answer["results"]]

    def observe(self, first: Case, second: Case, *, timeout: float | None = None) -> Habits | Outcome:
        """Return what predict does to its process besides answering; the cases are called some forty times.

        The outcome of a call that was not answered, if there was one.
        """
        request = {"op": "observe", "cases": [_write_case(first), _write_case(second)]}
        answer = self._ask(request, 40 * (timeout or self._limits.call))
        return read_habits(answer["habits"], self._tidier) if isinstance(answer, dict) else answer

    def watch_params(self, case: Case, *, timeout: float | None = None) -> ParamsSeen | Outcome:
        """Return what the model does with the params of a case that is answered."""
        answer = self._ask({"op": "watch_params", **_write_case(case)}, timeout or self._limits.call)
        if not isinstance(answer, dict):
            return answer
        return ParamsSeen(answer["reached"], answer["named"], frozenset(answer["asked"]))

    def find_categories(self) -> Mapping[str, list[Any]]:
        """Return by column the categories that encoders in the loaded model know, as far as they can be seen."""
        answer = self._ask({"op": "find_categories"}, self._limits.call)
        return answer["categories"] if isinstance(answer, dict) else {}

    def _ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any] | Outcome:
        """Return the answer to a request, or what came instead."""
        session = self._get_ready()
        if not isinstance(session, Session):
            return session
        answer = session.ask(request, self._clock.cap(timeout))
        if isinstance(answer, dict) and answer["outcome"] == "answered":
            return answer
        return self._read(answer, request["op"], session)

    def find_changes(self) -> tuple[str, ...]:
        """Return the paths in the model's own folder that are not as they were before it was loaded."""
        return self._workspace.find_changes() if self._workspace else ()

    # --- life of the process -----------------------------------------------------------------------------

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of python, mlflow, numpy and pandas that the model runs with."""
        return self._get_forkserver().versions

    def restart(self, hash_seed: int | None = None) -> None:
        """End the process; the next call has a new one, with another seed for the hashes of str if given."""
        if self._session is not None:
            self._session.end()
        if hash_seed is not None:
            self._hash_seed = hash_seed

    def stop(self) -> None:
        """End the process and remove the copy of the folder."""
        if self._session is not None:
            self._session.end()
        if self._workspace is not None:
            self._workspace.remove()
            self._workspace = None

    def _get_ready(self) -> Session | Outcome:
        """Return the session of a loaded model, which has nothing else to do, or what came of loading it."""
        self.finish_ahead()
        if self._session is None or self._session.over or not self._session.loaded:
            outcome = self.load()
            if not isinstance(outcome, Answered):
                return outcome
        assert self._session is not None
        return self._session

    def _get_forkserver(self) -> Forkserver:
        return get_forkserver(self._python, self._hash_seed, library=self._library, timeout=self._limits.start)

    def _start(self) -> Session:
        self.restart()
        server = self._get_forkserver()
        if self._workspace is None or not self._workspace.model.is_dir():  # a forkserver takes its folder along
            root = Path(tempfile.mkdtemp(prefix="model-", dir=server.root))
            self._workspace = make_workspace(self._folder, root, read_only=self._room.read_only)
        child = server.start(describe_room(self._room, self._limits, self._workspace, self._hash_seed, self._python))
        try:
            self._session = Session(child, self._limits.start)
        except (TimeoutError, ChannelError) as error:
            raise StartError("the process could not be forked") from error
        return self._session

    # --- answers -----------------------------------------------------------------------------------------

    def _read(self, answer: dict[str, Any] | Ending, op: str, session: Session | None = None) -> Outcome:
        """Return the outcome; with a session, what was printed is fetched for a call in which something broke."""
        if isinstance(answer, Ending):
            return self._read_ending(answer, op)
        broke = answer["outcome"] not in {"answered", "refused"}
        output = session.fetch_output() if session and broke else {}
        return read_outcome(answer, op, self._tidier, output)

    def _read_ending(self, end: Ending, op: str) -> Died | TimedOut:
        tidy = self._tidier.tidy_output
        seen = Seen(op=op, stdout=tidy(end.stdout), stderr=tidy(end.stderr))
        if end.late is not None:
            if self._clock.is_over:  # it may have been waited for less than its own limit
                raise self._clock.error
            return TimedOut(end.late, seen)
        return Died(end.exit_code, end.signal, end.note or _explain(end), seen)

    @property
    def _tidier(self) -> Tidier:
        assert self._workspace is not None
        return Tidier(((str(self._workspace.model), self.name), (str(self._workspace.root), "<temp>")))


def _explain(end: Ending) -> str:
    if _MEMORY.search(end.stderr):
        return "out of memory"
    return "from outside; the system does so when memory runs out" if end.signal == "SIGKILL" else ""


def _write_case(case: Case) -> dict[str, object]:
    data, params = case
    return {"data": to_wire(data), "params": to_wire(params)}
