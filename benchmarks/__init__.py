"""Benchmarks that check CNN Lab's targets, printing one figure per line. README.md explains each figure."""
