"""Every figure that we publish, as a command: `python -m benchmarks`, or one of them: `python -m benchmarks.NAME`."""
