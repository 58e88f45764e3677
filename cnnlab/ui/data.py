"""Data: a dataset at the left; at the right, behind tabs, its images, their classes, their means, and how training
could change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS, available
from cnnlab.datasets.about import counts, means
from cnnlab.errors import CNNLabError
from cnnlab.figures.classes import classes_data, classes_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, painted_image
from cnnlab.figures.style import WRONG, to_json
from cnnlab.network.recipes import suited
from cnnlab.network.shapes import written
from cnnlab.training import drawn
from cnnlab.training.parts import Part, PartName, parts
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import augment, choose, errors, forms, numbers
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate

PAGE = 72
COLUMNS = 12
LEAST = 48
"""Pixels that an image of the gallery needs."""
ALL = -1
"""In the place of a class: every class."""
MEAN_COLUMNS = 5
SIDE = 112
"""Pixels at which a mean image is painted."""

Parts = Mapping[PartName, Part]


def body() -> None:
    """The whole page is one fragment."""
    left, right = st.columns([1, 3], gap="large")
    with left:
        name = _dataset()
        _facts(name)
    with right:
        if not _at_hand(name):
            return
        training = _settings(name)
        try:
            found = parts(lab().dataset(name), training)
        except CNNLabError as error:
            errors.show(error)
            return
        session().studied.look_at(f"{name} {training.model_dump_json()}")
        tabs: dict[str, Callable[[str, TrainingSpec, Parts], None]] = {
            _("Images"): _images,
            _("Classes"): _classes,
            _("Mean images"): _means,
            _("Augmentation"): _augmentation,
        }
        for tab, content in zip(st.tabs(list(tabs), on_change="rerun", key="data-tabs"), tabs.values(), strict=True):
            if tab.open:
                with tab:
                    content(name, training, found)


def part_names() -> dict[PartName, str]:
    """The three parts in the reader's language."""
    return {"training": _("Training"), "validation": _("Validation"), "test": _("Test")}


def classes_of(name: str) -> tuple[str, ...]:
    """The names of a dataset's classes in the reader's language."""
    return tuple(translate(known) for known in DATASETS[name].class_names)


def _dataset() -> str:
    """The dataset that is looked at: the link's, the one chosen here, else the one that Start would train on."""
    me = session()
    asked = st.query_params.get("data") or me.studied.dataset_beside(me.training.dataset)
    try:
        available(asked, lab().settings)
    except CNNLabError as error:
        errors.show(error)
        asked = me.training.dataset
    chosen = st.selectbox(
        _("Data"),
        list(DATASETS),
        index=list(DATASETS).index(asked),
        format_func=lambda known: translate(DATASETS[known].title),
        key="data-set",
    )
    me.studied.choose(chosen, me.training.dataset)
    if st.query_params.get("data") != chosen:
        st.query_params["data"] = chosen
    return chosen


