"""`--env uv`: what a folder declares is read as MLflow reads it, built once, kept whole, and blamed only for itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from mlcheck.cli import main
from mlcheck.contract.interpreters import DeclarationError, Interpreter, NoInterpreterError, find_interpreter
from mlcheck.contract.interpreters.declaration import Declaration, read_declaration
from mlcheck.contract.interpreters.store import VARIABLE, cache_folder
from mlcheck.contract.interpreters.uv import blames_folder, essential_lines, find_uv, one_line
from mlcheck.folder import ModelFolder
from tests.contract.models import write_model

FIXTURES = Path(__file__).parent / "declared"
ECHO = "class Model:\n    def predict(self, data):\n        return data\ndef _load_pyfunc(path):\n    return Model()\n"
HERE = "{}.{}".format(*sys.version_info)

try:
    find_uv()
except NoInterpreterError:
    pytest.skip("uv is not installed", allow_module_level=True)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "environments"


def make_folder(root: Path, **files: str) -> ModelFolder:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in {"MLmodel": "flavors: {python_function: {loader_module: x}}\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return ModelFolder(root, "model")


def make_wheel(folder: Path, name: str, version: str = "1.0") -> str:
    """Write a wheel with one module, `NAME.version`; return its file name."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    file = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)  # of the same bytes whenever it is made
    return file.name


def make_local(root: Path, extra: str = "") -> ModelFolder:
    """Make a folder whose environment needs no index: a module named like MLflow's package is enough to build it."""
    wheels = [make_wheel(root / "wheels", name) for name in ("tiny", "mlflow", "setuptools")]
    tiny, mlflow, setuptools = (f"./wheels/{wheel}" for wheel in wheels)
    return make_folder(
        root,
        **{
            "python_env.yaml": f"""
                python: '{HERE}'
                build_dependencies: [{setuptools}]
                dependencies: [-r requirements.txt]
                """,
            "requirements.txt": f"{tiny}\n{mlflow}\n{extra}",
        },
    )


def provide(folder: ModelFolder) -> Interpreter:
    return find_interpreter("uv", ModelFolder(folder.root, folder.name), 300)


def ask(python: str | None, code: str) -> str:
    assert python is not None
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


# --- what is declared ------------------------------------------------------------------------------------------


def test_python_env_comes_first(tmp_path: Path) -> None:
    folder = make_folder(
        tmp_path,
        **{
            "python_env.yaml": """
                python: 3.8.18
                build_dependencies: [pip==23.0, setuptools==65.5.0]
                dependencies: [-r requirements.txt]
                """,
            "conda.yaml": "dependencies: [python=3.9, numpy=1.26, libgcc, {pip: [scipy]}]\n",
            "requirements.txt": "mlflow==2.9.2\nscikit-learn==1.2.2\n",
        },
    )
    found = read_declaration(folder)
    assert (found.python, found.build) == ("3.8.18", ("pip==23.0", "setuptools==65.5.0"))
    assert (found.packages, found.mlflow) == (("-r requirements.txt",), "")
    assert found.notes == ("packages of conda.yaml that only conda installs were left out: numpy=1.26, libgcc",), (
        "MLflow installs none of them with virtualenv or uv"
    )


def test_without_python_env_conda_gives_python_and_build_tools(tmp_path: Path) -> None:
    conda = "dependencies: [python=3.9.7, pip<=23.1, setuptools=65.5, scikit-learn=1.2, libgcc, {pip: [scipy]}]\n"
    found = read_declaration(make_folder(tmp_path / "a", **{"conda.yaml": conda, "requirements.txt": "mlflow\n"}))
    assert (found.python, found.build) == ("3.9.7", ("pip<=23.1", "setuptools==65.5"))
    assert found.packages == ("-r requirements.txt", "scikit-learn==1.2.*")
    assert found.notes == ("packages of conda.yaml that only conda installs were left out: libgcc",)
    alone = read_declaration(make_folder(tmp_path / "b", **{"conda.yaml": conda}))
    assert alone.packages == ("scipy", "scikit-learn==1.2.*")


