"""The preview of the augmentation: samples of the chosen data, and below each how training could see it."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DATASETS, available
from cnnlab.errors import CNNLabError
from cnnlab.figures.montage import Cell, framed, montage_data, montage_figure, painted_image
from cnnlab.figures.style import to_json
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.ui import errors
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _, translate
from cnnlab.ui.timemachine import FOLLOW_SECONDS, waiting_for_workers

SHOWN = 8
SIDE = 64
"""Pixels of a picture before it is fitted to the page: twice the largest set's."""


def preview(training: TrainingSpec) -> None:
    """Originals above, changed ones below; a button changes them once more. Waits by itself for the workers."""
    starting = lab().engine.state == "starting"

    def samples() -> None:
        if starting and lab().engine.state != "starting":
            # The timer belongs to the fragment as it was begun: a whole rerun ends it.
            st.rerun()
        _samples(training)

    st.fragment(samples, run_every=FOLLOW_SECONDS if starting else None)()


def _samples(training: TrainingSpec) -> None:
    if training.augmentation == Augmentation():
        st.caption(_("No augmentation: the network sees every picture as it is, in every epoch."))
        return
    if not available(training.dataset, lab().settings):
        st.caption(_("Samples are shown here once the images are on this computer."))
        return
    if waiting_for_workers():
        return
    me = session()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Above: as they are. Below: as the network could see them; other changes in every epoch."))
        if st.button(_("Again"), icon=":material/refresh:", key="augment-again"):
            me.augmented += 1
    try:
        images, changed = lab().augmented(training.dataset, training.augmentation, me.augmented, SHOWN)
        labels = lab().dataset(training.dataset).y_train[: len(images)]
    except CNNLabError as error:
        errors.show(error)
        return
    names = [translate(DATASETS[training.dataset].class_names[label]) for label in labels]
    cells = [
        Cell(framed(painted_image(image), SIDE), hover=name)
        for row in (images, changed)
        for image, name in zip(row, names, strict=True)
    ]
    data = montage_data(cells, len(images))
    alt = _("{count} training images, and below each how the network could see it.", count=len(images))
    live_charts([Chart(to_json(montage_figure(data)), alt, data.aspect)], key="augmented")