def _facts(name: str) -> None:
    info, me = DATASETS[name], session()
    st.markdown(translate(info.description))
    lines = [
        _("{size} pixels, numbers from 0 to 255", size=written(info.input_shape)),
        _("{count} classes", count=len(info.class_names)),
        _("{count:,} training images", count=info.train_size),
        _("{count:,} test images", count=info.test_size),
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    if st.button(_("Train on this data"), icon=":material/play_circle:", key="data-train"):
        if name != me.training.dataset:
            me.design(me.network.replace(input_shape=info.input_shape), _settings(name))
        st.switch_page("pages/train.py")
    st.caption(f"{errors.plain(info.credit)}  \n{errors.plain(info.license)}")


def _at_hand(name: str) -> bool:
    """Whether the images are on this computer; offers to fetch them."""
    if available(name, lab().settings):
        return True
    info = DATASETS[name]
    info = DATASETS[info.shuffled] if info.shuffled else info
    st.info(
        _(
            "**These images are not on this computer yet.** They are fetched once: {size:.0f} MB.",
            size=info.download_size / 1e6,
        ),
        icon=":material/download:",
    )
    if st.button(_("Fetch them"), icon=":material/download:", type="primary", key="data-fetch"):
        try:
            choose.fetch(name)
        except CNNLabError as error:
            errors.show(error)
        else:
            redraw()
    return False


def _settings(name: str) -> TrainingSpec:
    """The reader's own settings; for another dataset than theirs, without what belongs to theirs."""
    training = session().training
    if name == training.dataset:
        return training
    training = suited(training, name).replace(classes=(), train_size=None)
    return training if drawn.suits(name) else training.replace(drawings="")


def _images(name: str, training: TrainingSpec, found: Parts) -> None:
    """A gallery of one part, of all classes or of one; a click shows the image's numbers below."""
    me, names, titles = session().studied, classes_of(name), part_names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control(
            _("Part"), list(titles), default="training", format_func=titles.__getitem__, required=True,
            key="data-part", persist_state="session",
        ) or "training"  # fmt: skip
        # Not None, which would be offered as something to clear.
        label = st.selectbox(
            _("Class"), [ALL, *range(len(names))], key=f"data-class-{name}", width=180,
            format_func=lambda known: _("all") if known == ALL else names[known],
        )  # fmt: skip
        shown = found[part].of(None if label == ALL else label)
        pages = max(-(-len(shown) // PAGE), 1)
        page = int(st.number_input(_("Page of {pages}", pages=pages), 1, pages, 1, key=f"data-page-{name}-{pages}",
                                   width=140))  # fmt: skip
    if not len(shown):
        st.caption(_("No images here."))
        return
    shown = shown[(page - 1) * PAGE : page * PAGE]
    _gallery(found[part], part, shown, names)
    if training.label_noise and part == "training":
        st.caption(_("Framed: images whose label was made wrong on purpose (label_noise)."))
    if me.image is None:
        st.caption(_("Click an image to see the numbers that it is."))
        return
    chosen, number = me.image
    numbers.one(name, chosen, found[chosen], number)


def _gallery(part: Part, which: PartName, shown: np.ndarray, names: tuple[str, ...]) -> None:
    me = session().studied
    cells = [
        Cell(
            painted_image(part.image(k)),
            caption=names[part.labels[k]],
            hover=_("{label}, number {number}", label=names[part.labels[k]], number=int(part.places[k])),
            frame=WRONG if part.labels[k] != part.truth[k] else "",
        )
        for k in shown
    ]
    data = montage_data(cells, COLUMNS, label=0.45)
    alt = _("{count} images with their labels.", count=len(cells))
    chart = Chart(to_json(montage_figure(data)), alt, data.aspect, least=LEAST * COLUMNS)
    click = live_charts([chart], key=f"data-gallery-{min(len(cells), COLUMNS)}", clickable=True)
    if click and click.at > me.clicked and int(click.index) < len(shown):
        me.clicked, me.image, me.pixel = click.at, (which, int(shown[int(click.index)])), None
        redraw()


def _classes(name: str, training: TrainingSpec, found: Parts) -> None:
    """How the images are divided, with the reader's own settings."""
    names, titles = classes_of(name), part_names()
    counted = [counts(part.labels, len(names)).tolist() for part in found.values()]
    chart = Chart(
        to_json(classes_figure(classes_data(names, *counted), translate)), _("Images of each class, by part.")
    )
    figures = [(titles[part], f"{len(found[part].labels):,}") for part in found]
    live_charts([chart], key="data-classes", numbers=figures)
    st.caption(_how(training, names))
    with st.expander(_("As a table")):
        lines = [(errors.plain(names[k]), *(f"{part[k]:,}" for part in counted)) for k in range(len(names))]
        table((_("Class"), *titles.values()), lines, words=1)


def _how(training: TrainingSpec, names: tuple[str, ...]) -> str:
    """How the settings divide the images, in words."""
    used = (
        _("The first {count:,} training images are used.", count=training.train_size)
        if training.train_size
        else _("All training images are used.")
    )
    aside = (
        _("No part of them is kept aside: the test images are used for validation.")
        if training.validation == "test"
        else _(
            "Of them {share:.0%} are kept aside for validation, chosen by random_state {seed}.",
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
    return " ".join(filter(None, (used, only, aside, _("You can change that on Train, under “More settings”."))))


def _means(name: str, training: TrainingSpec, found: Parts) -> None:
    """The mean image of each class: what its images have in common."""
    names = classes_of(name)
    averages, many = _averages(name, training.model_dump_json(), found["training"])
    cells = []
    for label in np.flatnonzero(many):
        mean = averages[label]
        enlarged = max(SIDE // mean.shape[0], 1)
        painted = (
            paint(mean[:, :, 0], "grey", 255.0, enlarged)
            if mean.shape[2] == 1
            else painted_image(mean.round().astype(np.uint8), enlarged)
        )
        hover = _("{label}: the mean of {count:,} images", label=names[label], count=int(many[label]))
        cells.append(Cell(painted, caption=names[label], hover=hover))
    data = montage_data(cells, MEAN_COLUMNS, label=0.2)
    alt = _("The mean training image of each class.")
    live_charts([Chart(to_json(montage_figure(data, size=14)), alt, data.aspect)], key="data-means")
    st.caption(
        _(
            "Each pixel is the mean of that pixel over all training images of the class. Sharp where they agree, "
            "blurred where they differ: a network has to do better than to compare with these."
        )
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _averages(name: str, training: str, _part: Part) -> tuple[np.ndarray, np.ndarray]:
    """The means float64 (classes, height, width, channels), and of how many images: a large set's take a second."""
    classes = len(DATASETS[name].class_names)
    return means(_part.images[_part.places], _part.truth, classes), counts(_part.truth, classes)


def _augmentation(name: str, training: TrainingSpec, found: Parts) -> None:
    """The settings of the augmentation, which are those of Train, and what they make of samples."""
    me = session()
    st.markdown(
        _(
            "Training can change its images at random, anew in every epoch, so that the network meets more of them "
            "than there are."
        )
    )
    me.training = forms.edit(me.training, ("augmentation",), f"data-augmentation-{me.edition}")
    augment.preview(training.replace(augmentation=me.training.augmentation))
