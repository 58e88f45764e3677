"""One image through every layer: all feature maps, one of them enlarged, and how one of its values is computed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab.figures.heatmap import map_data, map_figure, scale_of
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.network.outputs import output_kind
from cnnlab.network.summary import Row, format_shape, summarize
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared import engine_status, network_stage, outputs
from cnnlab.ui.shared.network_stage import StageState
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import _, n_, translate
from cnnlab.vision.pixel_sum import channel_sums
from cnnlab.vision.sum_as_tex import tex_equals, tex_sum

if TYPE_CHECKING:
    from cnnlab.lab.inference import Activity

GRID_COLUMNS = 16
MAX_MAPS = 64
"""Maximum number of maps drawn of a layer."""
MAX_VALUES = 512
"""Maximum number of values drawn of a vector."""
VALUES_PER_ROW = 64
MAP_PX = 240
"""Size of the enlarged map and of the input next to it."""
DEAD_COLOR = "#d5473c"
SCALES = ("layer", "own", "all")


def body(picture: Picture) -> None:
    """Draw the page below the choice of image."""
    run, moment, image, in_browser = network_stage.show(picture, "maps")
    with engine_status.errors_shown():
        lab().snapshots.check_finite(run.id, moment)
        outputs.note(output_kind(run.network))
        if in_browser:
            when_open(st.expander, _("Every layer as a chart"), "maps-charts", lambda: _charts(run, moment, image))
        else:
            _charts(run, moment, image)


def _charts(run: Run, moment: Moment, image: np.ndarray) -> None:
    """Draw what a worker has computed: the charts of all layers, and the selected map."""
    names = {"layer": _("Per layer"), "own": _("Per map"), "all": _("Shared")}
    scale = st.segmented_control(
        _("Color scale"), SCALES, default="layer", format_func=names.__getitem__, required=True, key="maps-scale"
    )
    with engine_status.errors_shown():
        weights = lab().snapshots.weights(run.id, moment)
        maps = lab().inference.feature_maps(run, moment, image)
        rows = summarize(run.network).rows
        if problem := outputs.problem(maps[rows[-1].name], run, moment):
            errors.show(problem)
        left, right = st.columns([3, 2], gap="large")
        with left:
            _all_layers(run, moment, rows, maps, scale)
        with right, st.container(key="overview"):
            _selected(rows, weights, maps, image)


def _all_layers(run: Run, moment: Moment, rows: tuple[Row, ...], maps: dict[str, np.ndarray], scale: str) -> None:
    """Draw one chart per layer, from the first to the outputs. A click selects a map.

    If values overflow, the layers before that are drawn.
    """
    finite = list(itertools.takewhile(lambda row: np.isfinite(maps[row.name]).all(), rows))
    brightest = max((float(np.abs(maps[row.name]).max()) for row in finite if maps[row.name].ndim == 3), default=1.0)
    zero = any(_zero(maps[row.name]).any() for row in finite)
    activity = lab().inference.activity(run, moment) if zero else None
    charts = [_layer(row, maps[row.name], scale, brightest, activity) for row in finite if row is not rows[-1]]
    if len(finite) == len(rows):
        charts.append(_outputs(run, maps[rows[-1].name]))
    click = live_charts(charts, key="maps-all", clickable=True, stacked=True)
    if len(finite) < len(rows):
        st.caption(_("Values are NaN or infinite from the layer {name} on.", name=rows[len(finite)].name))
    if click and len(rows[click.chart].output_shape or ()) == 3:
        me = state(StageState)
        me.map, me.pixel = (rows[click.chart].name, int(click.index)), None
        redraw()


def _outputs(run: Run, values: np.ndarray) -> Chart:
    """Return the network's output for each class."""
    classes = tuple(translate(name) for name in run.dataset.class_names)
    data = probabilities_data(values, classes, output_kind(run.network))
    if data.kind == "probabilities":
        alt = _("Class probabilities; the highest is {name}.", name=classes[data.best])
    else:
        alt = _("Class scores; the highest is {name}.", name=classes[data.best])
    return Chart(probabilities_figure(data, translate), alt)


def _zero(output: np.ndarray) -> np.ndarray:
    """Return which maps of an output (height, width, channels) are all zero, bool (channels,); none of a vector's."""
    if output.ndim != 3:
        return np.zeros(0, bool)
    return np.logical_not(np.asarray(output.any(axis=(0, 1))))


def _about_zero_maps(zero: np.ndarray, dead: np.ndarray, images: int) -> str:
    """Return how many maps are dead, and how many are zero only for this image; "" if none is zero."""
    said, only_here = [], int((zero & ~dead).sum())
    if dead.any():
        said.append(
            n_(
                "{count} of {all} is dead (zero for all {images} test images), framed",
                "{count} of {all} are dead (zero for all {images} test images), framed",
                count=int(dead.sum()),
                all=len(zero),
                images=images,
            )
        )
    if only_here:
        said.append(
            n_(
                "{count} of {all} is zero for this image",
                "{count} of {all} are zero for this image",
                count=only_here,
                all=len(zero),
            )
        )
    return "".join(f" · {sentence}" for sentence in said)


