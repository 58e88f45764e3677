"""One image as a network sees it: a table of pixel values, a vector, and a one-hot label."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.datasets.about import one_hot
from cnnlab.figures.pixel_table import PixelTableData, pixel_table_data, pixel_table_figure, vector_data, vector_figure
from cnnlab.training.split import Part, PartName
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.data.state import DataState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import state
from cnnlab.ui.shared.picture_picker import Picture, PictureState
from cnnlab.ui.text import _, translate


def show(dataset: str, split: PartName, part: Part, position: int) -> None:
    """Draw the image at `position` in a split of a dataset, with its pixel values and its label."""
    page, info = state(DataState), lab().datasets.info(dataset)
    image, label = part.image(position), int(part.labels[position])
    class_name = translate(info.class_names[label])
    index = int(part.indices[position])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(class_name), anchor=False, width="content")
        source = (
            _("test image {index} (counting from 0)", index=index)
            if split == "test"
            else _("training image {index} (counting from 0)", index=index)
        )
        st.caption(source, width="content")
        if st.button(_("View feature maps"), icon=":material/filter_none:", key="data-maps"):
            state(PictureState).send(Picture(scaled(image), class_name))
            go("maps")
    channel = _channel(image.shape[2])
    data = pixel_table_data(image, channel, page.pixel)
    alt = _("The image as a table of pixel values, from 0 (black) to 255.")
    chart = Chart(pixel_table_figure(data, translate), alt, data.height / data.width, least=data.width)
    click = live_charts([chart], key=f"data-numbers-{dataset}", width=data.width, clickable=True)
    if click:
        page.pixel = int(click.y), int(click.x)
        redraw()
    st.markdown(_pixel(data))
    chart = Chart(
        vector_figure(vector_data(image, data.vector_index(*page.pixel) if page.pixel else None), translate),
        _("The pixel values of the image as one vector."),
        title=_(
            "A dense layer sees the image as a vector of {count:,} numbers (the line marks the selected pixel)",
            count=data.size,
        ),
    )
    live_charts([chart], key=f"data-vector-{dataset}")
    _label(label, class_name, info.class_names)


def _channel(channels: int) -> int:
    """Return the index of the color channel to show."""
    if channels == 1:
        return 0
    names = (_("red"), _("green"), _("blue"))
    chosen = st.segmented_control(
        _("Color channel"), range(channels), default=0, format_func=names.__getitem__, required=True, key="data-channel"
    )
    return chosen or 0


def _pixel(data: PixelTableData) -> str:
    """Return a description of the selected pixel."""
    if data.pixel is None:
        return _("Hover over a pixel to read its value, or click to locate it in the vector below.")
    row, column = data.pixel
    return _(
        "Row **{row}**, column **{column}**: **{value}** of 255. The network receives {share:.3f}, at index {index} of "
        "{size:,}. Rows, columns and indices count from 0.",
        row=row,
        column=column,
        value=int(data.values[row, column]),
        share=data.share(row, column),
        index=data.vector_index(row, column),
        size=data.size,
    )


def _label(label: int, class_name: str, names: tuple[str, ...]) -> None:
    """Draw the label as a class number and as a one-hot vector."""
    st.markdown(
        _(
            "Label: **{name}**. One-hot encoded, as categorical_crossentropy expects, that is a 1 at "
            "index {label} of {count}:",
            name=str(label) if class_name == str(label) else f"{label} ({errors.plain(class_name)})",
            label=label,
            count=len(names),
        )
    )
    st.code(f"{list(one_hot(label, len(names)))}", language="python")
