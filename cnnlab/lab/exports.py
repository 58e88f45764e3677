"""Export runs to files for other programs or another Lab. Nothing is written to the runs' folders."""

from __future__ import annotations

import csv
import dataclasses
import io
import re

from cnnlab.engine.client import Engine
from cnnlab.evaluation.metrics import Evaluation
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.export import keras_script
from cnnlab.export.formats import CSV_COLUMNS, MODEL_FORMATS, File
from cnnlab.export.html_report import Content, report
from cnnlab.i18n.marks import Translate, untranslated
from cnnlab.lab.histories import Histories
from cnnlab.lab.snapshots import Snapshots
from cnnlab.lab.start_weights import pack
from cnnlab.runs import archive, builtin
from cnnlab.runs.origin import origin
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training import initial_state
from cnnlab.training.snapshots import Moment

TIMEOUT_SECONDS = 300.0
"""Timeout of an export; converting a large network takes a while."""


class Exports:
    """Exports runs. The inference worker does what needs Keras."""

    def __init__(self, store: RunStore, engine: Engine, snapshots: Snapshots, histories: Histories) -> None:
        self._store = store
        self._engine = engine
        self._snapshots = snapshots
        self._histories = histories

    def problem(self, run: Run, moment: Moment | None = None) -> NotFiniteError | None:
        """Return what to say before exporting weights (by default `Snapshots.final`) that are NaN or infinite.

        Raises:
            CNNLabError: the weights are gone.
        """
        if moment is None and not self._snapshots.any(run.id):
            return None
        try:
            self._snapshots.check_finite(run.id, moment or self._snapshots.final(run.id))
        except NotFiniteError as error:
            return error
        return None

    def model_file(self, run: Run, format_name: str, moment: Moment | None = None) -> File:
        """Export the network with the weights of a snapshot (by default `Snapshots.final`).

        Args:
            format_name: a key of `MODEL_FORMATS`.

        Raises:
            CNNLabError: the weights are gone, the format does not support this network, or needs a missing package.
            EngineError: the workers are not running.
        """
        moment = moment or self._snapshots.final(run.id)
        started = self._histories.get(run.id).started
        content: bytes = self._engine.call(
            "export.model_file",
            *(format_name, run.network.to_json(), str(self._snapshots.folder(run.id)), tuple(moment)),
            *(run.training.model_dump_json(), started.steps if started else 1),
            timeout=TIMEOUT_SECONDS,
        )
        batch = f"-batch-{moment.step}" if moment.step else ""
        return File(f"{_stem(run)}-epoch-{moment.epoch}{batch}{MODEL_FORMATS[format_name].ending}", content)

    def tensorboard(self, run: Run) -> File:
        """Export the run's metrics as zipped TensorBoard logs; EngineError if the workers are not running."""
        events = [event.model_dump_json() for _, event in self._store.events(run.id)]
        texts = {"network": run.network.to_json(), "training": run.training.model_dump_json()}
        content: bytes = self._engine.call("export.tensorboard", events, texts, timeout=TIMEOUT_SECONDS)
        return File(f"{_stem(run)}-tensorboard.zip", content)

    def history_csv(self, run: Run) -> File:
        """Export the history as CSV, one row per epoch, with the columns `CSV_COLUMNS`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        writer.writerows([getattr(epoch, name) for name in CSV_COLUMNS] for epoch in self._histories.get(run.id).epochs)
        return File(f"{_stem(run)}-history.csv", text.getvalue().encode())

    def network_json(self, run: Run) -> File:
        """Export the network's JSON, which the Build page imports."""
        return File(f"{_stem(run)}-network.json", run.network.to_json(2).encode())

    def script(self, run: Run, translate: Translate = untranslated) -> File:
        """Export a Keras script that repeats the training."""
        return File(f"{_stem(run)}.py", keras_script.script(run.network, run.training, translate, run.dataset).encode())

    def start_weights(self, run: Run) -> File:
        """Export the weights that the script loads, if the run started with another network's.

        Raises:
            CNNLabError: the file with these weights is gone.
        """
        weights = initial_state.read(self._store.folder(run.id)).weights or {}
        return File(keras_script.START_FILE, pack(dict(list(weights.items())[: len(run.network.taken)])))

    def notebook(self, run: Run, translate: Translate = untranslated) -> File:
        """Export a Jupyter notebook that repeats the training."""
        return File(
            f"{_stem(run)}.ipynb", keras_script.notebook(run.network, run.training, translate, run.dataset).encode()
        )

    def run_zip(self, run: Run) -> File:
        """Export the complete run, for `Imports.run` of another Lab; CNNLabError if it is too large."""
        events = [event for _, event in self._store.events(run.id)]
        return File(f"{_stem(run)}-run.zip", archive.pack(run, events, self._snapshots.folder(run.id)))

    def report(
        self,
        run: Run,
        moment: Moment | None = None,
        evaluation: Evaluation | None = None,
        translate: Translate = untranslated,
        language: str = "en",
    ) -> File:
        """Export a report of the run as a single HTML page that works offline.

        Args:
            moment: the snapshot whose kernels are shown, by default `Snapshots.final`.
            evaluation: on the validation images, for the confusion matrix.
        """
        if moment is None and self._snapshots.of(run.id):
            moment = self._snapshots.final(run.id)
        weights = self._snapshots.weights(run.id, moment) if moment is not None else None
        # The name of a built-in network is translatable.
        named = dataclasses.replace(run, name=translate(run.name)) if run.id in builtin.NAMES else run
        problem = self.problem(run, moment)
        source = origin(self._store, run.id)
        content = Content(named, self._histories.get(run.id), moment, weights, evaluation, problem, source)
        return File(f"{_stem(run)}-report.html", report(content, translate, language).encode())


def _stem(run: Run) -> str:
    """Return the stem of the file names: the run's name in characters that are valid on every system."""
    letters = re.sub(r"[^\w-]+", "-", run.name)[:40].strip("-_")
    return letters or f"run-{run.id}"
