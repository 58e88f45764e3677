"""Preview of the augmentation: training images, each with an augmented version."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnnlab.figures.montage import Cell, fit_square, montage_data, montage_figure, paint_image
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared.engine_status import waiting_for_workers, with_workers
from cnnlab.ui.text import _, translate

MAX_IMAGES = 8
IMAGE_PX = 64
"""Size of an image before it is scaled to the page: twice the size of the largest dataset's images."""


@dataclass
class PreviewState:
    """The seed of the augmentation."""

    seed: int = 0


def preview(training: TrainingSpec) -> None:
    """Draw images and augmented versions, with a button that resamples them. Appears once the workers have started."""
    with_workers(lambda: _samples(training))


def _samples(training: TrainingSpec) -> None:
    if training.augmentation == Augmentation():
        st.caption(_("No augmentation: the network sees the same images in every epoch."))
        return
    if not lab().datasets.available(training.dataset):
        st.caption(_("Samples appear here once the dataset has been downloaded."))
        return
    if waiting_for_workers():
        return
    me = state(PreviewState)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Top: originals. Bottom: one possible augmented version; it changes every epoch."))
        if st.button(_("Resample"), icon=":material/refresh:", key="augment-again"):
            me.seed += 1
    _pairs(training, me.seed)


@errors.shown()
def _pairs(training: TrainingSpec, seed: int) -> None:
    """Draw the images, and an augmented version below each."""
    images, changed = lab().datasets.augmented(training.dataset, training.augmentation, seed, MAX_IMAGES)
    dataset = lab().datasets.get(training.dataset)
    names = [translate(dataset.class_names[label]) for label in dataset.y_train[: len(images)]]
    cells = [
        Cell(fit_square(paint_image(image), IMAGE_PX), hover=name)
        for row in (images, changed)
        for image, name in zip(row, names, strict=True)
    ]
    data = montage_data(cells, len(images))
    alt = _("{count} training images, each with an augmented version below.", count=len(images))
    live_charts([Chart(montage_figure(data), alt, data.aspect)], key="augmented")
