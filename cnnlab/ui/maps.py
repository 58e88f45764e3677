"""One image through every layer: all feature maps, the chosen one large, and where one of its values comes from."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.figures.maps import map_data, map_figure, scale_of
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import to_json
from cnnlab.network.shapes import Row, summarize, written
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Weights
from cnnlab.ui import errors, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.pictures import Picture
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate
from cnnlab.vision.formula import added, equals
from cnnlab.vision.sums import channel_sums

COLUMNS = 16
MOST_MAPS = 64
MOST_NUMBERS = 512
"""So many numbers of a vector are drawn at most, in rows of 64."""
STRIP = 64
SIDE = 240
"""Pixels of the chosen map, and of the input beside it."""
DEAD = "#d5473c"
SCALES = ("layer", "own", "all")


def body(picture: Picture) -> None:
    """The whole page below the picture's choice."""
    run = timemachine.choose_run("maps")
    moment = timemachine.choose_moment(run, "maps")
    names = {"layer": _("the layer's"), "own": _("each its own"), "all": _("one for all")}
    scale = st.segmented_control(
        _("Scale of the maps"), SCALES, default="layer", format_func=names.__getitem__, required=True, key="maps-scale"
    )
    image = picture.fitted(run.network.input_shape)
    try:
        weights = lab().weights(run.id, moment)
        outputs = lab().feature_maps(run, moment, image)
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    rows = summarize(run.network).rows
    left, right = st.columns([3, 2], gap="large")
    with left:
        _all_layers(run, rows, outputs, scale)
    with right, st.container(key="overview"):
        _chosen(rows, weights, outputs, image)


def _all_layers(run: Run, rows: tuple[Row, ...], outputs: dict[str, np.ndarray], scale: str) -> None:
    """A row a layer, from the first to the probabilities; a click chooses a map."""
    brightest = max((float(np.abs(output).max()) for output in outputs.values() if output.ndim == 3), default=1.0)
    charts = [_layer(row, outputs[row.name], scale, brightest) for row in rows[:-1]]
    classes = [translate(name) for name in DATASETS[run.training.dataset].class_names]
    scores = outputs[rows[-1].name]
    if len(scores) == len(classes):
        figure = probabilities_figure(probabilities_data(scores, tuple(classes)), translate)
        best = int(scores.argmax())
        charts.append(Chart(to_json(figure), _("The probabilities; the highest is {answer}.", answer=classes[best])))
    click = live_charts(charts, key="maps-all", clickable=True, stacked=True)
    if click and click.at > session().map_clicked and click.chart < len(rows) - 1:
        session().map_clicked = click.at
        if len(rows[click.chart].output_shape or ()) == 3:
            session().map = rows[click.chart].name, int(click.index)
            session().map_pixel = None
            redraw()


def _layer(row: Row, output: np.ndarray, scale: str, brightest: float) -> Chart:
    title = f"{row.name} · {written(output.shape)}"
    if output.ndim == 1:
        return _vector(title, output)
    maps = np.moveaxis(output, 2, 0)
    dead = [not feature.any() for feature in maps]
    if any(dead):
        title += " · " + _("{dead} of {count} are dead (all zero), framed", dead=sum(dead), count=len(maps))
    shared = brightest if scale == "all" else float(np.abs(output).max())
    cells = [
        Cell(
            paint(feature, scale_of(output), float(np.abs(feature).max()) if scale == "own" else shared),
            hover=_(
                "{name}, map {index}: {low:.2f} to {high:.2f}",
                name=row.name,
                index=k,
                low=feature.min(),
                high=feature.max(),
            ),
            frame=DEAD if dead[k] else "",
        )
        for k, feature in enumerate(maps[:MOST_MAPS])
    ]
    data = montage_data(cells, COLUMNS)
    alt = _("The {count} feature maps of {name}.", count=len(maps), name=row.name)
    return Chart(to_json(montage_figure(data)), alt, data.aspect, title=title)


