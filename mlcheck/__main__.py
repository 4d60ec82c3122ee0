"""`python -m mlcheck` is the `mlcheck` command."""

from __future__ import annotations

import sys

from mlcheck.cli import main

sys.exit(main())
