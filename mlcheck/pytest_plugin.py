"""The pytest plugin: `pytest --mlcheck PATH` runs the contract tests of model folders as test items."""
