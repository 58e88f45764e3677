"""Taking runs away, as files that other programs or another Lab read, and bringing runs and models in.

What needs Keras is asked of the inference worker; nothing is written into a run's own folder.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError, StoreError
from cnnlab.evaluation import Evaluation
from cnnlab.inside import Inside
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network import code, foreign, keras_file
from cnnlab.network.shapes import check
from cnnlab.network.spec import NetworkSpec
from cnnlab.report import Content, report
from cnnlab.runs import contents, parcel
from cnnlab.runs.record import MAX_NAME, Run, one_line
from cnnlab.runs.store import new_id
from cnnlab.settings import Settings
from cnnlab.training.events import Finished
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec

SECONDS = 300.0
"""How long a file is waited for: converting a large network takes a while."""

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "learning_rate")
"""Of the history as CSV, as Keras and `events.Epoch` name them."""


class File(NamedTuple):
    """A file to be saved: its name, and what is in it."""

    name: str
    content: bytes


class Form(NamedTuple):
    """A format of a trained network: what it is called (marked), and how its files' names end."""

    title: str
    ending: str


MODELS: Mapping[str, Form] = MappingProxyType(
    {
        "keras": Form(N_("Keras model (.keras)"), ".keras"),
        "weights": Form(N_("Weights only (.weights.h5)"), ".weights.h5"),
        "saved_model": Form(N_("TensorFlow SavedModel (.zip)"), "-saved-model.zip"),
        "litert": Form(N_("LiteRT, for phones and small devices (.tflite)"), ".tflite"),
        "onnx": Form(N_("ONNX, for other frameworks (.onnx)"), ".onnx"),
    }
)
"""The formats of `Taking.model_file`."""

IMPORTED = Moment(1)
"""The one moment of a model that was brought in: nobody knows how long it was trained."""


