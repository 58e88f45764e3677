"""Benchmarks: scripts that measure what CNN Lab promises, one figure a line. README.md says what each means."""
