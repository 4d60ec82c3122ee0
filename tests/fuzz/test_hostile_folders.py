"""Folders made to hurt: lint takes little time and memory, waits for nothing, reads nothing outside, runs nothing."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BASE = Path(__file__).parent.parent / "lint" / "base" / "pyfunc"
CPU_SECONDS = 10
"""For a whole process; it stops a run that would never end, so that slow machines are no failures."""

MEBIBYTES = 200
"""What lint may use above what it uses for a sound folder."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")

SERVER = """
import json, os, resource, sys
from mlcheck.lint import lint_paths
from mlcheck.output import render
from mlcheck.policy import Overrides

def judge(folder, seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    before = resource.getrusage(resource.RUSAGE_SELF)
    report = lint_paths([folder], Overrides(no_config=True))
    render("json", report), render("text", report)
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "memory": (after.ru_maxrss - before.ru_maxrss) / (1024 if sys.platform == "linux" else 1024 * 1024),
        "codes": sorted({finding.code for finding in report.findings}),
        "internal": [finding.message for finding in report.findings if finding.code == "MLC001"],
        "text": render("json", report),
        "errors": report.errors,
    }), flush=True)

lint_paths([sys.argv[1]], Overrides(no_config=True))
for line in iter(sys.stdin.readline, ""):
    child = os.fork()
    if child == 0:
        judge(*json.loads(line))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        print(json.dumps({"died": status}), flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    """A process that lints each folder in a fresh copy of itself: to start anew takes longer than to lint."""
    command = [sys.executable, "-c", SERVER, str(BASE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(content)

    return change


def add(name: str, content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + content)

    return change


KINDS = ("fifo", "socket", "directory", "/dev/zero", "/dev/stdin", "/etc/passwd", "/proc/self/mem")
NAMES = (
    *("conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json", "serving_input_example.json"),
    *("model_src.py", "model.pkl", "model.skops", "model.xgb", "constraints.txt", "uv.lock", "pyproject.toml", ".env"),
)


def special(kind: str, *names: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for name in names:
            (folder / name).unlink(missing_ok=True)
            make_special(folder, name, kind)

    return change


def make_special(folder: Path, name: str, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(folder / name)
    elif kind == "directory":
        (folder / name).mkdir()
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(folder)  # paths of sockets must be short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(name)
        os.chdir(here)
    else:
        (folder / name).symlink_to(kind)


def signature(text: str) -> Callable[[Path], None]:
    return add("MLmodel", f"\nsignature:\n  inputs: {json.dumps(text)}\n".encode())


def many_files(folder: Path) -> None:
    for number in range(20_000):
        (folder / f"part-{number}").touch()


def deep_directories(folder: Path) -> None:
    path = folder
    for _ in range(300):
        path = path / "d"
        path.mkdir()


def loop(folder: Path) -> None:
    (folder / "loop").symlink_to(".")
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    (folder / "code").symlink_to("..")


COLUMN = {"type": "double", "name": "a", "required": True}
BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + level, 98 + level, b", ".join([b"*%c" % (97 + level)] * 9)) for level in range(12)
)

FOLDERS: dict[str, Callable[[Path], None]] = {
    "alias bomb": write("MLmodel", BOMB),
    "alias bomb in conda.yaml": write("conda.yaml", BOMB),
    "aliases to the limit": write("MLmodel", b"x: &x [" + b"1," * 900 + b"]\ny: [" + b"*x, " * 1000 + b"]\n"),
    "alias cycle": write("MLmodel", b"flavors: &a\n  python_function: *a\n"),
    "merge keys": write("MLmodel", b"a: &a {x: 1}\n" + b"b: {<<: [" + b"*a, " * 20_000 + b"]}\n"),
    "large MLmodel": write("MLmodel", b"a: " + b"x" * 15_000_000),
    "large MLmodel of lines": add("MLmodel", b"".join(b"k%d: v\n" % number for number in range(20_000))),
    "too large MLmodel": write("MLmodel", b"a" * 17_000_000),
    "deep YAML": write("MLmodel", b"[" * 100_000),
    "deep block YAML": write("MLmodel", b"".join(b" " * depth + b"a:\n" for depth in range(3000))),
    "dashes": write("MLmodel", b"- " * 50_000),
    "deep JSON": write("input_example.json", b"[" * 100_000 + b"]" * 100_000),
    "large example": write("input_example.json", json.dumps({"inputs": [[1.5] * 100] * 5000}).encode()),
    "long example": write("input_example.json", json.dumps({"columns": ["a"], "data": [[1]] * 200_000}).encode()),
    "huge numbers": write("input_example.json", b'{"columns": ["a", "b"], "data": [[' + b"9" * 1_000_000 + b", 1]]}"),
    "many requirements": write("requirements.txt", b"".join(b"p%d==1.0\n" % number for number in range(30_000))),
    "same requirement": write("requirements.txt", b"".join(b"p==1.%d\n" % number for number in range(20_000))),
    "odd requirements": write("requirements.txt", b"".join(b"p%d ~~ 1\n" % number for number in range(20_000))),
    "marked requirements": write(
        "requirements.txt", b"".join(b"p%d==1; python_version > '3.%d'\n" % (n, n) for n in range(5000))
    ),
    "long requirement": write("requirements.txt", b"a" * 1_000_000 + b"[" + b"b," * 500_000),
    "blank requirement": write("requirements.txt", b"a" + b" " * 500_000 + b"b"),
    "dotted requirement": write("requirements.txt", b"a" + b"-." * 250_000 + b"!"),
    "equal signs": write("requirements.txt", b"a" + b"=" * 500_000),
    "operators": write("requirements.txt", b"a" + b">=1," * 100_000 + b"!"),
    "options": write("requirements.txt", b"a " + b"--hash=sha256:0 " * 50_000),
    "credentials": write("requirements.txt", b"https://" + b"a@" * 250_000),
    "continued lines": write("requirements.txt", b"a\\\n" * 200_000),
    "files that include themselves": write("requirements.txt", b"-r requirements.txt\n" * 1000),
    "many includes": write("requirements.txt", b"".join(b"-r r%d.txt\n" % number for number in range(20_000))),
    "many conda packages": write(
        "conda.yaml", b"dependencies:\n" + b"".join(b"- p%d=1.0\n" % n for n in range(20_000))
    ),
    "odd conda packages": write(
        "conda.yaml", b"dependencies:\n- '" + b"a=" * 200_000 + b"'\n- '" + b"[" * 100_000 + b"'"
    ),
    "long name of conda package": write("conda.yaml", b"dependencies:\n- " + b"a_" * 200_000 + b"!\n"),
    "wide signature": signature(json.dumps([COLUMN | {"name": f"c{number}"} for number in range(20_000)])),
    "same columns": signature(json.dumps([COLUMN] * 20_000)),
    "deep signature": signature('[{"type": "array", "items": ' * 5000),
    "broken signature": signature('"' + "\\" * 1_000_000),
    "many flavors": add("MLmodel", b"flavors:\n" + b"".join(b"  f%d: {data: d%d}\n" % (n, n) for n in range(5000))),
    "long code": add("model_src.py", b"x = 1\n" * 100_000),
    "deep code": write("model_src.py", b"x = " + b"(" * 5000),
    "deeper code": write("model_src.py", b"x = " + b"-" * 200_000 + b"1"),
    "long chain in code": write("model_src.py", b"x = a" + b".a" * 100_000),
    "null bytes": write("MLmodel", b"\0" * 1_000_000),
    "large model": lambda folder: os.truncate(_touch(folder / "model.pkl"), 50 * 2**30),
    "many files": many_files,
    "deep directories": deep_directories,
    "link loops": loop,
    **{f"MLmodel is {kind}": special(kind, "MLmodel") for kind in KINDS},
    **{f"files are {kind}": special(kind, *NAMES) for kind in KINDS},
}


def _touch(path: Path) -> Path:
    path.touch()
    return path


def lint(server: subprocess.Popen[str], folder: Path, *, seconds: int = CPU_SECONDS) -> dict[str, object]:
    assert server.stdin is not None
    assert server.stdout is not None
    print(json.dumps([str(folder), seconds]), file=server.stdin, flush=True)
    # What waits for something, such as a named pipe, uses no CPU time.
    ready, _, _ = select.select([server.stdout], [], [], 120)
    if not ready:
        server.kill()
        pytest.fail("lint waits for something")
    found: dict[str, object] = json.loads(server.stdout.readline())
    assert "died" not in found, f"status {found['died']}: the limit of CPU time, or a crash"
    return found


@pytest.mark.parametrize("name", FOLDERS)
def test_hostile_folders_are_judged_quickly(name: str, tmp_path: Path, server: subprocess.Popen[str]) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BASE, folder)
    FOLDERS[name](folder)
    found = lint(server, folder)
    assert found["internal"] == []
    assert float(str(found["cpu"])) < 2.0
    assert float(str(found["memory"])) < MEBIBYTES
    assert "root:" not in str(found["text"])


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_findings(tmp_path: Path, server: subprocess.Popen[str]) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BASE, folder)
    (folder / "MLmodel").chmod(0)
    assert lint(server, folder)["internal"] == []


WATCH = """
import json, sys
from pathlib import Path
folder = sys.argv[1]
import mlcheck.cli.lint, mlcheck.lint
mlcheck.lint.known_codes()
seen = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        mode = arguments[1] or ""
        writing = any(letter in mode for letter in "wax+") or bool(arguments[2] & 3)
        seen.append(["write" if writing else "read", str(arguments[0])])
    elif event in ("compile", "exec", "import", "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn",
                   "pickle.find_class", "socket.connect", "os.remove", "os.rename", "os.mkdir", "ctypes.dlopen"):
        seen.append([event, str(arguments[0])[:300]])
