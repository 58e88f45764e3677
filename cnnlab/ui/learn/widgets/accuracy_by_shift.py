"""Accuracy on shifted test digits, with and without pooling."""

from __future__ import annotations

import functools

import numpy as np

from cnnlab.figures.accuracy_by_shift import shifts_figure
from cnnlab.runs.run import Run
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.shared import engine_status
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import shift

MAX_SHIFT_PX = 4
IMAGE_COUNT = 300


@engine_status.errors_shown()
def show(context: WidgetContext) -> None:
    """Draw accuracy against the shift, one line per network."""
    lines = {context.titles[setup]: _accuracies(run.id) for setup, run in context.runs.items()}
    figure = shifts_figure(tuple(range(-MAX_SHIFT_PX, MAX_SHIFT_PX + 1)), lines, translate)
    alt = _("Accuracy on {count} test digits by horizontal shift.", count=IMAGE_COUNT)
    live_charts([Chart(figure, alt)], key=f"{context.key}-chart")


@functools.lru_cache(maxsize=32)
def _accuracies(run_id: str) -> tuple[float, ...]:
    """Return the accuracy for each shift."""
    run: Run = lab().runs.get(run_id)
    data, moment = lab().datasets.get(run.training.dataset), lab().snapshots.final(run_id)
    images, labels = data.x_test[:IMAGE_COUNT] / np.float32(255), data.y_test[:IMAGE_COUNT]
    accuracies = []
    for right in range(-MAX_SHIFT_PX, MAX_SHIFT_PX + 1):
        moved = np.stack([shift(image[:, :, 0], 0, right)[..., np.newaxis] for image in images])
        probabilities = lab().inference.probabilities(run, moment, moved.astype(np.float32))
        accuracies.append(float((probabilities.argmax(axis=1) == labels).mean()))
    return tuple(accuracies)
