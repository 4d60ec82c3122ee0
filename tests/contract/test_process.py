"""A model's process, and what a model can do to it: each test runs real processes that really do so."""

from __future__ import annotations

import os
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from mlcheck.contract.outcome import Answered, Died, Raised, Refused, TimedOut
from mlcheck.contract.process import Limits, ModelProcess
from tests.contract.models import error_of, output_of, save_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One model that does what its input says, so that one folder serves most tests
OBEDIENT = """
import ctypes, os, signal, subprocess, sys, threading, time

SEGFAULT = lambda: ctypes.string_at(0)

def fork_and_leave(detach):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        if detach:
            os.setsid()
            if os.fork():
                os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(write, str(os.getpid()).encode())
        time.sleep(600)
    return int(os.read(read, 20))

def close_all():
    os.closerange(0, 65536)

def scribble():
    for fd in range(3, 2000):
        try:
            os.write(fd, b"what a model prints" * 10)
        except OSError:
            pass

def bomb():
    return len(bytearray(8 << 30))

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(600)

class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no words")

def raise_silent():
    raise Silent

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return eval(model_input["do"].iloc[0], globals(), {"data": model_input})
"""


@pytest.fixture(scope="module")
def obedient_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("obedient") / "model"
    save_model(folder, OBEDIENT, signature=ModelSignature(inputs=Schema([ColSpec("string", "do")])))
    return folder


@pytest.fixture(scope="module")
def obedient(obedient_folder: Path) -> Iterator[ModelProcess]:
    with ModelProcess(obedient_folder, name="models/obedient", limits=Limits(call=20)) as process:
        yield process


def do(process: ModelProcess, what: str, timeout: float | None = None) -> Any:
    return process.predict(pd.DataFrame({"do": [what]}), timeout=timeout)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stream:
        return ") Z " not in stream.read()


# --- answers ---------------------------------------------------------------------------------------------------


def test_an_answer_has_the_output_described(obedient: ModelProcess) -> None:
    outcome = do(obedient, "[1, 2.5, None, 'x']")
    assert isinstance(outcome, Answered)
    assert output_of(outcome) == [1, 2.5, None, "x"]
    assert (outcome.seen.op, outcome.seen.inner_calls, outcome.seen.input_changed) == ("predict", 1, False)


def test_a_close_look_tells_what_was_changed_and_what_can_be_written(obedient: ModelProcess) -> None:
    frame = pd.DataFrame({"do": ["data.__setitem__('do', 1)", "x"]})
    assert not obedient.predict(frame, closely=True).seen.input_changed  # enforcement made a frame of its own
    found: list[Any] = [obedient.predict(pd.DataFrame({"do": [text]}), closely=True) for text in ("1", "np.nan", "{1}")]
    assert [(one.serialised.ok, one.serialised.strict_json) for one in found] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    assert found[2].serialised.error == "TypeError: Object of type set is not JSON serializable"


def test_enforcement_refuses_before_the_model_is_reached(obedient: ModelProcess) -> None:
    outcome = obedient.predict(pd.DataFrame({"do": [1.5]}))
    assert isinstance(outcome, Refused)
    assert outcome.error.is_a("MlflowException")
    assert outcome.seen.inner_calls == 0


def test_what_the_model_raises_is_told_with_its_own_frames_only(obedient: ModelProcess) -> None:
    outcome = do(obedient, "[][0]")
    assert isinstance(outcome, Raised)
    assert outcome.error.type == "builtins.IndexError"
    assert outcome.error.message == "list index out of range"
    assert 'File "models/obedient/model.py"' in outcome.error.traceback
    assert "worker.py" not in outcome.error.traceback
    assert "mlflow/pyfunc" not in outcome.error.traceback


@pytest.mark.parametrize("what", ["sys.exit(3)", "exit()", "(_ for _ in ()).throw(KeyboardInterrupt)"])
def test_exceptions_that_mean_the_end_do_not_end_the_process(obedient: ModelProcess, what: str) -> None:
    outcome = do(obedient, what)
    assert isinstance(outcome, Raised)
    assert outcome.error.is_a("SystemExit") or outcome.error.is_a("KeyboardInterrupt")
    assert do(obedient, "1") == pytest.approx(do(obedient, "1")) or isinstance(do(obedient, "1"), Answered)


