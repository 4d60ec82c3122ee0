from __future__ import annotations

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests"]

MLFLOW = ["2.9.2", "2.16.2", "2.22.4", "3.0.0", "latest"]


@nox.session(python=["3.10", "3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """All tests, on each Python."""
    session.install("-e", ".[dev]")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session(python="3.11")
@nox.parametrize("pandas", ["2", "3"])
@nox.parametrize("mlflow", MLFLOW)
def contract(session: nox.Session, mlflow: str, pandas: str) -> None:
    """Verdicts against MLflow's own enforcement, 10,000 pairs of signature and data per version."""
    wanted = "mlflow-skinny" if mlflow == "latest" else f"mlflow-skinny=={mlflow}"
    if pandas == "3" and mlflow in {"2.9.2", "2.16.2", "2.22.4", "3.0.0"}:
        session.skip(f"MLflow {mlflow} knows no pandas 3")
    session.install("-e", ".", wanted, f"pandas=={pandas}.*", "numpy<2" if mlflow == "2.9.2" else "numpy", "scipy")
    session.install("pytest", "hypothesis", "flask", "fastapi")
    session.run(
        "pytest",
        "tests/contract/test_verdict_differential.py",
        *session.posargs,
        env={"MLCHECK_DIFFERENTIAL_EXAMPLES": "10000"},
    )


@nox.session(python="3.11")
def environments(session: nox.Session) -> None:
    """Models of older MLflow, scikit-learn and Python, each in the environment that it declares."""
    session.install("-e", ".[dev]")
    session.run(
        "pytest",
        "tests/contract/test_declared_env.py",
        *session.posargs,
        env={"MLCHECK_TEST_ENVIRONMENTS": "1"},
    )


@nox.session(python="3.11")
def fuzz(session: nox.Session) -> None:
    """Mutated model folders, at length."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests/fuzz", *session.posargs, env={"MLCHECK_FUZZ": "5000"})


@nox.session(python="3.11")
def benchmarks(session: nox.Session) -> None:
    """The figures that the README gives."""
    session.install("-e", ".[dev]", "check-jsonschema")
    for name in ("lint", "cases", "contract"):
        session.run("python", f"benchmarks/{name}.py")
