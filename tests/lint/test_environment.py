"""What environment files ask for together, and the facts about releases that rules hold against it."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from mlcheck.environment import is_remote, local_path, marker_holds, read_environment, release_of
from mlcheck.facts.releases import LIMITS, _wheels, broken_limit, python_mismatch
from mlcheck.finding import Location
from mlcheck.folder import ModelFolder
from mlcheck.requirements import parse_requirements

MODEL = "flavors:\n  python_function:\n    loader_module: m\n    python_version: 3.11.7\n"


def folder(root: Path, **files: str) -> ModelFolder:
    for name, text in {"MLmodel": MODEL, **files}.items():
        path = root / name.replace("__", "/").replace("_txt", ".txt").replace("_yaml", ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return ModelFolder(root, "model")


def test_lines_of_two_files_are_told_once(tmp_path: Path) -> None:
    conda = "dependencies:\n- python=3.10\n- pip:\n  - numpy==1\n  - scipy==1\n"
    environment = read_environment(folder(tmp_path, requirements_txt="numpy==1\npandas==1\n", conda_yaml=conda))
    assert [line.text for line in environment.lines] == ["numpy==1", "pandas==1", "scipy==1"]
    assert [line.text for line in environment.installed] == ["numpy==1", "pandas==1"]
    assert environment.names == {"numpy", "pandas", "scipy", "python"}


def test_included_files_are_read_once(tmp_path: Path) -> None:
    files = {"requirements_txt": "-r sub/more.txt\n-c c.txt\n", "sub__more_txt": "numpy==1\n-r ../requirements.txt\n"}
    environment = read_environment(folder(tmp_path, **files, c_txt="scipy<2\n"))
    assert "numpy==1" in [line.text for line in environment.requirements]
    assert len(environment.requirements) < 20
    assert [line.text for line in environment.constraints] == ["scipy<2"]


@pytest.mark.parametrize(
    ("files", "installed"),
    [
        ({"requirements_txt": ""}, []),
        ({"requirements_txt": "", "conda_yaml": "dependencies: [{pip: [numpy]}]\n"}, []),
        ({"python_env_yaml": "dependencies: [numpy]\n"}, ["numpy"]),
        ({"conda_yaml": "dependencies: [{pip: [numpy]}]\n"}, ["numpy"]),
    ],
)
def test_what_is_installed(files: dict[str, str], installed: list[str], tmp_path: Path) -> None:
    environment = read_environment(folder(tmp_path, **files))
    assert [line.text for line in environment.installed] == installed


def test_each_builder_has_its_python(tmp_path: Path) -> None:
    conda = "dependencies:\n- python=3.8.20\n- pip: [numpy==1]\n"
    model = folder(tmp_path, conda_yaml=conda, requirements_txt="numpy==2\n")
    (tmp_path / "python_env.yaml").write_text("python: 3.12.1\n")
    builds = [
        (python and python.text, [line.text for line in lines]) for python, lines in read_environment(model).builds
    ]
    assert builds == [("3.12.1", ["numpy==2"]), ("python=3.8.20", ["numpy==1"])]


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("3.10.4", (3, 10, 4)),
        ("3.10.*", (3, 10)),
        ("3", (3,)),
        (" 3.1 ", (3, 1)),
        (">=3", ()),
        (3.1, ()),
        ("", ()),
        ("1" * 99, ()),
    ],
)
def test_release_of(text: object, release: tuple[int, ...]) -> None:
    assert release_of(text) == release


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("python_version < '3.9'", False),
        ("python_version >= '3.10'", True),
        ("python_full_version == '3.11.7'", True),
        ("sys_platform == 'win32'", False),
        ("platform_system == 'Darwin' and platform_machine == 'arm64'", False),
        ("platform_machine == 'aarch64'", True),
        ("platform_python_implementation == 'PyPy'", False),
        ("extra == 'gpu'", False),
        ("platform_release >= '20'", True),
    ],
)
def test_markers_are_those_of_linux(marker: str, holds: bool) -> None:
    (line,) = parse_requirements(f"numpy; {marker}", Location("requirements.txt"))
    assert marker_holds(line, (3, 11, 7)) is holds
    assert marker_holds(line, ())


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("-r ../base.txt", "base.txt"),
        ("-r base.txt", "sub/base.txt"),
        ("./x-1-py3-none-any.whl", "x-1-py3-none-any.whl"),
        ("-r ../../base.txt", None),
        ("-c /etc/c.txt", None),
        ("-e ~/own", None),
        ("C:\\x.whl", None),
        ("x @ file:///x", None),
    ],
)
def test_local_path(line: str, path: str | None) -> None:
    (found,) = parse_requirements(line, Location("sub/requirements.txt"))
    assert local_path(found) == path


@pytest.mark.parametrize(
    ("target", "remote"),
    [
        ("https://a/b", True),
        ("git+ssh://a", True),
        ("s3://a/b", True),
        ("file:///a", False),
        ("git+file:///a", False),
        ("C:\\a", False),
        ("C:/a", False),
        ("./a", False),
    ],
)
def test_is_remote(target: str, remote: bool) -> None:
    assert is_remote(target) is remote


@pytest.mark.parametrize(
    "name", ["numpy", "pandas", "scipy", "scikit-learn", "tensorflow", "torch", "onnxruntime", "pyarrow"]
)
def test_first_and_last_releases_rise_with_python(name: str) -> None:
    spans = [span for _, span in sorted(_wheels(name).items())]
    firsts = [Version(first) for first, _ in spans]
    lasts = [Version(last) for _, last in spans if last]
    assert firsts == sorted(firsts)
    assert lasts == sorted(lasts)
    assert all(not last or Version(first) <= Version(last) for first, last in spans)


@pytest.mark.parametrize(
    ("name", "release", "python", "kind"),
    [
        ("numpy", "1.21.0", (3, 12), "too-old"),
        ("numpy", "1.21.0", (3, 10, 4), "no-wheel"),
        ("numpy", "2.1.0", (3, 9), "dropped"),
        ("torch", "2.1.0", (3, 13), "too-old"),
        ("pip", "22.3.1", (3, 12), "too-old"),
        ("numpy", "2.1.0", (3, 12), None),
        ("numpy", "99.0", (3, 12), None),
        ("numpy", "1.0", (3, 99), None),
        ("pip", "22.3.1", (3, 11), None),
        ("unknown", "1.0", (3, 12), None),
    ],
)
def test_python_mismatch(name: str, release: str, python: tuple[int, ...], kind: str | None) -> None:
    found = python_mismatch(name, Version(release), python)
    assert (found.kind if found else None) == kind


def test_limits_can_be_read() -> None:
    for limit in LIMITS:
        assert broken_limit(limit.distribution, Version("0.0.1"), "no-such-distribution", Version("1")) is None
    found = broken_limit("mlflow", Version("2.9.2"), "numpy", Version("2.1.0"))
    assert found is not None
    assert found.allowed == "<2"
    assert broken_limit("mlflow", Version("2.16.0"), "numpy", Version("2.1.0")) is None