def test_an_exception_without_words_is_still_told(obedient: ModelProcess) -> None:
    outcome = do(obedient, "raise_silent()")
    assert isinstance(outcome, Raised)
    assert outcome.error.type.endswith("Silent")
    assert outcome.error.message == "<str failed: RuntimeError>"


def test_warnings_are_told(obedient: ModelProcess) -> None:
    outcome = do(obedient, "__import__('warnings').warn('mind the gap')")
    assert outcome.seen.warnings == ("UserWarning: mind the gap",)


def test_two_processes_show_the_same_text(obedient: ModelProcess) -> None:
    first = do(obedient, "1 / (0 if object().__repr__() else print(data.nothing))")
    obedient.restart()
    assert error_of(do(obedient, "1 / (0 if object().__repr__() else print(data.nothing))")) == first.error
    assert "0x" not in error_of(do(obedient, "[object()][object()]")).message


# --- deaths ----------------------------------------------------------------------------------------------------


def test_a_segmentation_fault_is_an_outcome_that_shows_where(obedient: ModelProcess) -> None:
    outcome = do(obedient, "SEGFAULT()")
    assert isinstance(outcome, Died)
    assert outcome.signal == "SIGSEGV"
    assert "models/obedient/model.py" in outcome.seen.stderr
    assert "mlcheck" not in outcome.seen.stderr
    assert "Extension modules" not in outcome.seen.stderr
    assert isinstance(do(obedient, "1"), Answered)


def test_a_quiet_exit_is_an_outcome(obedient: ModelProcess) -> None:
    outcome = do(obedient, "(print('almost done'), sys.stdout.flush(), os._exit(7))")
    assert isinstance(outcome, Died)
    assert (outcome.exit_code, outcome.signal) == (7, "")
    assert outcome.seen.stdout == "almost done\n"


def test_death_between_two_calls_is_told_at_the_next(obedient: ModelProcess) -> None:
    do(obedient, "threading.Timer(0.2, os._exit, [9]).start()")
    time.sleep(1)
    outcome = do(obedient, "1")
    assert isinstance(outcome, Died)
    assert (outcome.exit_code, outcome.note) == (9, "between two calls")
    assert isinstance(do(obedient, "1"), Answered)


@pytest.mark.parametrize(
    "what", ["time.sleep(600)", "[i for i in iter(int, 1)]", "stubborn()", "os.kill(os.getpid(), signal.SIGSTOP)"]
)
def test_a_model_that_hangs_is_ended_in_time(obedient: ModelProcess, what: str) -> None:
    do(obedient, "1")
    started = time.monotonic()
    outcome = do(obedient, what, timeout=0.5)
    assert time.monotonic() - started < 4
    assert isinstance(outcome, TimedOut)
    assert outcome.limit == 0.5


def test_a_hanging_model_shows_where_it_was(obedient: ModelProcess) -> None:
    outcome = do(obedient, "time.sleep(600)", timeout=0.5)
    assert re.search(r'File "models/obedient/model.py", line \d+ in predict', outcome.seen.stderr)


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("end", ["stop", "exit", "hang"])
def test_children_do_not_outlive_the_model(obedient: ModelProcess, detach: bool, end: str) -> None:
    pid = output_of(do(obedient, f"fork_and_leave({detach})"))
    pid = find_pid(pid)
    assert is_alive(pid)
    if end == "stop":
        obedient.restart()
    else:
        do(obedient, "os._exit(1)" if end == "exit" else "time.sleep(60)", timeout=0.5)
    assert not is_alive(pid)


def find_pid(pid: object) -> int:
    assert isinstance(pid, int)
    return pid


def test_threads_left_behind_do_not_hinder_the_end(obedient: ModelProcess) -> None:
    do(obedient, "[threading.Thread(target=time.sleep, args=[600]).start() for _ in range(20)]")
    started = time.monotonic()
    obedient.restart()
    assert time.monotonic() - started < 2


# --- output ----------------------------------------------------------------------------------------------------