@pytest.mark.parametrize(
    ("conda", "line"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy=1.26.4=py310h5eee18b_0", "numpy==1.26.4"),
        ("'numpy>=1.24,<2'", "numpy>=1.24,<2"),
        ("pytorch=2.1", "torch==2.1.*"),
        ("conda-forge::py-xgboost=2.0", "xgboost==2.0.*"),
    ],
)
def test_conda_packages_become_requirements(tmp_path: Path, conda: str, line: str) -> None:
    found = read_declaration(make_folder(tmp_path, **{"conda.yaml": f"dependencies: [{conda}]\n"}))
    assert (found.packages, found.notes) == ((line,), ())


def test_mlflow_is_added_only_where_no_line_names_it(tmp_path: Path) -> None:
    model = "mlflow_version: 2.8.1.dev0\nflavors: {python_function: {loader_module: x}}\n"
    found = read_declaration(make_folder(tmp_path / "a", MLmodel=model, **{"requirements.txt": "numpy\n"}))
    assert found.mlflow == "mlflow==2.8.1"
    found = read_declaration(make_folder(tmp_path / "b", MLmodel=model, **{"requirements.txt": "mlflow-skinny\n"}))
    assert found.mlflow == ""


def test_a_folder_that_declares_nothing_is_not_blamed(tmp_path: Path) -> None:
    with pytest.raises(NoInterpreterError, match="the folder declares no environment"):
        read_declaration(make_folder(tmp_path))


def test_only_what_is_installed_counts_for_the_cache(tmp_path: Path) -> None:
    base = {
        "python_env.yaml": "python: '3.10'\ndependencies: [-r requirements.txt]\n",
        "requirements.txt": "-c limits.txt\n-r more.txt\n./wheels/a-1.0-py3-none-any.whl\n./own\n",
        "limits.txt": "numpy<2\n",
        "more.txt": "numpy\n",
        "own/setup.py": "",
        "wheels/a-1.0-py3-none-any.whl": "",
        "code/loader.py": "",
    }

    def content(name: str, **changed: str) -> str:
        return read_declaration(make_folder(tmp_path / name, **{**base, **changed})).content

    same = content("same")
    assert content("again") == content("code", **{"code/loader.py": "x = 1", "model.pkl": "x"}) == same
    for name in base.keys() - {"code/loader.py", "python_env.yaml"}:
        assert content(name.replace("/", "-"), **{name: base[name] + "# x\n"}) != same, name


# --- building --------------------------------------------------------------------------------------------------


