"""Filters by hand: a kernel, a picture, the result; one pixel of it step by step; what pooling makes of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.figures.maps import MapData, map_data, map_figure
from cnnlab.figures.style import to_json
from cnnlab.marks import N_
from cnnlab.network.arithmetic import Padding, Window
from cnnlab.ui import errors, kernel, transplant
from cnnlab.ui.charts import Chart, Click, live_charts
from cnnlab.ui.pictures import Picture
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import Pixel, Pooling, correlate, difference, pixel, pool, shift
from cnnlab.vision.formula import added, equals
from cnnlab.vision.kernels import KERNELS

SIZES = (3, 5, 7)
PADDINGS: tuple[Padding, ...] = ("valid", "same")
POOLING: Mapping[Pooling, str] = {"max": N_("Max pooling"), "average": N_("Average pooling")}
KEPT: Literal["session"] = "session"
"""Choices outlive a page switch."""
CELL = 50
"""Pixels of a product's side: its number has room."""


def _whole(label: str, least: int, most: int, value: int, key: str) -> int:
    """A whole number."""
    return int(
        st.number_input(label, min_value=least, max_value=most, value=value, width=124, key=key, persist_state=KEPT)
    )


def preset(key: str, first: str) -> str:
    """A kernel by name."""
    names = list(KERNELS)
    return st.selectbox(
        _("Kernel"),
        names,
        index=names.index(first),
        format_func=lambda name: translate(KERNELS[name].title),
        key=key,
        persist_state=KEPT,
        width=240,
    )