def test_printing_without_end_is_bounded_and_harmless(obedient: ModelProcess) -> None:
    outcome = do(obedient, "[sys.stdout.write('x' * 1000000) for _ in range(200)] and 1 / 0")
    assert isinstance(outcome, Raised)
    assert outcome.seen.stdout.startswith("xxx")
    assert len(outcome.seen.stdout) <= 65536


def test_binary_output_is_harmless(obedient: ModelProcess) -> None:
    outcome = do(obedient, "(os.write(1, bytes(range(256))), os.write(2, bytes(range(255, -1, -1))), 1 / 0)")
    assert isinstance(outcome, Raised)
    assert "abc" in outcome.seen.stdout


def test_output_belongs_to_its_own_call(obedient: ModelProcess) -> None:
    do(obedient, "print('the first', file=sys.stderr)")
    assert do(obedient, "1 / 0").seen.stderr == ""
    assert do(obedient, "(print('now', file=sys.stderr), 1 / 0)").seen.stderr == "now\n"


def test_the_log_of_mlflow_has_no_times_that_differ_from_run_to_run(obedient: ModelProcess) -> None:
    said = do(obedient, "(mlflow.utils.logging_utils.eprint('2026/11/21 03:55:51 WARNING x: it is 2026/11/21'), 1 / 0)")
    assert said.seen.stderr == "WARNING x: it is 2026/11/21\n"


def test_closed_streams_are_harmless(obedient: ModelProcess) -> None:
    assert isinstance(do(obedient, "(os.close(0), os.close(1), os.close(2))"), Answered)
    assert isinstance(do(obedient, "print('nowhere')"), Answered | Raised)
    assert output_of(do(obedient, "5")) == 5
    obedient.restart()


def test_closing_every_descriptor_is_told(obedient: ModelProcess) -> None:
    outcome = do(obedient, "close_all()")
    assert isinstance(outcome, Died)
    assert isinstance(do(obedient, "1"), Answered)


def test_scribbling_on_every_descriptor_is_told(obedient: ModelProcess) -> None:
    outcome = do(obedient, "scribble()")
    assert isinstance(outcome, Died)
    assert outcome.note == "the model wrote on a descriptor that is not its own"
    assert isinstance(do(obedient, "1"), Answered)


# --- memory ----------------------------------------------------------------------------------------------------


def test_the_memory_limit_makes_an_outcome_of_a_bomb(tmp_path: Path) -> None:
    source = """
    class Model(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return len(bytearray(8 << 30))
    """
    folder = save_model(tmp_path / "bomb", source)
    with ModelProcess(folder, limits=Limits(memory=4 << 30)) as process:
        outcome = process.predict([1])
        assert isinstance(outcome, Raised)
        assert outcome.error.is_a("MemoryError")


def test_death_for_want_of_memory_is_named(obedient: ModelProcess) -> None:
    assert do(obedient, "os.kill(os.getpid(), signal.SIGKILL)").note.startswith("from outside; ")
    outcome = do(obedient, "(print(\"terminate called: 'std::bad_alloc'\", file=sys.stderr, flush=True), os.abort())")
    assert (outcome.signal, outcome.note) == ("SIGABRT", "out of memory")


def test_an_output_too_large_to_bring_over_is_named(obedient: ModelProcess) -> None:
    outcome = do(obedient, "np.zeros(20_000_000)")
    assert isinstance(outcome, Answered)
    assert output_of(outcome).type_name == "numpy.ndarray"


# --- many, concurrent, served ----------------------------------------------------------------------------------


