"""What came of asking a model something: it answered, refused, raised, died or timed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class ModelError:
    """An exception in the model's process; `type` and `bases` are full names: `builtins.ValueError`."""

    type: str
    bases: tuple[str, ...]
    message: str
    traceback: str

    def is_a(self, name: str) -> bool:
        """Tell whether the exception is of the class, named in full or by its last part."""
        return any(name in {base, base.rpartition(".")[2]} for base in self.bases)

    def __str__(self) -> str:
        name = self.type.removeprefix("builtins.")
        return f"{name}: {self.message}" if self.message else name


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the process during a call.

    `op` is what was asked for: `load`, `load_flavor`, `predict`, `stream`, `serve`, `concurrent`. `seconds` is the
    time in `predict` (or load) itself, `inner_calls` how often the model's own predict was reached, `input_changed`
    whether it changed the caller's data. `network` and `writes` name what it tried to reach or to write below
    its own folder. `stdout` and `stderr` hold the last of what it printed; they are filled for calls that were
    not answered.
    """

    op: str = ""
    seconds: float = 0.0
    inner_calls: int = 0
    input_changed: bool = False
    warnings: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, slots=True)
class Serialised:
    """Whether MLflow's scoring server can write the output as JSON, and whether it is JSON without NaN.

    `ok` is None where the server's libraries are not installed.
    """

    ok: bool | None
    error: str
    strict_json: bool | None


@dataclass(frozen=True, slots=True)
class Habits:
    """What predict does to its process besides answering, see `child/habits.py`.

    `settings` are (name, before, after) of what belongs to the whole process and every call changes; `left` is how
    much more there is after three calls, by kind; `files` are what is in the working directory, which was empty;
    `seeds` the random generators that every call puts into one state; `earlier_changes` whether an answer changes
    by the next call; `kept_blocks` and `kept_bytes` are how many objects and how much memory every call keeps.
    """

    settings: tuple[tuple[str, str, str], ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    earlier_changes: bool = False
    kept_blocks: int = 0
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ParamsSeen:
    """Whether params reach the model's own predict, whether its code names them, and which of them it asks for."""

    reached: bool
    named: bool
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """The call returned; `output` is described data (see `contract.data`), None for a load."""

    kind: ClassVar[str] = "answered"
    output: object = None
    serialised: Serialised | None = None
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return "answered"


@dataclass(frozen=True, slots=True)
class Served:
    """The scoring server's own code answered a request, whatever its status."""

    kind: ClassVar[str] = "served"
    status: int
    body: bytes
    content_type: str
    error: ModelError | None = None
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return f"the scoring server answered {self.status}"


@dataclass(frozen=True, slots=True)
class Refused:
    """`predict` raised before the model's own predict was reached: enforcement at work."""

    kind: ClassVar[str] = "refused"
    error: ModelError
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return f"refused: {self.error}"


@dataclass(frozen=True, slots=True)
class Raised:
    """The model itself raised, in load or in its own predict."""

    kind: ClassVar[str] = "raised"
    error: ModelError
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return f"raised {self.error}"


@dataclass(frozen=True, slots=True)
class Died:
    """The process ended: `exit_code`, or the name of the `signal`; `note` says more where more is known."""

    kind: ClassVar[str] = "died"
    exit_code: int | None = None
    signal: str = ""
    note: str = ""
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        how = f"signal {self.signal}" if self.signal else ""
        how = how if self.exit_code is None else f"exit code {self.exit_code}"
        return f"the process died ({', '.join(filter(None, (how, self.note)))})"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer within `limit` seconds; the process was ended, and `seen.stderr` shows where it was."""

    kind: ClassVar[str] = "timed-out"
    limit: float
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return f"no answer within {self.limit:g} s"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It could not be tried here, through no fault of the model: `reason` says why."""

    kind: ClassVar[str] = "unavailable"
    reason: str
    seen: Seen = field(default_factory=Seen)

    def __str__(self) -> str:
        return self.reason


Outcome: TypeAlias = Answered | Refused | Raised | Died | TimedOut | Unavailable