def own_kernel() -> tuple[str, np.ndarray, Window, Padding]:
    """The controls of the kernel: preset, size, padding, stride, dilation, and the editor itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = preset("design-preset", "notes-horizontal")
        size = st.segmented_control(
            _("Size"),
            SIZES,
            default=3,
            format_func=lambda n: f"{n}×{n}",
            required=True,
            key="design-size",
            persist_state=KEPT,
        )
        padding = st.segmented_control(
            "padding", PADDINGS, default=PADDINGS[0], required=True, key="design-padding", persist_state=KEPT
        )
        stride = _whole("strides", 1, 7, 1, "design-stride")
        dilation = _whole("dilation_rate", 1, 5, 1, "design-dilation")
    st.caption(translate(KERNELS[name].about))
    return (
        name,
        _sized(KERNELS[name].array, size),
        Window((size, size), (stride, stride), (dilation, dilation)),
        padding,
    )


def _sized(array: np.ndarray, size: int) -> np.ndarray:
    """A kernel in the middle of zeros, or cut down to its middle."""
    ahead = (size - len(array)) // 2
    if ahead >= 0:
        return np.pad(array, ahead)
    return array[-ahead:ahead, -ahead:ahead]


def workspace(picture: Picture) -> None:
    """Picture, kernel and result side by side; below, the pixel that is pointed at."""
    me = session()
    name, begun, window, padding = own_kernel()
    left, middle, right = st.columns(3, gap="medium")
    with middle:
        st.markdown(_("**Kernel**"))
        edition = f"{name}-{window.size[0]}"
        values = kernel.edit(begun, edition, _("Kernel"), key="design-kernel")
        _what_the_sum_means(values)
        bias = st.number_input(_("bias"), value=0.0, step=0.1, width=110, key="design-bias", persist_state=KEPT)
        relu = st.toggle("relu", key="design-relu", persist_state=KEPT)
    try:
        result = correlate(picture.grey, values, window, padding) + bias
    except CNNLabError as error:
        with right:
            errors.show(error)
        return
    result = np.maximum(result, 0) if relu else result
    at = me.place.within(result)
    behind = pixel(picture.grey, values, window, padding, at)
    with left:
        st.markdown(_("**Picture** · {name}", name=errors.plain(picture.name)))
        patch = (*behind.corner, window.reach(0), window.reach(1))
        _map(map_data(picture.grey, limit=1.0, mark=patch), "design-picture", _("The picture; the patch is framed."))
    with right:
        st.markdown(_("**Result** · :small[click a pixel]"))
        click = _map(
            map_data(result, "signed", mark=(*at, 1, 1)),
            "design-result",
            _("The result: blue above zero, red below; the chosen pixel is framed."),
        )
        if click and click.at > me.place.clicked:
            me.place.point(int(click.y), int(click.x), click.at)
            redraw()
        st.caption(_("Blue: above zero; red: below zero."))
        height, width = (errors.plain(window.output_text(picture.grey.shape[k], k, padding)) for k in (0, 1))
        if height == width:
            st.caption(_("Height and width: {sum}", sum=height))
        else:
            st.caption(_("Height: {height}; width: {width}", height=height, width=width))
    _step_by_step(values, behind, at, bias, relu)
    transplant.panel(values, name)


def _map(data: MapData, key: str, alt: str) -> Click | None:
    rows, columns = data.values.shape
    return live_charts([Chart(to_json(map_figure(data)), alt, rows / columns)], key=key, clickable=True)


def _what_the_sum_means(values: np.ndarray) -> None:
    total = float(values.sum())
    if not np.isfinite(total):
        return
    if abs(total) < 1e-9:
        st.caption(_("The elements sum to 0: flat areas give 0, and the sign tells on which side of an edge one is."))
    elif abs(total - 1) < 1e-9:
        st.caption(_("The elements sum to 1: flat areas keep their brightness."))
    else:
        st.caption(_("The elements sum to {sum:.4g}: flat areas are multiplied by it.", sum=total))


def _step_by_step(values: np.ndarray, behind: Pixel, at: tuple[int, int], bias: float, relu: bool) -> None:
    """The products of one pixel, their sum, bias and activation; and the way through the picture."""
    me = session()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("**One pixel, step by step**: row {row}, column {column}", row=at[0], column=at[1]),
            help=_("Rows and columns are counted from 0, as in Python."),
            width="content",
        )
        for label, icon, by in ((_("Previous"), "skip_previous", -1), (_("Next"), "skip_next", 1)):
            if st.button(label, icon=f":material/{icon}:", key=f"step-{by}"):
                me.place.advance(by)
                redraw()
        playing = st.toggle(_("Play"), value=me.place.playing, key="design-play")
    if playing != me.place.playing:
        me.place.playing = playing
        st.rerun()
    shown = (
        (_("Patch"), map_data(behind.patch, limit=1.0), _("The patch under the kernel."), "×"),
        (_("Kernel"), map_data(values, "signed"), _("The kernel."), "="),
        (_("Products"), map_data(behind.products, "signed"), _("The products of patch and kernel."), ""),
    )
    side = CELL * len(values)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, data, alt, sign in shown:
            with st.container(width=side, gap="xsmall"):
                st.markdown(f"**{name}**")
                live_charts([Chart(to_json(map_figure(data)), alt, 1.0)], key=f"step-{name}")
            if sign:
                st.markdown(f"**{sign}**", width="content")
    _formula(behind, bias, relu)


def _formula(behind: Pixel, bias: float, relu: bool) -> None:
    """The sum in figures, on as many lines as it needs: formulas within a text are broken, those by themselves not."""
    products, total, summed = behind.products.ravel().tolist(), behind.total, behind.total + bias
    steps = [f"{added(products)} {equals(products, total)} {total:.3f}"]
    if bias:
        steps.append(f"{added([total, bias])} {equals([total, bias], summed)} {summed:.3f}")
    if relu:
        steps.append(rf"\max(0,\ {summed:.3f}) = {max(summed, 0):.3f}")
    st.markdown("  \n".join(f"${step}$" for step in steps))


def pooling(picture: Picture) -> None:
    """A map, the same after a shift, both pooled; and how much the shift changed them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = preset("pool-preset", "sobel-vertical")
        kind = st.segmented_control(
            _("Pooling"),
            list(POOLING),
            default="max",
            format_func=lambda kind: translate(POOLING[kind]),
            required=True,
            key="pool-kind",
            persist_state=KEPT,
        )
        size = _whole("pool_size", 1, 7, 2, "pool-size")
        stride = _whole("strides", 1, 7, 2, "pool-stride")
    with st.container(horizontal=True):
        right = _whole(_("Shift right"), -4, 4, 1, "pool-right")
        down = _whole(_("Shift down"), -4, 4, 0, "pool-down")
    window, hand = Window((size, size), (stride, stride)), KERNELS[name].array
    drawn = []
    try:
        for pixels in (picture.grey, shift(picture.grey, down, right)):
            feature = np.maximum(correlate(pixels, hand, Window(hand.shape, (1, 1)), "same"), 0)
            drawn.append((pixels, feature, pool(feature, window, kind)))
    except CNNLabError as error:
        errors.show(error)
        return
    titles = (_("Picture"), _("Feature map (relu)"), _("Pooled"))
    strongest = [max(float(np.abs(drawn[row][k]).max()) for row in (0, 1)) for k in range(3)]
    # On a phone, where everything is below one another, what is to be compared is neighbours.
    for k, column in enumerate(st.columns(3, gap="medium")):
        with column:
            for row, said in enumerate((_("as it is"), _("shifted"))):
                st.markdown(f"**{titles[k]}** · {said}")
                data = map_data(drawn[row][k], limit=strongest[k])
                rows, columns = data.values.shape
                live_charts([Chart(to_json(map_figure(data)), titles[k], rows / columns)], f"pool-{row}-{k}", width=300)
    changes = [f"{difference(drawn[0][k], drawn[1][k]):.0%}" for k in (1, 2)]
    with st.container(horizontal=True, gap="medium"):
        st.metric(_("The shift changes the feature map by"), changes[0], width="content")
        st.metric(_("The shift changes the pooled map by"), changes[1], width="content")
    st.caption(_("0%: nothing changed; 100%: the two have nothing in common."))
