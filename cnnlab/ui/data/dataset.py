"""The Data page: choose a dataset on the left; tabs on the right show its images, classes, mean images and
augmentation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.datasets.about import class_counts, class_means
from cnnlab.figures.class_counts import classes_data, classes_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, paint_image
from cnnlab.figures.style import WRONG
from cnnlab.network.summary import format_shape
from cnnlab.training import drawings_file
from cnnlab.training.recipes import for_dataset
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import Part, PartName, parts
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw, tabs
from cnnlab.ui.components.table import table
from cnnlab.ui.data import pixel_values
from cnnlab.ui.data.state import DataState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import augmentation_preview, datasets, start_run
from cnnlab.ui.text import _, n_, translate

IMAGES_PER_PAGE = 80
GRID_COLUMNS = 16
MIN_TILE_PX = 48
"""Minimum width of an image in the gallery."""
FIRST = "mnist-5k"
"""The dataset that is shown if the one to train on is gone."""
ALL_CLASSES = -1
"""Option of the class filter that keeps every class."""
MEAN_GRID_COLUMNS = 5
MEAN_TILE_PX = 112
"""Approximate width of an enlarged mean image."""

Parts = Mapping[PartName, Part]


def body() -> None:
    """Draw the page; the caller makes it one fragment."""
    left, right = st.columns([1, 3], gap="large")
    with left:
        name = _dataset()
        _facts(name)
    with right:
        if not _downloaded(name):
            return
        training = _settings(name)
        with errors.shown():
            found = parts(lab().datasets.get(name), training)
            state(DataState).show(f"{name} {training.model_dump_json()}")
            _tabs(name, training, found)


def _tabs(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw each view of the images in a tab."""
    views = {
        _("Images"): _images,
        _("Classes"): _classes,
        _("Mean images"): _means,
        _("Augmentation"): _augmentation,
    }
    tabs({title: partial(view, name, training, found) for title, view in views.items()}, key="data-tabs")


def split_names() -> dict[PartName, str]:
    """Return the names of the three splits in the reader's language."""
    return {"training": _("Training"), "validation": _("Validation"), "test": _("Test")}


def class_names(dataset: str) -> tuple[str, ...]:
    """Return the names of a dataset's classes in the reader's language."""
    return tuple(translate(name) for name in lab().datasets.info(dataset).class_names)


def _dataset() -> str:
    """Return the dataset to show: from the link, else the one selected here, else the one that Start would train on."""
    trained, page = session().training.dataset, state(DataState)
    wanted = st.query_params.get("data") or page.dataset_to_show(trained)
    names = datasets.titles(lab().datasets.all().values())
    first = next((name for name in (wanted if _exists(wanted) else trained, trained) if name in names), FIRST)
    chosen = st.selectbox(
        _("Data"),
        list(names),
        index=list(names).index(first),
        format_func=names.__getitem__,
        key="data-set",
    )
    page.select(chosen, trained)
    if st.query_params.get("data") != chosen:
        st.query_params["data"] = chosen
    return chosen


def _exists(name: str) -> bool:
    """Return whether a dataset exists; show an error if it does not."""
    with errors.shown():
        lab().datasets.info(name)
        return True
    return False


def _facts(name: str) -> None:
    """Draw the description of a dataset and the button that trains on it."""
    info, me = lab().datasets.info(name), session()
    st.markdown(translate(info.description))
    lines = [
        _("{size} pixels, values from 0 to 255", size=format_shape(info.input_shape)),
        _("{count} classes", count=len(info.class_names)),
        n_("{count:,} training image", "{count:,} training images", count=info.train_size),
        n_("{count:,} test image", "{count:,} test images", count=info.test_size),
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    if st.button(_("Train on this data"), icon=":material/play_circle:", key="data-train"):
        if name != me.training.dataset:
            me.design(me.network.replace(input_shape=info.input_shape), _settings(name))
        go("train")
    st.caption(f"{errors.plain(info.credit)}  \n{errors.plain(info.license)}")


def _downloaded(name: str) -> bool:
    """Return whether the images are on this computer; if not, offer to download them."""
    if lab().datasets.available(name):
        return True
    info = lab().datasets.info(name)
    info = DATASETS[info.shuffled] if info.shuffled else info
    size = info.download_size / 1e6
    st.info(_("**Not downloaded yet.** One-time download: {size:.0f} MB.", size=size), icon=":material/download:")
    if st.button(_("Download"), icon=":material/download:", type="primary", key="data-fetch"):
        with errors.shown():
            start_run.fetch(name)
            redraw()
    return False


def _settings(name: str) -> TrainingSpec:
    """Return the reader's training settings; for another dataset, without what only suits the dataset they train on."""
    training = session().training
    if name == training.dataset:
        return training
    training = for_dataset(training, lab().datasets.info(name)).replace(classes=(), train_size=None)
    return training if drawings_file.accepts_drawings(name) else training.replace(drawings="")


def _images(name: str, training: TrainingSpec, found: Parts) -> None:
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


def _classes(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw the number of images per class in each split, with the reader's own settings."""
    names, titles = class_names(name), split_names()
    counted = [class_counts(part.labels, len(names)).tolist() for part in found.values()]
    figure = classes_figure(classes_data(names, *counted), translate)
    totals = [(titles[split], f"{len(part.labels):,}") for split, part in found.items()]
    chart = Chart(figure, _("Number of images per class in each split."))
    live_charts([chart], key="data-classes", numbers=totals)
    st.caption(_split_description(training, names))
    with st.expander(_("Table")):
        lines = [(errors.plain(names[k]), *(f"{part[k]:,}" for part in counted)) for k in range(len(names))]
        table((_("Class"), *titles.values()), lines, words=1)


def _split_description(training: TrainingSpec, names: tuple[str, ...]) -> str:
    """Return a description of how the settings split the images."""
    used = (
        _("The first {count:,} training images are used.", count=training.train_size)
        if training.train_size
        else _("All training images are used.")
    )
    held_out = (
        _("No validation split: the test images are used for validation.")
        if training.validation == "test"
        else _(
            "{share:.0%} are held out for validation (split seed {seed}).",
            share=training.validation_split,
            seed=training.random_state,
        )
    )
    only = (
        _(
            "Only these classes are used: {classes}.",
            classes=errors.plain(", ".join(names[k] for k in training.classes)),
        )
        if training.classes
        else ""
    )
    return " ".join(filter(None, (used, only, held_out, _("Change this on Train, under “More settings”."))))


def _means(name: str, training: TrainingSpec, found: Parts) -> None:
    """Draw the mean image of each class, which shows what its images have in common."""
    names = class_names(name)
    averages, class_counts = _averages(name, training.model_dump_json(), found["training"])
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
def _averages(name: str, training: str, _part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return the means, float64 (classes, height, width, channels), and the number of images behind each.

    Cached, because they take a second for a large dataset.
    """
    classes, labels = len(lab().datasets.info(name).class_names), _part.true_labels
    return class_means(_part.images[_part.indices], labels, classes), class_counts(labels, classes)


def _augmentation(name: str, training: TrainingSpec, found: Parts) -> None:
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
