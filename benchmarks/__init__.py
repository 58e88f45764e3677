"""Benchmarks: scripts that measure what CNN Lab promises and print one figure a line. README.md says what each means."""