def _layer(row: Row, output: np.ndarray, scale: str, brightest: float, activity: Activity | None = None) -> Chart:
    title = f"{row.name} · {format_shape(output.shape)}"
    if output.ndim == 1:
        return _vector(title, output)
    maps, zero = np.moveaxis(output, 2, 0), _zero(output)
    dead = zero & ~activity.active[row.name] if activity else np.zeros_like(zero)
    title += _about_zero_maps(zero, dead, activity.images if activity else 0)
    if len(maps) > MAX_MAPS:
        title += " · " + _("the first {count} maps", count=MAX_MAPS)
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
            frame=DEAD_COLOR if dead[k] else "",
        )
        for k, feature in enumerate(maps[:MAX_MAPS])
    ]
    data = montage_data(cells, GRID_COLUMNS)
    alt = n_("The feature map of {name}.", "{count} feature maps of {name}.", count=len(cells), name=row.name)
    return Chart(montage_figure(data), alt, data.aspect, title=title)


def _vector(title: str, output: np.ndarray) -> Chart:
    """Return a vector's values as a strip; a long vector is sampled evenly."""
    shown = output
    if len(output) > MAX_VALUES:
        shown = output[np.linspace(0, len(output) - 1, MAX_VALUES).round().astype(int)]
        title += " · " + _("{count} evenly spaced values", count=MAX_VALUES)
    rows = -(-len(shown) // VALUES_PER_ROW)
    strip = np.zeros(rows * min(VALUES_PER_ROW, len(shown)))
    strip[: len(shown)] = shown
    data = map_data(strip.reshape(rows, -1), scale_of(output), limit=float(np.abs(output).max()))
    alt = n_("The value of the vector.", "The {count} values of the vector.", count=len(output))
    width = data.values.shape[1]
    return Chart(map_figure(data, show_values=False), alt, max(rows / width, 0.025), title=title)


def _selected(rows: tuple[Row, ...], weights: Weights, maps: dict[str, np.ndarray], image: np.ndarray) -> None:
    """Draw the selected map enlarged, and how its selected pixel is computed."""
    me = state(StageState)
    by_name = {row.name: row for row in rows if maps[row.name].ndim == 3 and np.isfinite(maps[row.name]).all()}
    if not any(output.ndim == 3 for output in maps.values()):
        st.info(_("This network has no feature maps: its first layer flattens the image into a vector."))
        return
    if not by_name:
        return
    name, index = me.map if me.map and me.map[0] in by_name else (next(iter(by_name)), 0)
    row, output = by_name[name], maps[name]
    index = min(index, output.shape[2] - 1)
    feature = output[:, :, index]
    st.markdown(_("**{name}, map {index}** · :small[click another map, or a pixel]", name=name, index=index))
    at = me.pixel or tuple(int(k) for k in np.unravel_index(int(np.abs(feature).argmax()), feature.shape))
    at = min(at[0], feature.shape[0] - 1), min(at[1], feature.shape[1] - 1)
    shown = map_figure(map_data(feature, scale_of(feature), mark=(*at, 1, 1)))
    chart = Chart(shown, _("The selected feature map."), feature.shape[0] / feature.shape[1])
    left, right = st.columns(2)
    with left:
        click = live_charts([chart], key="maps-chosen", clickable=True, width=MAP_PX)
    if click:
        me.pixel, me.map = (int(click.y), int(click.x)), (name, index)
        redraw()
    with right:
        _origin(row, at, image)
    if row.layer.kind == "Conv2D":
        before = maps[rows[row.index - 1].name] if row.index else image
        _sum(row, weights, before, at, index, float(feature[at]))


def _origin(row: Row, at: tuple[int, int], image: np.ndarray) -> None:
    """Draw the part of the input that the pixel depends on."""
    field = row.receptive_field
    assert field is not None
    corner = [field.start[axis] + at[axis] * field.jump[axis] for axis in (0, 1)]
    marked = map_data(image.mean(axis=2), limit=1.0, mark=(corner[0], corner[1], *field.size))
    alt, aspect = _("The input; the receptive field is framed."), image.shape[0] / image.shape[1]
    live_charts([Chart(map_figure(marked), alt, aspect)], key="maps-origin", width=MAP_PX)
    st.caption(_("Receptive field: {size} pixels of the input", size=format_shape(field.size)))


def _sum(row: Row, weights: Weights, before: np.ndarray, at: tuple[int, int], index: int, value: float) -> None:
    """Draw how the pixel is computed: the sum per input channel, the bias and the activation."""
    sums, bias = channel_sums(row.layer, weights[row.name], before, at, index)
    total = float(sums.sum()) + bias
    strongest = sorted(range(len(sums)), key=lambda k: -abs(sums[k]))[:6]
    st.markdown(
        _(
            "**How this value is computed** (row {row}, column {column}): one term per input channel "
            "({count}) plus the bias",
            row=at[0],
            column=at[1],
            count=len(sums),
        ),
        help=_("Rows and columns count from 0, as in Python."),
    )
    terms, more, sign = tex_sum([sums[k] for k in strongest]), "", tex_equals([*sums, bias], total)
    if len(sums) > len(strongest):
        more, sign = r"+ \dots", "="
    st.markdown(f"${terms} {more} {bias:+.3f} {sign} {total:.3f}$")
    kernel = weights[row.name][0][:, :, strongest[0], index]
    shown, aspect = map_figure(map_data(kernel, "signed")), kernel.shape[0] / kernel.shape[1]
    live_charts([Chart(shown, _("The kernel of this feature map."), aspect)], key="maps-kernel", width=180)
    st.caption(_("After {activation}: {value:.3f}", activation=getattr(row.layer, "activation", "linear"), value=value))
    if len(sums) > 1:
        channels = ", ".join(map(str, strongest))
        st.caption(
            _("Kernel shown: strongest input channel. Strongest channels, in order: {channels}.", channels=channels)
        )