def test_it_is_built_from_the_folder_once_and_kept(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model")
    built = provide(folder)
    assert (built.declared, built.notes, built.build_seconds > 0) == (True, (), True)
    assert Path(str(built.python)).is_relative_to(own_cache)
    assert ask(built.python, "import tiny, sys; print(tiny.version, *sys.version_info[:2], sep='.')") == f"1.0.{HERE}"
    again = provide(make_local(tmp_path / "another"))
    assert (again.python, again.build_seconds) == (built.python, 0.0)
    other = provide(make_local(tmp_path / "third", extra=f"./wheels/{make_wheel(tmp_path / 'third/wheels', 'more')}\n"))
    assert other.python != built.python
    assert ask(other.python, "import more, tiny; print(more.version)") == "1.0"


def test_a_half_built_one_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model")
    place = Path(str(provide(folder).python)).parent.parent
    (place / "mlcheck.json").unlink()
    (place / "left-over").touch()
    assert provide(folder).build_seconds > 0
    assert not (place / "left-over").exists()
    (place / "bin" / "python").unlink()
    assert provide(folder).build_seconds > 0, "its Python is gone"


PROVIDE = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is off where a shell runs this in the background
from mlcheck.contract.interpreters import find_interpreter
from mlcheck.folder import ModelFolder
print(find_interpreter("uv", ModelFolder(Path(sys.argv[1]), "model"), 300).build_seconds > 0)
"""


def test_two_runs_at_once_build_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model")
    runs = [
        subprocess.Popen([sys.executable, "-c", PROVIDE, str(folder.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sorted(run.communicate()[0].strip() for run in runs) == ["False", "False", "True"]


SLEEPER = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_that_runs_or_is_used(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model", extra="./slow\n")
    pid_file = tmp_path / "pid"
    backend = f"import os, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    make_folder(folder.root, **{"slow/pyproject.toml": SLEEPER, "slow/backend.py": backend})
    run = subprocess.Popen([sys.executable, "-c", PROVIDE, str(folder.root)], stderr=subprocess.DEVNULL)
    wait_for(lambda: pid_file.exists() and pid_file.read_text() != "")
    run.send_signal(number)
    assert run.wait(30) != 0
    wait_for(lambda: not Path("/proc", pid_file.read_text()).exists() if sys.platform == "linux" else True)
    if number == signal.SIGINT:
        assert not [entry for entry in own_cache.iterdir() if entry.is_dir()]
    (folder.root / "slow" / "backend.py").write_text("def build_wheel(*_): raise SystemExit('broken')\n")
    with pytest.raises(DeclarationError):
        provide(folder)
    assert not [entry for entry in own_cache.iterdir() if entry.is_dir()]


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_building_takes_no_longer_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model", extra="./slow\n")
    make_folder(folder.root, **{"slow/pyproject.toml": SLEEPER, "slow/backend.py": "import time\ntime.sleep(600)\n"})
    began = time.monotonic()
    with pytest.raises(NoInterpreterError, match="was not built within 3 s: raise build-time-limit"):
        find_interpreter("uv", folder, 3)
    assert time.monotonic() - began < 30


# --- who is to blame -------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, object]]:
    code = main(["test", *map(str, arguments), "--env", "uv", "--format", "json"])
    report: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, report


def test_a_wheel_that_is_not_there_is_the_folders_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = make_local(tmp_path / "model", extra="./wheels/gone-1.0-py3-none-any.whl\n")
    code, report = run(capsys, folder.root)
    (found,) = [dict(finding) for finding in report["findings"]]  # type: ignore[attr-defined]
    assert (code, found["code"], found["severity"]) == (1, "MLC500", "error")
    assert Path(found["path"]).name == "requirements.txt"
    assert "the environment that the folder declares cannot be built (Python" in found["message"]
    assert "gone-1.0-py3-none-any.whl" in found["message"]
    assert "stage-" not in json.dumps(report), "the folder's own paths are named"


def test_an_index_out_of_reach_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    broken = make_local(tmp_path / "models" / "broken", extra="no-such-thing==1.0\n")
    code, report = run(capsys, broken.root)
    assert (code, report["findings"]) == (2, [])
    (why,) = report["summary"]["not_checked"]  # type: ignore[index]
    assert "the declared environment could not be built here" in why
    assert "127.0.0.1:9" in why


def test_a_python_that_cannot_be_had_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    folder = make_local(tmp_path / "model")
    (folder.root / "python_env.yaml").write_text("python: 3.99.1\ndependencies: [-r requirements.txt]\n")
    code, report = run(capsys, folder.root)
    assert (code, report["findings"]) == (2, [])
    (why,) = report["summary"]["not_checked"]  # type: ignore[index]
    assert "uv has no Python 3.99.1, which the folder declares" in why
    assert "run `uv python install 3.99`" in why


def test_another_patch_of_the_declared_minor_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    folder = make_local(tmp_path / "model")
    text = (folder.root / "python_env.yaml").read_text()
    (folder.root / "python_env.yaml").write_text(text.replace(f"'{HERE}'", f"{HERE}.99"))
    assert provide(folder).notes == (f"Python {HERE}.99 is not to be had here: another {HERE} was taken",)


def test_an_environment_that_cannot_import_mlflow_is_the_folders_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    code, report = run(capsys, make_local(tmp_path / "model").root)
    (found,) = [finding["message"] for finding in report["findings"]]  # type: ignore[attr-defined]
    assert code == 1
    assert "MLflow cannot be imported in the environment that the folder declares: ModuleNotFoundError" in found


def test_without_uv_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoInterpreterError, match=r"pip install 'pytest-mlcheck\[env\]'"):
        provide(make_local(tmp_path / "model"))


NO_VERSION = """\
error: No solution found when resolving dependencies
  cause: Because there is no version of scikit-learn==1.4.99 and you require scikit-learn==1.4.99, we can conclude \
that your requirements are unsatisfiable.
"""
NO_VERSION_BEFORE = """\
warning: Failed to inspect Python interpreter from search path
  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of scikit-learn==1.4.99 and you require
      scikit-learn==1.4.99, we can conclude that your requirements are
      unsatisfiable.
"""
NOT_BUILT = """\
error: Failed to build `sklearn==0.0.post12`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)

         [stderr]
         The 'sklearn' PyPI package is deprecated, use 'scikit-learn'
