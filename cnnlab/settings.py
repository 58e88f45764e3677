"""Every `CNNLAB_*` environment variable, with its meaning and its default, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_


@dataclass(frozen=True)
class Settings:
    """What can be set from outside; the README's table says the same in words.

    Attributes:
        home: where runs, their weights and downloads are kept (`CNNLAB_HOME`).
        datasets: folders searched for data set files before anything is downloaded (`CNNLAB_DATASETS`, separated as
            `PATH` is).
        scheduler: address of a Dask scheduler, such as `tls://host:8786`; None: the app starts its own workers.
        training_workers: how many runs may train at once on this machine (`CNNLAB_TRAINING_WORKERS`).
        max_parameters: a network with more weights than this is refused (`CNNLAB_MAX_PARAMETERS`).
        download_seconds: how long one attempt to reach a server for data may wait (`CNNLAB_DOWNLOAD_SECONDS`).
    """

    home: Path
    datasets: tuple[Path, ...] = ()
    scheduler: str | None = None
    training_workers: int = 1
    max_parameters: int = 20_000_000
    download_seconds: float = 4.0

    def to_environment(self) -> dict[str, str]:
        """The variables from which `from_environment` makes the same settings, for a process of one's own."""
        return {
            "CNNLAB_HOME": str(self.home),
            "CNNLAB_DATASETS": os.pathsep.join(map(str, self.datasets)),
            "CNNLAB_SCHEDULER": self.scheduler or "",
            "CNNLAB_TRAINING_WORKERS": str(self.training_workers),
            "CNNLAB_MAX_PARAMETERS": str(self.max_parameters),
            "CNNLAB_DOWNLOAD_SECONDS": str(self.download_seconds),
        }


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        CNNLabError: a variable that should be a positive number is not one.
    """
    home = environment.get("CNNLAB_HOME") or platformdirs.user_data_dir("cnnlab", appauthor=False)
    folders = environment.get("CNNLAB_DATASETS", "")
    return Settings(
        home=Path(home).expanduser().absolute(),
        datasets=tuple(Path(folder).expanduser().absolute() for folder in folders.split(os.pathsep) if folder),
        scheduler=environment.get("CNNLAB_SCHEDULER") or None,
        training_workers=int(_positive(environment, "CNNLAB_TRAINING_WORKERS", Settings.training_workers)),
        max_parameters=int(_positive(environment, "CNNLAB_MAX_PARAMETERS", Settings.max_parameters)),
        download_seconds=_positive(environment, "CNNLAB_DOWNLOAD_SECONDS", Settings.download_seconds),
    )


def _positive(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise CNNLabError(
            N_("The environment variable {name} should be a positive number; received “{text}”."),
            N_("Correct it or remove it, then start the app again."),
            name=name,
            text=text,
        )
    return number