class Taking(Inside, ABC):
    """The part of the Lab that takes away and brings in."""

    settings: Settings

    @abstractmethod
    def history(self, run: str) -> History:
        """The run's events, folded."""

    # Taking away

    def taken_moment(self, run: str) -> Moment:
        """The moment whose weights a run is known by: the one that it kept at its end, else the newest.

        Raises:
            CNNLabError: it has kept no weights yet.
        """
        moments, finished = self.moments(run), self.history(run).finished
        if not moments:
            raise CNNLabError(N_("This run has no weights yet."), N_("Wait until its first epoch has ended."))
        kept = Moment(finished.kept_epoch) if finished else moments[-1]
        return kept if kept in moments else moments[-1]

    def model_file(self, run: Run, form: str, moment: Moment | None = None) -> File:
        """The network with its weights of a moment (by default `taken_moment`), in one of the formats `MODELS`.

        Raises:
            CNNLabError: the weights are gone, the format cannot hold this network, or needs a package that is missing.
            EngineError: the workers are not there.
        """
        moment = moment or self.taken_moment(run.id)
        started = self.history(run.id).started
        content: bytes = self.engine.call(
            "exporting.model",
            *(form, run.network.to_json(), str(self.folder(run.id)), tuple(moment)),
            *(run.training.model_dump_json(), started.steps if started else 1),
            timeout=SECONDS,
        )
        batch = f"-batch-{moment.step}" if moment.step else ""
        return File(f"{_stem(run)}-epoch-{moment.epoch}{batch}{MODELS[form].ending}", content)

    def tensorboard(self, run: Run) -> File:
        """The run's figures as TensorBoard reads them, zipped; EngineError where the workers are not there."""
        events = [event.model_dump_json() for _, event in self.store.events(run.id)]
        texts = {"network": run.network.to_json(), "training": run.training.model_dump_json()}
        content: bytes = self.engine.call("exporting.tensorboard", events, texts, timeout=SECONDS)
        return File(f"{_stem(run)}-tensorboard.zip", content)

    def history_csv(self, run: Run) -> File:
        """One line an epoch, with the columns `COLUMNS`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(epoch, name) for name in COLUMNS] for epoch in self.history(run.id).epochs)
        return File(f"{_stem(run)}-history.csv", text.getvalue().encode())

    def network_json(self, run: Run) -> File:
        """The network alone, as Build reads it."""
        return File(f"{_stem(run)}-network.json", run.network.to_json(2).encode())

    def script(self, run: Run, translate: Translate = untranslated) -> File:
        """The Keras script that trains the same."""
        return File(f"{_stem(run)}.py", code.script(run.network, run.training, translate).encode())

    def notebook(self, run: Run, translate: Translate = untranslated) -> File:
        """The same as a Jupyter notebook."""
        return File(f"{_stem(run)}.ipynb", code.notebook(run.network, run.training, translate).encode())

    def run_zip(self, run: Run) -> File:
        """The whole run, for `take_in_run` of another Lab; CNNLabError where it is too large."""
        events = [event for _, event in self.store.events(run.id)]
        return File(f"{_stem(run)}-run.zip", parcel.pack(run, events, self.folder(run.id)))

    def report(
        self,
        run: Run,
        moment: Moment | None = None,
        evaluation: Evaluation | None = None,
        translate: Translate = untranslated,
        language: str = "en",
    ) -> File:
        """The run on one page of HTML that needs no network.

        Args:
            moment: whose kernels it shows, by default `taken_moment`'s.
            evaluation: its answers to the validation images, for the confusion matrix.
        """
        if moment is None and self.moments(run.id):
            moment = self.taken_moment(run.id)
        weights = self.weights(run.id, moment) if moment is not None else None
        # The name of a built-in network is a marked text.
        called = dataclasses.replace(run, name=translate(run.name)) if run.id in builtin.NAMES else run
        content = Content(called, self.history(run.id), moment, weights, evaluation)
        return File(f"{_stem(run)}-report.html", report(content, translate, language).encode())

    # Bringing in

    def take_in_run(self, content: bytes, who: str = "") -> str:
        """Add a run that `run_zip` of a Lab packed, as one that has ended, and return its id here.

        Raises:
            CNNLabError: it is no such file, is damaged or too large, or was packed by a newer CNN Lab.
            StoreError: the Lab's folder cannot be written.
        """
        return self._put(parcel.unpack(content, self.settings.max_parameters), who)

    def datasets_for(self, content: bytes) -> list[str]:
        """The datasets whose images and classes suit the model in a `.keras` file, by name; at least one.

        Raises:
            CNNLabError: the model cannot be taken in; the error says why.
        """
        return foreign.suiting(self._network(content))

    def take_in_keras(self, content: bytes, name: str, who: str = "", dataset: str = "") -> str:
        """Add a model that was trained elsewhere, as a run that has finished, with one moment; return its id.

        Args:
            content: a `.keras` file. Its network has to be a Sequential of layers that the Lab has; one that begins
                with a Rescaling for pixels from 0 to 255 is changed to take those of the Lab, 0 to 1.
            dataset: what it was trained on, one of `datasets_for`; it may be left out where there is but one.

        Raises:
            CNNLabError: the model cannot be taken in; the error says why.
            EngineError: the workers are not there.
            StoreError: the Lab's folder cannot be written.
        """
        theirs = self._network(content, one_line(name, MAX_NAME))
        network, suiting = foreign.for_unit(theirs), foreign.suiting(theirs)
        dataset = suiting[0] if not dataset and len(suiting) == 1 else dataset
        if dataset not in suiting:
            raise CNNLabError(
                N_("The model can have been trained on these datasets: {suiting}."),
                N_("Choose one of them."),
                suiting=", ".join(suiting),
            )
        with self._explained(), tempfile.TemporaryDirectory(dir=self.settings.home) as place:
            path = Path(place) / "model.keras"
            path.write_bytes(content)
            weights, ours = self.engine.call("importing.take_in", str(path), theirs.to_json(), timeout=SECONDS)
        files: contents.Files = {f"snapshots/{IMPORTED.file}": weights, contents.FINAL: ours}
        training = TrainingSpec(dataset=dataset, epochs=IMPORTED.epoch)
        now = time.time()
        card = parcel.Card(
            name=network.name,
            state="finished",
            started=now,
            ended=now,
            network=network.model_dump(mode="json"),
            training=training.model_dump(mode="json"),
        )
        ended = Finished(reason="done", kept_epoch=IMPORTED.epoch)
        return self._put(parcel.Parcel(card, network, training, (ended,), files), who)

    def _network(self, content: bytes, name: str = "") -> NetworkSpec:
        network = keras_file.read_file(content, name)
        info = DATASETS[foreign.suiting(network)[0]]
        check(network, info.input_shape, len(info.class_names), self.settings.max_parameters)
        return network

    def _put(self, brought: parcel.Parcel, who: str) -> str:
        run = new_id()
        try:
            with self._explained():
                parcel.put(brought, self.store, who, run)
        except BaseException:
            shutil.rmtree(self.store.folder(run), ignore_errors=True)
            raise
        return run

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                N_("The Lab's folder {folder} cannot be used ({reason})."),
                N_("Free some space or mend its permissions, or set CNNLAB_HOME to a folder that can be written to."),
                folder=str(self.settings.home),
                reason=str(error),
            ) from error


def _stem(run: Run) -> str:
    """The beginning of a file's name: the run's name in letters that every system can save."""
    letters = re.sub(r"[^\w-]+", "-", run.name)[:40].strip("-_")
    return letters or f"run-{run.id}"
