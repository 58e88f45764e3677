"""Import runs of another Lab, and foreign Keras models."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cnnlab import datasets
from cnnlab.datasets import DATASETS
from cnnlab.engine.client import Engine
from cnnlab.errors import CNNLabError, explain_folder
from cnnlab.evaluation.pixel_fit import Fit, beats_guessing, best_first, caution, describe, fits_of, is_clear, rivals
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.lab.file_kinds import Kind, kind_of
from cnnlab.network.foreign_pixels import RANGES, UNIT
from cnnlab.network.from_keras import ForeignNetwork, matching_datasets
from cnnlab.network.keras_archive import check_size
from cnnlab.network.keras_chain import Note, note
from cnnlab.network.layers import Rescaling
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import archive, archive_files
from cnnlab.runs.run import MAX_NAME, one_line
from cnnlab.runs.store import RunStore, new_id
from cnnlab.settings import Settings
from cnnlab.training.events import Finished
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec

ONLY_MOMENT = Moment(1)
"""The only snapshot of an imported model; its number of epochs is unknown."""
TIMEOUT_SECONDS = 300.0
"""Timeout of reading a model."""
BYTE_SCALE = 0.05
"""A first Rescaling by less than this, typically 1/255 or 1/127.5, is made for pixels from 0 to 255."""


@dataclass(frozen=True, eq=False)
class ExaminedModel:
    """A foreign model that was read, but not imported yet.

    Attributes:
        foreign: the network.
        weights: its weights.
        datasets: the datasets whose images and classes fit it.
        fits: how well it predicts those that are on this computer, in each range of pixels, the best first.
        clear: whether the best fit is clearly the best; otherwise the dataset or the pixels have to be asked for.
    """

    foreign: ForeignNetwork
    weights: Weights
    datasets: tuple[str, ...]
    fits: tuple[Fit, ...]
    clear: bool

    @property
    def dataset(self) -> str:
        """Return the dataset that fits best, as far as is known."""
        return self.fits[0].dataset if self.fits else self.datasets[0]

    def pixels(self, dataset: str) -> str:
        """Return the range of pixels that fits a dataset best; if none fits, the one for the first layer."""
        best = next(iter(fits_of(self.fits, dataset)), None)
        if best and beats_guessing(best):
            return best.pixels
        first = self.foreign.network.layers[0]
        return "0..255" if isinstance(first, Rescaling) and 0 < first.scale < BYTE_SCALE else UNIT

    def doubt(self) -> Note | None:
        """Return what makes the choice of dataset and pixels uncertain; None if it is clear."""
        if self.clear:
            return None
        if not self.fits:
            return note(N_("None of the suitable datasets is on this computer, so nothing could be measured."))
        best = self.fits[0]
        if not beats_guessing(best):
            return note(N_("The model predicts no dataset on this computer better than guessing would."))
        other = rivals(self.fits)[0]
        values = {"dataset": DATASETS[best.dataset].title, "range": RANGES[best.pixels].title}
        others = {"other": DATASETS[other.dataset].title, "other_range": RANGES[other.pixels].title}
        return note(
            N_(
                "{dataset} with pixels from {range} and {other} with pixels from {other_range} fit almost equally well."
            ),
            **values,
            **others,
        )

    def accuracy(self, dataset: str, pixels: str) -> float | None:
        """Return the measured accuracy, 0 to 1; None if it was not measured."""
        return next((fit.accuracy for fit in fits_of(self.fits, dataset) if fit.pixels == pixels), None)

    def best(self, dataset: str) -> float | None:
        """Return the highest accuracy measured on a dataset, 0 to 1; None if there is none."""
        return next((fit.accuracy for fit in fits_of(self.fits, dataset)), None)

    def caution(self, dataset: str, pixels: str) -> Note | None:
        """Return what speaks against a dataset and a range of pixels; None if they may be right."""
        return caution(self.fits, dataset, pixels)

    def notes(self, dataset: str, pixels: str, softmax: bool) -> list[Note]:
        """Return what happens to the model when it is imported like this, and what is known about it."""
        found = list(self.foreign.notes)
        found += describe(self.fits, dataset, pixels)
        if softmax:
            found.append(note(N_("The model outputs scores; an added softmax turns them into probabilities.")))
        return found


class Imports:
    """Adds runs and models to the store. The inference worker does what needs Keras."""

    def __init__(self, settings: Settings, store: RunStore, engine: Engine) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine

    def kind(self, content: bytes, name: str) -> Kind:
        """Return whether a file is a run or a model; see `file_kinds.kind_of`."""
        return kind_of(content, name)

    def run(self, content: bytes, who: str = "") -> str:
        """Import a run that `Exports.run_zip` packed, as an ended run, and return its new id.

        Raises:
            CNNLabError: the file is not an exported run, is damaged or too large, or is from a newer CNN Lab.
            StoreError: the Lab's folder cannot be written.
        """
        return self._add(self._on_own_set(archive.unpack(content, self._settings.max_parameters)), who)

    def _on_own_set(self, unpacked: archive.UnpackedRun) -> archive.UnpackedRun:
        """Return a run on this Lab's copy of its image set, if there is one: of the same digest under another id."""
        if not unpacked.dataset.own:
            return unpacked
        own = [one for one in datasets.every(self._settings).values() if one.digest == unpacked.dataset.digest]
        return unpacked.on(own[0]) if own else unpacked

    def examine(self, content: bytes, name: str) -> ExaminedModel:
        """Read a Keras model (`.keras` or `.h5`), and measure which dataset and range of pixels it was made for.

        Raises:
            CNNLabError: the model cannot be imported.
            EngineError: the workers are not running.
        """
        check_size(content)
        name = one_line(name, MAX_NAME)
        with explain_folder(self._settings.home), tempfile.TemporaryDirectory(dir=self._settings.home) as folder:
            path = Path(folder) / "model"
            path.write_bytes(content)
            arguments = str(path), name, self._settings.max_parameters
            foreign, weights, fits = self._engine.call("import_model.examine", *arguments, timeout=TIMEOUT_SECONDS)
        datasets = tuple(matching_datasets(foreign.network))
        return ExaminedModel(foreign, weights, datasets, tuple(best_first(fits)), is_clear(fits))

    def keras(
        self,
        model: ExaminedModel,
        who: str = "",
        *,
        dataset: str = "",
        pixels: str = "",
        softmax: bool = True,
        translate: Translate = untranslated,
    ) -> str:
        """Import a model as a finished run with one snapshot, and return its id. Its note says what was changed.

        Args:
            dataset: what it was trained on, one of `model.datasets`; "": what was measured.
            pixels: the range of pixels that it was trained on, a key of `RANGES`; "": what was measured.
            softmax: add a softmax to a model that outputs scores.
            translate: translates the note.

        Raises:
            CNNLabError: the dataset or the range of pixels is not known, and was not given.
            EngineError: the workers are not running.
            StoreError: the Lab's folder cannot be written.
        """
        _check_choice(model, dataset, pixels)
        dataset = dataset or model.dataset
        pixels = pixels or model.pixels(dataset)
        softmax = softmax and model.foreign.outputs_scores
        arguments = model.foreign.network, model.weights, pixels, softmax
        network, converted = self._engine.call("import_model.convert", *arguments, timeout=TIMEOUT_SECONDS)
        files: archive_files.Files = {
            f"snapshots/{ONLY_MOMENT.file}": model.weights,
            archive_files.FINAL: converted,
            archive_files.IMPORTED: b"",
        }
        against = model.caution(dataset, pixels)
        said = [*([against] if against else []), *model.notes(dataset, pixels, softmax)]
        notes = "\n".join(one.sentence(translate) for one in said)
        return self._add(_imported_run(NetworkSpec.from_json(network), dataset, notes, files), who)

    def _add(self, unpacked: archive.UnpackedRun, who: str) -> str:
        run = new_id()
        try:
            with explain_folder(self._settings.home):
                archive.add_run(unpacked, self._store, who, run)
        except BaseException:
            shutil.rmtree(self._store.folder(run), ignore_errors=True)
            raise
        return run


