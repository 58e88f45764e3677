"""Fine-tuning on mistakes: a new run from this snapshot's weights, with the misclassified images added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import session
from cnnlab.ui.text import _

if TYPE_CHECKING:
    from cnnlab.ui.evaluate.evaluated import EvaluatedRun


def offer(evaluated: EvaluatedRun, mistakes: np.ndarray) -> None:
    """Offer to fine-tune on the images with these indices, the worst first."""
    label = _("Fine-tune on these mistakes")
    when_open(st.popover, label, "more", lambda: _choices(evaluated, mistakes), icon=":material/school:")


def _choices(evaluated: EvaluatedRun, mistakes: np.ndarray) -> None:
    count = st.number_input(_("Number of images (worst first)"), 1, len(mistakes), len(mistakes), key="more-count")
    weight = st.number_input(_("Repeats per epoch"), 1, 100, 5, key="more-weight")
    epochs = st.number_input(_("Epochs"), 1, 100, 3, key="more-epochs")
    st.caption(
        _(
            "Starts a new run from the weights of this snapshot, with these images added to its training data. Once "
            "the network has seen them, its accuracy on the images evaluated here means less."
        )
    )
    if pressed(st.button, _("Start"), icon=":material/play_arrow:", type="primary", key="more-start"):
        _start(evaluated, mistakes[: int(count)], int(weight), int(epochs))


@errors.shown()
def _start(evaluated: EvaluatedRun, chosen: np.ndarray, weight: int, epochs: int) -> None:
    run, found = evaluated.run, evaluated.found
    training = run.training.replace(epochs=epochs)
    started = lab().runs.fork(
        run.id, evaluated.moment, training, who=session().who,
        extra=(found.images[chosen], found.labels[chosen], weight),
    )  # fmt: skip
    session().run = started
    go("train", run=started)
