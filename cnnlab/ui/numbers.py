"""One image as what it is to a network: a table of numbers, a vector, and its label as ones and zeros."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DATASETS, scaled
from cnnlab.datasets.about import one_hot
from cnnlab.figures.numbers import NumbersData, numbers_data, numbers_figure, vector_data, vector_figure
from cnnlab.figures.style import to_json
from cnnlab.training.parts import Part, PartName
from cnnlab.ui import errors, pictures
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate


def one(name: str, which: PartName, part: Part, number: int) -> None:
    """The image `number` of a part of the dataset `name`."""
    me, info = session().studied, DATASETS[name]
    image, label = part.image(number), int(part.labels[number])
    called = translate(info.class_names[label])
    place = int(part.places[number])
    source = _("test images") if which == "test" else _("training images")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(called), anchor=False, width="content")
        st.caption(_("number {number} of the {source}, counted from 0", number=place, source=source), width="content")
        if st.button(_("Its feature maps"), icon=":material/filter_none:", key="data-maps"):
            session().sent = scaled(image), called
            session().show(pictures.SENT)
            st.switch_page("pages/maps.py")
    channel = _channel(image.shape[2])
    data = numbers_data(image, channel, me.pixel)
    alt = _("The image as a table of its pixels, from 0 (black) to 255.")
    chart = Chart(to_json(numbers_figure(data, translate)), alt, data.height / data.width, least=data.width)
    click = live_charts([chart], key=f"data-numbers-{name}", width=data.width, clickable=True)
    if click and click.at > me.clicked:
        me.clicked, me.pixel = click.at, (int(click.y), int(click.x))
        redraw()
    st.markdown(_pixel(data))
    chart = Chart(
        to_json(vector_figure(vector_data(image, data.place(*me.pixel) if me.pixel else None), translate)),
        _("The image's numbers one after another."),
        title=_(
            "A dense layer sees the same image as a vector of {count:,} numbers; a line marks the pixel that is chosen",
            count=data.size,
        ),
    )
    live_charts([chart], key=f"data-vector-{name}")
    _label(label, called, info.class_names)


def _channel(channels: int) -> int:
    """Which colour's numbers are shown."""
    if channels == 1:
        return 0
    names = (_("red"), _("green"), _("blue"))
    chosen = st.segmented_control(
        _("Colour"), range(channels), default=0, format_func=names.__getitem__, required=True, key="data-channel"
    )
    return chosen or 0


def _pixel(data: NumbersData) -> str:
    """The chosen pixel in words."""
    if data.pixel is None:
        return _("Point at a pixel to read its number, or click it to find it again in the vector below.")
    row, column = data.pixel
    return _(
        "Row **{row}**, column **{column}**: **{value}** of 255. A network is given {share:.3f}, at place {place} of "
        "{size:,}. Rows, columns and places are counted from 0.",
        row=row,
        column=column,
        value=int(data.values[row, column]),
        share=data.share(row, column),
        place=data.place(row, column),
        size=data.size,
    )


def _label(label: int, called: str, names: tuple[str, ...]) -> None:
    """The label as a number, and one-hot."""
    st.markdown(
        _(
            "Its label is **{name}**. As one-hot vector, which “categorical_crossentropy” wants, it is a 1 at place "
            "{label} of {count}, counted from 0:",
            name=str(label) if called == str(label) else f"{label} ({errors.plain(called)})",
            label=label,
            count=len(names),
        )
    )
    st.code(f"{list(one_hot(label, len(names)))}", language="python")