"""
NO_COMPILER = """\
error: Failed to build `x==1.0`
  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)
         error: command 'gcc' failed: No such file or directory
"""
NOT_FOUND = """\
error: No solution found when resolving dependencies
  cause: Because acme-features was not found in the package registry and you require acme-features, we can conclude \
that your requirements are unsatisfiable.
"""
GONE = """\
error: Failed to download `x @ https://files.pythonhosted.org/none/x-1.0-py3-none-any.whl`
  cause: Failed to fetch: https://files.pythonhosted.org/none/x-1.0-py3-none-any.whl
  cause: HTTP status client error (404 Not Found) for url (https://files.pythonhosted.org/none/x-1.0-py3-none-any.whl)
"""
NOT_BUILT_BEFORE = """\
  × Failed to prepare distributions
  ╰─▶ Build backend failed to build wheel through `build_wheel` (exit status: 1)
      [stderr]
      broken
"""
DENIED = """\
error: Failed to fetch: `https://nexus.acme/simple/numpy/`
  cause: HTTP status client error (401 Unauthorized) for url (https://nexus.acme/simple/numpy/)
"""


@pytest.mark.parametrize(
    ("said", "blamed"),
    [
        (NO_VERSION, True),
        (NO_VERSION_BEFORE, True),
        (NOT_BUILT, True),
        (NOT_BUILT_BEFORE, True),
        (GONE, True),
        (NO_COMPILER, False),
        (NOT_BUILT + "fatal error: Python.h: No such file or directory", False),
        (NOT_BUILT + "fatal error: 'libpq-fe.h' file not found", False),
        (NOT_BUILT + "Error: pg_config executable not found.", False),
        (NOT_BUILT + "fatal error: longintrepr.h: No such file or directory", True),
        (NOT_FOUND, False),
        (DENIED, False),
        ("error: something that nobody has seen yet", False),
    ],
)
def test_what_uv_says_is_understood(said: str, blamed: bool) -> None:
    assert blames_folder(said) is blamed
    assert not essential_lines(said).startswith(("warning", "×", " "))


def test_an_error_of_uv_is_told_in_a_line() -> None:
    reason = (
        "No solution found when resolving dependencies: Because there is no version of scikit-learn==1.4.99 and you "
        "require scikit-learn==1.4.99, we can conclude that your requirements are unsatisfiable"
    )
    assert one_line(NO_VERSION) == one_line(NO_VERSION_BEFORE) == reason
    assert one_line(NOT_BUILT).startswith(
        "Failed to build `sklearn==0.0.post12`: The build backend returned an error: "
    )
    assert one_line("") == ""


def test_the_cache_is_where_it_is_told_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "cache" / "environments"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "xdg" / "mlcheck" / "environments"


# --- the whole of it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlflow-2.16.2-python-3.10", "mlflow-2.9.2-python-3.8"])
def test_a_model_of_another_environment_is_sent_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    if name.endswith(HERE):
        pytest.skip(f"this is Python {HERE}")
    code = main(["test", str(FIXTURES / name), "--format", "json", "--select", "MLC5"])
    for found in json.loads(capsys.readouterr().out)["findings"]:  # where it loads all the same, nothing is said
        assert (code, found["code"], found["severity"]) == (0, "MLC503", "warning")
        assert "--env uv" in found["hint"]


def test_a_model_is_tested_in_what_it_declares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With this Python and the versions that are installed here, which uv has or the index gives."""
    needs_index()
    pinned = [f"{name}=={metadata.version(name)}" for name in ("numpy", "pandas", "cloudpickle")]
    model = write_model(tmp_path / "model", "import sys\nassert 'environments' in sys.prefix\n" + ECHO)
    make_folder(
        model,
        MLmodel=(model / "MLmodel").read_text() + f"mlflow_version: {metadata.version('mlflow-skinny')}\n",
        **{
            "python_env.yaml": f"python: '{HERE}'\ndependencies: [-r requirements.txt]\n",
            "requirements.txt": "\n".join([f"mlflow-skinny=={metadata.version('mlflow-skinny')}", *pinned]),
        },
    )
    code, report = run(capsys, model)
    assert (code, report["findings"], report["summary"]["not_checked"]) == (0, [], [])  # type: ignore[index]
    (facts,) = [entry["facts"] for entry in report["models"]]  # type: ignore[attr-defined]
    assert facts["environment"].endswith("(as declared)")
    assert facts["built"].startswith("in ")
    assert run(capsys, model)[0] == 0


def needs_index() -> None:
    asked = subprocess.run(
        [find_uv(), "pip", "install", "--dry-run", "--refresh-package", "six", "--target", "/tmp/none", "six"],
        capture_output=True,
        env={**os.environ, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"},
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip(f"no package index can be reached: {asked.stderr.decode()[-200:]}")


REAL = pytest.mark.skipif(
    not os.environ.get("MLCHECK_TEST_ENVIRONMENTS"), reason="builds whole environments: nox -s environments"
)


@REAL
@pytest.mark.parametrize("name", ["mlflow-2.16.2-python-3.10", "mlflow-2.9.2-python-3.8"])
def test_a_model_of_older_versions_keeps_its_whole_contract_where_it_belongs(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All checks, at their usual size, on a folder that an older MLflow on an older Python has written."""
    needs_index()
    shutil.copytree(FIXTURES / name, tmp_path / name)
    code, report = run(capsys, tmp_path / name)
    if report["summary"]["not_checked"]:  # type: ignore[index]
        (why,) = report["summary"]["not_checked"]  # type: ignore[index]
        assert "uv has no Python" in why
        pytest.skip(why)
    told = [(found["code"], found["severity"]) for found in report["findings"]]  # type: ignore[attr-defined]
    assert set(told) == {("MLC609", "warning"), ("MLC609", "note")}, "NaN and no rows, which the model cannot take"
    assert code == 0
    (facts,) = [entry["facts"] for entry in report["models"]]  # type: ignore[attr-defined]
    mlflow, python = name.split("-")[1::2]
    assert facts["environment"].startswith(f"Python {python}.")
    assert f"MLflow {mlflow} (as declared)" in facts["environment"]
    assert int(facts["violations"]) > 40
    code, report = run(capsys, tmp_path / name, "--select", "MLC5")
    (facts,) = [entry["facts"] for entry in report["models"]]  # type: ignore[attr-defined]
    assert (code, facts["built"]) == (0, "before, and kept")


@REAL
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("scikit-learn==1.4.99", "there is no version of scikit-learn==1.4.99"),
        ("numpy==2.2.6\npandas==1.1.0", "cannot be built (Python"),
        ("pandas==3.0.0\nnumpy<1.20", "unsatisfiable"),
        ("sklearn", "Failed to build `sklearn"),
    ],
)
def test_versions_that_do_not_exist_or_go_together_are_the_folders_fault(
    line: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_index()
    folder = make_folder(tmp_path / "model", **{"requirements.txt": f"mlflow\n{line}\n", "conda.yaml": ""})
    code, report = run(capsys, folder.root)
    (found,) = [(finding["code"], finding["message"]) for finding in report["findings"]]  # type: ignore[attr-defined]
    assert (code, found[0]) == (1, "MLC500")
    assert words in found[1]


def test_declarations_are_compared_by_value(tmp_path: Path) -> None:
    folder = make_local(tmp_path)
    assert isinstance(read_declaration(folder), Declaration)
    assert read_declaration(folder) == read_declaration(ModelFolder(tmp_path, "other name"))


def test_a_python_that_runs_no_models_is_told_before_anything_is_built(tmp_path: Path, own_cache: Path) -> None:
    folder = make_folder(tmp_path, **{"conda.yaml": "dependencies: [python=3.7.6, {pip: [mlflow]}]\n"})
    with pytest.raises(NoInterpreterError, match=r"declares Python 3\.7\.6, and models are run with Python 3\.8"):
        provide(folder)
    assert not own_cache.exists()


def test_a_lock_file_is_said_to_be_left_alone(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, **{"requirements.txt": "mlflow\n", "uv.lock": "", "pyproject.toml": ""})
    assert read_declaration(folder).notes == ("uv.lock was left alone: what requirements.txt says was installed",)
