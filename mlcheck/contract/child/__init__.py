"""What runs in the forkserver and around each model's process: standard library alone, Python 3.8 or newer."""
