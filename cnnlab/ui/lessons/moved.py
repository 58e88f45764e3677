"""Networks asked about test digits that are shifted: with and without pooling."""

from __future__ import annotations

import functools

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.figures.shifts import shifts_figure
from cnnlab.figures.style import to_json
from cnnlab.runs.record import Run
from cnnlab.ui import errors, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import shift

MOST = 4
IMAGES = 300


def show(place: Place) -> None:
    """Accuracy against the shift, a line a network."""
    try:
        lines = {place.titles[setup]: _accuracies(run.id) for setup, run in place.runs.items()}
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    figure = shifts_figure(tuple(range(-MOST, MOST + 1)), lines, translate)
    alt = _("Accuracy on {count} test digits against how far they are shifted.", count=IMAGES)
    live_charts([Chart(to_json(figure), alt)], key=f"{place.key}-chart")


@functools.lru_cache(maxsize=32)
def _accuracies(run_id: str) -> tuple[float, ...]:
    """The share of right answers for each shift."""
    run: Run = lab().run(run_id)
    data, moment = lab().dataset(run.training.dataset), lab().taken_moment(run_id)
    images, labels = data.x_test[:IMAGES] / np.float32(255), data.y_test[:IMAGES]
    found = []
    for right in range(-MOST, MOST + 1):
        moved = np.stack([shift(image[:, :, 0], 0, right)[..., np.newaxis] for image in images])
        answers = lab().probabilities(run, moment, moved.astype(np.float32))
        found.append(float((answers.argmax(axis=1) == labels).mean()))
    return tuple(found)
