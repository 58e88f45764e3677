"""Views of a dataset's images, one per tab: a gallery, class counts, mean images, augmentation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnlab.datasets.about import class_counts, class_means
from cnnlab.figures.class_counts import classes_data, classes_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, paint_image
from cnnlab.figures.style import WRONG
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import Part, PartName
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.components.table import table
from cnnlab.ui.data import pixel_values
from cnnlab.ui.data.state import DataState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import augmentation_preview, training_settings
from cnnlab.ui.text import _, n_, translate

IMAGES_PER_PAGE = 80
GRID_COLUMNS = 16
MIN_TILE_PX = 48
"""Minimum width of an image in the gallery."""
ALL_CLASSES = -1
"""Option of the class filter that keeps every class."""
MEAN_GRID_COLUMNS = 5
MEAN_TILE_PX = 112
"""Approximate width of an enlarged mean image."""

Parts = Mapping[PartName, Part]


def split_names() -> dict[PartName, str]:
    """Return the names of the three splits in the reader's language."""
    return {"training": _("Training"), "validation": _("Validation"), "test": _("Test")}


def class_names(dataset: str) -> tuple[str, ...]:
    """Return the names of a dataset's classes in the reader's language."""
    return tuple(translate(name) for name in lab().datasets.info(dataset).class_names)


def images(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw a gallery of one split, of one class or all; a click shows the image's pixel values below."""
    page, names, titles = state(DataState), class_names(name), split_names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            _("Split"), list(titles), default="training", format_func=titles.__getitem__, required=True,
            key="data-part", persist_state="session",
        ) or "training"  # fmt: skip
        # Use a sentinel instead of None: with None, st.selectbox shows a clear button.
        label = st.selectbox(
            _("Class"), [ALL_CLASSES, *range(len(names))], key=f"data-class-{name}", width=180,
            format_func=lambda label: _("all") if label == ALL_CLASSES else names[label],
        )  # fmt: skip
        shown = found[part].with_label(None if label == ALL_CLASSES else label)
        pages = max(-(-len(shown) // IMAGES_PER_PAGE), 1)
        title = _("Page (of {pages})", pages=pages)
        number = int(st.number_input(title, 1, pages, 1, key=f"data-page-{name}-{pages}", width=140))
    if not len(shown):
        st.caption(_("No images to show."))
        return
    shown = shown[(number - 1) * IMAGES_PER_PAGE : number * IMAGES_PER_PAGE]
    _gallery(found[part], part, shown, names)
    if training.label_noise and part == "training":
        st.caption(_("Framed: images with deliberately wrong labels (label noise)."))
    if page.image is None:
        st.caption(_("Click an image to see its pixel values."))
        return
    split, position = page.image
    pixel_values.show(name, split, found[split], position)


def _gallery(part: Part, split: PartName, shown: np.ndarray, names: tuple[str, ...]) -> None:
    page = state(DataState)
    cells = [
        Cell(
            paint_image(part.image(k)),
            caption=names[part.labels[k]],
            hover=_("{label}, index {index}", label=names[part.labels[k]], index=int(part.indices[k])),
            frame=WRONG if part.labels[k] != part.true_labels[k] else "",
        )
        for k in shown
    ]
    data = montage_data(cells, GRID_COLUMNS, label=0.45)
    alt = n_("{count} image with its label.", "{count} images with their labels.", count=len(cells))
    chart = Chart(montage_figure(data), alt, data.aspect, least=MIN_TILE_PX * GRID_COLUMNS)
    click = live_charts([chart], key=f"data-gallery-{min(len(cells), GRID_COLUMNS)}", clickable=True)
    if click and int(click.index) < len(shown):
        page.image, page.pixel = (split, int(shown[int(click.index)])), None
        redraw()


def classes(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw the number of images per class in each split, with the reader's own settings."""
    names, titles = class_names(name), split_names()
    counted = [class_counts(part.labels, len(names)).tolist() for part in found.values()]
    figure = classes_figure(classes_data(names, *counted), translate)
    totals = [(titles[split], f"{len(part.labels):,}") for split, part in found.items()]
    chart = Chart(figure, _("Number of images per class in each split."))
    live_charts([chart], key="data-classes", numbers=totals)
    st.caption(_split_description(name, training, names))
    if note := training_settings.imbalance_note(lab().datasets.info(name), training):
        st.caption(f":material/balance: {note}")
    with st.expander(_("Table")):
        lines = [(errors.plain(names[k]), *(f"{part[k]:,}" for part in counted)) for k in range(len(names))]
        table((_("Class"), *titles.values()), lines, words=1)


def _split_description(name: str, training: TrainingSpec, names: tuple[str, ...]) -> str:
    """Return a description of how the settings split the images."""
    used = (
        _("The first {count:,} training images are used.", count=training.train_size)
        if training.train_size
        else _("All training images are used.")
    )
    held_out = _held_out(name, training)
    only = (
        _(
            "Only these classes are used: {classes}.",
            classes=errors.plain(", ".join(names[k] for k in training.classes)),
        )
        if training.classes
        else ""
    )
    return " ".join(filter(None, (used, only, held_out, _("Change this on Train, under “More settings”."))))


def _held_out(name: str, training: TrainingSpec) -> str:
    if training.validation == "test":
        return _("No validation split: the test images are used for validation.")
    if lab().datasets.info(name).own:
        return _("The image set has its own validation images.")
    return _(
        "{share:.0%} are held out for validation (split seed {seed}).",
        share=training.validation_split,
        seed=training.random_state,
    )


def means(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw the mean image of each class, which shows what its images have in common."""
    names = class_names(name)
    averages, class_counts = _averages(
        name, lab().datasets.info(name).digest or "", training.model_dump_json(), found["training"]
    )
    cells = []
    for label in np.flatnonzero(class_counts):
        mean = averages[label]
        enlarged = max(MEAN_TILE_PX // mean.shape[0], 1)
        painted = (
            paint(mean[:, :, 0], "gray", 255.0, enlarged)
            if mean.shape[2] == 1
            else paint_image(mean.round().astype(np.uint8), enlarged)
        )
        hover = n_(
            "{label}: mean of {count:,} image",
            "{label}: mean of {count:,} images",
            label=names[label],
            count=int(class_counts[label]),
        )
        cells.append(Cell(painted, caption=names[label], hover=hover))
    data = montage_data(cells, MEAN_GRID_COLUMNS, label=0.2)
    alt = _("The mean training image of each class.")
    live_charts([Chart(montage_figure(data, size=14), alt, data.aspect)], key="data-means")
    st.caption(
        _(
            "The average of all training images of each class: sharp where they agree, blurred where "
            "they differ. A useful network must do better than matching these."
        )
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _averages(name: str, digest: str, training: str, _part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return the means, float64 (classes, height, width, channels), and the number of images behind each.

    Cached, because they take a second for a large dataset.
    """
    classes, labels = len(lab().datasets.info(name).class_names), _part.true_labels
    return class_means(_part.images[_part.indices], labels, classes), class_counts(labels, classes)


def augmentation(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw the augmentation settings, shared with Train, and their effect on sample images."""
    me = session()
    st.markdown(
        _(
            "Augmentation randomly alters the training images in every epoch, so the network sees more "
            "variety than the dataset contains."
        )
    )
    me.training = forms.edit(me.training, ("augmentation",), f"data-augmentation-{me.edition}")
    augmentation_preview.preview(training.replace(augmentation=me.training.augmentation))
