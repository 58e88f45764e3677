"""What all benchmarks share: the description of the machine, one figure per line, the common arguments."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from cnnlab.settings import Settings, from_environment

PACKAGES = ("tensorflow", "keras", "distributed", "streamlit", "plotly", "numpy")


@dataclass(frozen=True)
class Figure:
    """One measured figure; its target, if any, is an upper (`at_most`) or a lower (`at_least`) bound."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    digits: int = 2
    at_least: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the figure misses its target."""
        too_much = self.at_most is not None and self.value > self.at_most
        return too_much or (self.at_least is not None and self.value < self.at_least)

    def line(self) -> str:
        """Return `name value unit`, followed by the target, if any, and MISSED if it is not met."""
        bounds = {"at most": self.at_most, "at least": self.at_least}
        target = ", ".join(f"{which} {bound:,g}" for which, bound in bounds.items() if bound is not None)
        told = f" ({target})" if target else ""
        return f"{self.name} {self.value:.{self.digits}f} {self.unit}{told}{' MISSED' if self.missed else ''}"


def arguments(description: str, data: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the arguments of all benchmarks; `data`: whether the benchmark needs a dataset."""
    parser = argparse.ArgumentParser(description=description)
    if data:
        parser.add_argument("--data", type=Path, help="folder with the dataset files (default: CNNLAB_DATASETS)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="tiny settings to check that the benchmark works; its figures are named quick.* and mean nothing",
    )
    return parser


def settings(options: argparse.Namespace) -> Settings:
    """Return the settings from the environment, with the folder of `--data` in place of CNNLAB_DATASETS."""
    found = from_environment()
    folders = (options.data.absolute(),) if options.data else found.datasets
    return Settings(home=found.home, datasets=folders, training_workers=1)


def show(figures: Iterable[Figure], quick: bool) -> bool:
    """Print figures as they arrive; return whether a target was missed. Quick figures have no targets."""
    missed = False
    for figure in figures:
        if quick:
            print(Figure(f"quick.{figure.name}", figure.value, figure.unit, digits=figure.digits).line(), flush=True)
        else:
            print(figure.line(), flush=True)
            missed = missed or figure.missed
    return missed


def say(text: str) -> None:
    """Print progress to standard error, separate from the figures."""
    print(text, file=sys.stderr, flush=True)


def describe_machine() -> None:
    """Print what the figures depend on as comment lines."""
    print(f"# machine: {_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB memory")
    print(f"# system: {platform.platform()}, Python {platform.python_version()}")
    print(f"# packages: {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}")
    print(f"# load before: {psutil.getloadavg()[0]:.2f} (well under 1 on a quiet machine)", flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "-"
