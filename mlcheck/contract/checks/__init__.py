"""Contract checks, one small function each."""