sys.addaudithook(watch)
code = mlcheck.cli.lint.main(["--no-config", folder])
print(json.dumps(seen), file=sys.stderr)
"""


def test_lint_reads_only_the_folder_and_runs_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BASE, folder)
    outside = tmp_path / "secret.yaml"
    outside.write_text("token: hunter2\n")
    for name in ("code", "linked.py", "requirements-dev.txt"):
        (folder / name).symlink_to(outside)
    (folder / "conda.yaml").unlink()
    (folder / "conda.yaml").symlink_to(outside)
    (folder / "yaml.py").write_text("raise SystemExit('imported')")
    (folder / "sitecustomize.py").write_text("raise SystemExit('imported')")
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/mlcheck-was-here'\ntR.")
    watch = tmp_path / "watch.py"  # as a command is, without the current folder among the places of modules
    watch.write_text(WATCH)
    run = subprocess.run(
        [sys.executable, str(watch), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": ""},
    )
    seen = json.loads(run.stderr.splitlines()[-1])
    assert "hunter2" not in run.stdout
    own = os.fspath(folder)
    ours = Path(__file__).parents[2]
    library = (sys.prefix, sys.base_prefix, str(ours / "mlcheck"), str(ours / "schemas"), "<frozen", "<string>")
    for event, what in seen:
        assert event in {"read", "import", "compile", "exec", "write"}, (event, what)
        assert event != "write", what
        if event == "read":
            assert what.startswith((own, *library)) or "site-packages" in what, what
            assert os.path.realpath(what) != os.fspath(outside), what
        if event == "import":
            assert what not in {"yaml", "sitecustomize", "model_src", "linked", "pickle", "subprocess"}, what