def _vector(title: str, output: np.ndarray) -> Chart:
    """A vector's numbers as a strip; of a long one so many, evenly spread over it."""
    shown = output
    if len(output) > MOST_NUMBERS:
        shown = output[np.linspace(0, len(output) - 1, MOST_NUMBERS).round().astype(int)]
        title += " · " + _("{shown} of them, evenly spread", shown=MOST_NUMBERS)
    rows = -(-len(shown) // STRIP)
    strip = np.zeros(rows * min(STRIP, len(shown)))
    strip[: len(shown)] = shown
    data = map_data(strip.reshape(rows, -1), scale_of(output), limit=float(np.abs(output).max()))
    alt = _("The {count} numbers of the vector.", count=len(output))
    width = data.values.shape[1]
    return Chart(to_json(map_figure(data, written_out=False)), alt, max(rows / width, 0.025), title=title)


def _chosen(rows: tuple[Row, ...], weights: Weights, outputs: dict[str, np.ndarray], image: np.ndarray) -> None:
    """The chosen map large, and the pixel of it that is pointed at."""
    me = session()
    by_name = {row.name: row for row in rows if row.output_shape and len(row.output_shape) == 3}
    if not by_name:
        st.info(_("This network has no feature maps: its first layer makes a vector of the picture."))
        return
    name, index = me.map if me.map and me.map[0] in by_name else (next(iter(by_name)), 0)
    row, output = by_name[name], outputs[name]
    index = min(index, output.shape[2] - 1)
    feature = output[:, :, index]
    st.markdown(_("**{name}, map {index}** · :small[click another map, or a pixel]", name=name, index=index))
    at = me.map_pixel or tuple(int(k) for k in np.unravel_index(int(np.abs(feature).argmax()), feature.shape))
    at = min(at[0], feature.shape[0] - 1), min(at[1], feature.shape[1] - 1)
    shown = map_figure(map_data(feature, scale_of(feature), mark=(*at, 1, 1)))
    chart = Chart(to_json(shown), _("The chosen feature map."), feature.shape[0] / feature.shape[1])
    left, right = st.columns(2)
    with left:
        click = live_charts([chart], key="maps-chosen", clickable=True, width=SIDE)
    if click and click.at > me.map_clicked:
        me.map_clicked, me.map_pixel, me.map = click.at, (int(click.y), int(click.x)), (name, index)
        redraw()
    with right:
        _origin(row, at, image)
    if row.layer.kind == "Conv2D":
        before = outputs[rows[row.index - 1].name] if row.index else image
        _sum(row, weights, before, at, index, float(feature[at]))


def _origin(row: Row, at: tuple[int, int], image: np.ndarray) -> None:
    """The part of the input that the pixel depends on."""
    field = row.receptive_field
    assert field is not None
    corner = [field.start[axis] + at[axis] * field.jump[axis] for axis in (0, 1)]
    marked = map_data(image.mean(axis=2), limit=1.0, mark=(corner[0], corner[1], *field.size))
    alt, aspect = _("The input; the receptive field is framed."), image.shape[0] / image.shape[1]
    live_charts([Chart(to_json(map_figure(marked)), alt, aspect)], key="maps-origin", width=SIDE)
    st.caption(_("Receptive field: {size} pixels of the input", size=written(field.size)))


def _sum(row: Row, weights: Weights, before: np.ndarray, at: tuple[int, int], index: int, value: float) -> None:
    """The sum behind the pixel: what each input channel adds, the bias, the activation."""
    sums, bias = channel_sums(row.layer, weights[row.name], before, at, index)
    total = float(sums.sum()) + bias
    strongest = sorted(range(len(sums)), key=lambda k: -abs(sums[k]))[:6]
    st.markdown(
        _(
            "**The sum behind it** (row {row}, column {column}): a term for each input channel ({count}), and the bias",
            row=at[0],
            column=at[1],
            count=len(sums),
        ),
        help=_("Rows and columns are counted from 0, as in Python."),
    )
    terms, more, sign = added([sums[k] for k in strongest]), "", equals([*sums, bias], total)
    if len(sums) > len(strongest):
        more, sign = r"+ \dots", "="
    st.markdown(f"${terms} {more} {bias:+.3f} {sign} {total:.3f}$")
    kernel = weights[row.name][0][:, :, strongest[0], index]
    shown, aspect = map_figure(map_data(kernel, "signed")), kernel.shape[0] / kernel.shape[1]
    live_charts([Chart(to_json(shown), _("The kernel of this map."), aspect)], key="maps-kernel", width=180)
    st.caption(_("After {activation}: {value:.3f}", activation=getattr(row.layer, "activation", "linear"), value=value))
    if len(sums) > 1:
        channels = ", ".join(map(str, strongest))
        st.caption(
            _("The kernel is that for the strongest input channel. The strongest are: {channels}.", channels=channels)
        )
