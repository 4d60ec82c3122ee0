"""Settings of the whole test run: the same cases every time, unless a long run asks for new ones."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
if not {"HYPOTHESIS_PROFILE", "MLCHECK_FUZZ", "MLCHECK_DIFFERENTIAL_EXAMPLES"} & os.environ.keys():
    settings.load_profile("steady")
