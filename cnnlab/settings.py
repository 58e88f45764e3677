"""Settings from the `CNNLAB_*` environment variables, with their defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_


@dataclass(frozen=True)
class Settings:
    """Settings of a Lab; see also the table in the README.

    Attributes:
        home: folder for runs, their weights and downloads (`CNNLAB_HOME`).
        datasets: folders searched for dataset files before downloading (`CNNLAB_DATASETS`, separated as in `PATH`).
        scheduler: address of a Dask scheduler, such as `tls://host:8786` (`CNNLAB_SCHEDULER`); None: the app starts its
            own workers.
        training_workers: number of runs that can train at once on this machine (`CNNLAB_TRAINING_WORKERS`).
        max_parameters: maximum number of parameters of a network (`CNNLAB_MAX_PARAMETERS`).
        download_seconds: timeout of an attempt to reach a download server (`CNNLAB_DOWNLOAD_SECONDS`).
        image_set_files: maximum number of files in a ZIP file or folder of images (`CNNLAB_IMAGE_SET_FILES`).
        image_set_bytes: maximum bytes of an image set, unpacked, and of its images once scaled
            (`CNNLAB_IMAGE_SET_BYTES`).
        image_set_pixels: maximum number of pixels of one image of a set (`CNNLAB_IMAGE_SET_PIXELS`).
        image_set_classes: maximum number of classes of an image set (`CNNLAB_IMAGE_SET_CLASSES`).
        image_set_store_bytes: maximum bytes of all stored image sets together (`CNNLAB_IMAGE_SET_STORE_BYTES`).
    """

    home: Path
    datasets: tuple[Path, ...] = ()
    scheduler: str | None = None
    training_workers: int = 1
    max_parameters: int = 20_000_000
    download_seconds: float = 4.0
    image_set_files: int = 50_000
    image_set_bytes: int = 2_000_000_000
    image_set_pixels: int = 100_000_000
    image_set_classes: int = 1_000
    image_set_store_bytes: int = 2_000_000_000

    def to_environment(self) -> dict[str, str]:
        """Return environment variables that give a child process the same settings."""
        return {
            "CNNLAB_HOME": str(self.home),
            "CNNLAB_DATASETS": os.pathsep.join(map(str, self.datasets)),
            "CNNLAB_SCHEDULER": self.scheduler or "",
            "CNNLAB_TRAINING_WORKERS": str(self.training_workers),
            "CNNLAB_MAX_PARAMETERS": str(self.max_parameters),
            "CNNLAB_DOWNLOAD_SECONDS": str(self.download_seconds),
            "CNNLAB_IMAGE_SET_FILES": str(self.image_set_files),
            "CNNLAB_IMAGE_SET_BYTES": str(self.image_set_bytes),
            "CNNLAB_IMAGE_SET_PIXELS": str(self.image_set_pixels),
            "CNNLAB_IMAGE_SET_CLASSES": str(self.image_set_classes),
            "CNNLAB_IMAGE_SET_STORE_BYTES": str(self.image_set_store_bytes),
        }


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables.

    Raises:
        CNNLabError: a variable that must be a positive number is not one.
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
        image_set_files=int(_positive(environment, "CNNLAB_IMAGE_SET_FILES", Settings.image_set_files)),
        image_set_bytes=int(_positive(environment, "CNNLAB_IMAGE_SET_BYTES", Settings.image_set_bytes)),
        image_set_pixels=int(_positive(environment, "CNNLAB_IMAGE_SET_PIXELS", Settings.image_set_pixels)),
        image_set_classes=int(_positive(environment, "CNNLAB_IMAGE_SET_CLASSES", Settings.image_set_classes)),
        image_set_store_bytes=int(
            _positive(environment, "CNNLAB_IMAGE_SET_STORE_BYTES", Settings.image_set_store_bytes)
        ),
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