def _check_choice(model: ExaminedModel, dataset: str, pixels: str) -> None:
    if not (dataset or model.clear or len(model.datasets) == 1) or (dataset and dataset not in model.datasets):
        raise CNNLabError(
            N_("The model may have been trained on one of these datasets: {datasets}."),
            N_("Choose one of them."),
            datasets=", ".join(model.datasets),
        )
    if not (pixels or model.clear) or (pixels and pixels not in RANGES):
        raise CNNLabError(
            N_("It is not clear which pixels the model was trained on; expected one of {ranges}."),
            N_("Choose one of them."),
            ranges=", ".join(RANGES),
        )


def _imported_run(network: NetworkSpec, dataset: str, notes: str, files: archive_files.Files) -> archive.UnpackedRun:
    # Nothing was held out for validation here: the only images that may be new to the model are the test images.
    training = TrainingSpec(dataset=dataset, epochs=ONLY_MOMENT.epoch, validation="test")
    now = time.time()
    info = archive.RunInfo(
        name=network.name,
        state="finished",
        started=now,
        ended=now,
        note=notes,
        network=network.model_dump(mode="json"),
        training=training.model_dump(mode="json"),
    )
    return archive.UnpackedRun(info, network, training, (Finished(reason="done", kept_epoch=ONLY_MOMENT.epoch),), files)
