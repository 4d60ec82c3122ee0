"""The hook as users have it: the real pre-commit, in a real git repository, with this repository as its source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BASE = ROOT / "tests" / "lint" / "base" / "pyfunc"


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
    return subprocess.run(
        command, cwd=cwd, env={**env, **environment}, capture_output=True, text=True, check=False, timeout=600
    )


def git(*arguments: str, cwd: Path) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid")
    done = run("git", *identity, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with this tree as its only commit, which is what pre-commit clones and installs."""
    copy = tmp_path_factory.mktemp("source") / "mlcheck"
    ignored = shutil.ignore_patterns(
        ".git", "__pycache__", "examples", "tests", ".venv", ".*_cache", ".nox", "*.egg-info"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    for folder in ("examples", "tests"):
        (copy / folder).mkdir()
    git("init", "-q", cwd=copy)
    git("add", "-A", cwd=copy)
    git("commit", "-qm", "source", cwd=copy)
    return copy


def test_the_hook_finds_a_fault_and_lets_sound_models_pass(source: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    git("init", "-q", cwd=project)
    revision = git("rev-parse", "HEAD", cwd=source)
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {source}\n  rev: {revision}\n  hooks:\n  - id: mlcheck\n"
    )
    (project / "README.md").write_text("not part of a model\n")
    shutil.copytree(BASE, project / "models" / "sum")
    git("add", "-A", cwd=project)
    home = str(tmp_path / "pre-commit-home")

    def commit_check() -> subprocess.CompletedProcess[str]:
        return run(sys.executable, "-m", "pre_commit", "run", "--color=never", cwd=project, PRE_COMMIT_HOME=home)

    sound = commit_check()
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "mlcheck lint" in sound.stdout

    requirements = project / "models" / "sum" / "requirements.txt"
    requirements.write_text(requirements.read_text() + "\nsklearn\n")
    (project / "models" / "sum" / "python_env.yaml").write_text("python: 3.11.7\ndependencies: requirements.txt\n")
    git("add", "-A", cwd=project)
    broken = commit_check()
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "wrong-distribution-name" in broken.stdout
    assert "python-env-shape" in broken.stdout  # the schemas came along
    assert "models/sum" in broken.stdout