def predict_ahead(process: ModelProcess, texts: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for text in texts:
        process.predict_ahead(pd.DataFrame({"do": [text]}), None, partial(kept.__setitem__, text))
    process.finish_ahead()
    return kept


def test_cases_are_predicted_ahead_in_order(obedient: ModelProcess) -> None:
    texts = [f"globals().setdefault('seen', []).append({i}) or seen[:]" for i in range(20)]
    kept = predict_ahead(obedient, texts)
    assert [output_of(kept[text]) for text in texts] == [list(range(i + 1)) for i in range(20)]


def test_what_breaks_ahead_is_told_with_its_output_and_keeps_the_others_from_the_model(obedient: ModelProcess) -> None:
    note = "globals().setdefault('noted', []).append"
    kept = predict_ahead(obedient, [f"{note}(1)", "print('here') or 1 / 0", f"print('there') or {note}(2)"])
    assert list(kept) == [f"{note}(1)", "print('here') or 1 / 0"]
    raised = kept["print('here') or 1 / 0"]
    assert isinstance(raised, Raised)
    assert raised.seen.stdout == "here\n"
    assert output_of(predict_ahead(obedient, ["noted[:]"])["noted[:]"]) == [1]


def test_a_death_ahead_is_told_of_the_case_over_which_it_came(obedient: ModelProcess) -> None:
    dies = "(print('here', flush=True), time.sleep(0.1), os._exit(4))"
    kept: dict[str, Any] = {}
    for text in ["3", dies, "4", "5"]:
        obedient.predict_ahead(pd.DataFrame({"do": [text]}), None, partial(kept.__setitem__, text))
    time.sleep(0.5)
    obedient.predict_ahead(pd.DataFrame({"do": ["6"]}), None, partial(kept.__setitem__, "6"))
    assert output_of(do(obedient, "5")) == 5
    assert list(kept) == ["3", dies]
    assert (kept[dies].exit_code, kept[dies].seen.stdout) == (4, "here\n")


def test_what_hangs_ahead_ends_the_process(obedient_folder: Path) -> None:
    with ModelProcess(obedient_folder, limits=Limits(call=1)) as process:
        kept = predict_ahead(process, ["1", "time.sleep(600)", *map(str, range(100, 120))])
        assert list(kept) == ["1", "time.sleep(600)"]
        assert isinstance(kept["time.sleep(600)"], TimedOut)
        assert output_of(do(process, "2")) == 2


def test_a_call_waits_for_what_is_predicted_ahead(obedient: ModelProcess) -> None:
    kept: list[Any] = []
    obedient.predict_ahead(pd.DataFrame({"do": ["time.sleep(0.2) or 1"]}), None, kept.append)
    assert output_of(do(obedient, "2")) == 2
    assert [output_of(outcome) for outcome in kept] == [1]


def test_large_cases_and_answers_ahead_do_not_block_each_other(obedient: ModelProcess) -> None:
    kept = predict_ahead(obedient, [f"'{i}' + 'x' * 3_000_000 #{'y' * 3_000_000}" for i in range(12)])
    assert len(kept) == 12


def test_concurrent_calls_show_shared_state(obedient: ModelProcess) -> None:
    shared = "(globals().update(mine=data['do'].iloc[0][-1]), time.sleep(0.02), globals()['mine'])[-1] #"
    cases = [(pd.DataFrame({"do": [shared + letter]}), None) for letter in "abcd"]
    threads = obedient.concurrent(cases, 5)
    assert isinstance(threads, list)
    outputs = {
        letter: [output_of(outcome) for outcome in thread] for letter, thread in zip("abcd", threads, strict=True)
    }
    assert any(set(found) != {letter} for letter, found in outputs.items())


def test_the_scoring_server_answers(obedient: ModelProcess) -> None:
    served: Any = obedient.serve(b'{"dataframe_split": {"columns": ["do"], "data": [["[1, 2]"]]}}', "application/json")
    assert (served.status, served.body, served.seen.inner_calls) == (200, b'{"predictions": [1, 2]}', 1)
    refused: Any = obedient.serve(b'{"dataframe_split": {"columns": ["x"], "data": [[1]]}}', "application/json")
    assert (refused.status, refused.seen.inner_calls) == (400, 0)
    broken: Any = obedient.serve(b'{"dataframe_split": {"columns": ["do"], "data": [["{1, 2}"]]}}', "application/json")
    assert (broken.status, broken.error.type) == (500, "builtins.TypeError")
    ended: Any = obedient.serve(b'{"dataframe_split": {"columns": ["do"], "data": [["exit()"]]}}', "application/json")
    assert error_of(ended).is_a("SystemExit")
    died: Any = obedient.serve(
        b'{"dataframe_split": {"columns": ["do"], "data": [["SEGFAULT()"]]}}', "application/json"
    )
    assert isinstance(died, Died)
