"""`python -m mlcheck` is the `mlcheck` command."""

from __future__ import annotations

from mlcheck.cli import run

if __name__ == "__main__":  # not in the processes of --jobs, which may import this module
    run()
