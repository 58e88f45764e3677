"""What is watched besides loss and accuracy: times, the layers from inside, the confusion matrix, the first kernels."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.style import to_json
from cnnlab.figures.watching import rate_data, rate_figure, updates_data, updates_figure
from cnnlab.network.shapes import summarize
from cnnlab.runs.record import Run
from cnnlab.training.events import Watch
from cnnlab.training.history import History
from cnnlab.ui import errors, learned, tables, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.text import _, translate
from cnnlab.vision.filters import filters, has_filters

MATRIX = 460
"""Pixels of its width."""
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_NUMBERS = 10
"""Images of the test set, of which one can be followed."""


def inside(run: Run, history: History) -> None:
    """Layer by layer, and the learning rate."""
    if not history.watches:
        _later(run)
        return
    watch = history.watches[-1]
    st.markdown(_("**After epoch {epoch}**, layer by layer", epoch=watch.epoch))
    _layers(watch)
    rate, updates = rate_data(history), updates_data(history.watches)
    charts = [
        Chart(
            to_json(rate_figure(rate, run.training.schedule, translate)),
            _("The learning rate against epochs; now {rate:g}.", rate=rate.y[-1]),
            title=_("Learning rate"),
        )
    ]
    if updates.layers:
        alt = _("The size of the updates against that of the weights, for each layer.")
        title = _("How strongly a batch changes each layer (the usual range is shaded)")
        charts.append(Chart(to_json(updates_figure(updates, translate)), alt, title=title))
    live_charts(charts, key=f"watch-{run.id}")


def times(history: History, run: Run) -> None:
    """What an epoch costs, and where its time goes."""
    if not history.watches or not history.epochs:
        _later(run)
        return
    watch = history.watches[-1]
    backward = watch.backward_milliseconds
    epoch = next((one for one in reversed(history.epochs) if one.epoch == watch.epoch), history.epochs[-1])
    numbers = [
        (_("Time per batch"), _("{time:.1f} ms", time=watch.batch_milliseconds)),
        (_("Images per second"), f"{epoch.examples_per_second:,.0f}"),
        (_("Forward, per image"), _("{time:.3f} ms", time=watch.forward_milliseconds)),
        (_("Backward, per image"), _("{time:.3f} ms", time=backward) if backward else "–"),
        (_("Processor cores used"), f"{watch.processor_seconds / epoch.seconds:.1f}"),
        (_("Memory"), _("{size:,.0f} MB", size=watch.memory / 1e6)),
        (_("Looking inside, per epoch"), _("{time:.0f} ms", time=1000 * watch.watching_seconds)),
    ]
    live_charts([], key=f"times-{run.id}", numbers=numbers)
    st.caption(
        _(
            "Forward is measured by itself. Backward is what remains of a batch’s time: it includes the change of the "
            "weights and everything else a batch takes. –: too little to be measured."
        )
    )
    if epoch.validation_seconds is not None:
        st.caption(
            _(
                "Epoch {epoch} took {seconds:.1f} s, of which {validation:.1f} s were validation. The first epoch of a "
                "run is slower: Keras prepares its functions.",
                epoch=epoch.epoch,
                seconds=epoch.seconds,
                validation=epoch.validation_seconds,
            )
        )
    precision = history.started.precision if history.started else "float32"
    if precision != run.training.precision:
        st.caption(_("This processor does not multiply bfloat16 numbers by itself, so float32 is used."))


def confusion(run: Run, history: History) -> None:
    """Which class is taken for which, on the first validation images."""
    if not history.watches:
        _later(run)
        return
    watch = history.watches[-1]
    data = confusion_data(np.array(watch.confusion), DATASETS[run.training.dataset].class_names)
    right = sum(watch.confusion[k][k] for k in range(len(watch.confusion)))
    st.markdown(
        _(
            "After epoch {epoch}, on the first {count} validation images: {right} right.",
            epoch=watch.epoch,
            count=watch.images,
            right=right,
        )
    )
    figure = to_json(confusion_figure(data, translate, height=MATRIX))
    live_charts(
        [Chart(figure, _("The confusion matrix: rows are the truth, columns the answers."))],
        key=f"confusion-{run.id}",
        width=MATRIX + 100,
    )


def kernels(run: Run) -> None:
    """The first layer's kernels at the newest moment, and what each makes of a picture."""
    moments = lab().moments(run.id)
    rows = summarize(run.network).rows
    row = next((row for row in rows if has_filters(row, rows[: row.index])), None)
    kept = lab().answered(run.id)
    if row is None:
        st.caption(_("This network has no layer whose weights are pictures."))
        return
    if not moments or kept is None:
        st.caption(_("No moment of this run has been kept yet."))
        return
    last = min(MOST_NUMBERS, len(kept[0])) - 1
    number = st.number_input(_("Test image, 0 to {last}", last=last), 0, last, key=f"watched-image-{run.id}", width=180)
    image = kept[0][number].astype(np.float32) / 255
    try:
        weights = lab().weights(run.id, moments[-1])
        maps = lab().feature_maps(run, moments[-1], image)
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    st.markdown(
        _(
            "**{layer}**, {moment}: each kernel beside what it makes of the image",
            layer=row.name,
            moment=timemachine.name(moments[-1]),
        )
    )
    output = maps[row.name] if row.layer.kind != "SeparableConv2D" else np.empty(0)
    learned.montage(filters(row, weights, run.network.input_shape, None), output, own=False, key=f"watched-{run.id}")


def _layers(watch: Watch) -> None:
    """A table with a line for each layer, without what applies to none of them; below, what its words mean."""
    dead = _("Dead: a ReLU unit that was 0 for all {images} images looked at.", images=watch.images)
    saturated = _("Saturated: an output of sigmoid or tanh near an end, where the slope is almost 0.")
    columns = [
        (field, head, write, about)
        for field, head, write, about in (
            ("weights", _("Mean size of a weight"), _size, ""),
            ("updates", _("Mean change by a batch"), _size, ""),
            ("dead", _("Dead units"), "{:.0%}".format, dead),
            ("saturated", _("Saturated outputs"), "{:.0%}".format, saturated),
        )
        if any(getattr(layer, field) is not None for layer in watch.layers.values())
    ]
    rows = []
    for name, layer in watch.layers.items():
        values = [(getattr(layer, field), write) for field, _head, write, _about in columns]
        rows.append([name.replace("_", r"\_"), *("–" if value is None else write(value) for value, write in values)])
    tables.table([_("Layer"), *(head for _field, head, _write, _about in columns)], rows, words=1)
    st.caption(" ".join([about for *_rest, about in columns if about] + [_("–: does not apply to this layer.")]))


def _size(value: float) -> str:
    """Three digits, small ones with a power of ten."""
    if not 0 < value < 1e-3:
        return f"{value:.3g}"
    digits, exponent = f"{value:.2e}".split("e")
    return f"{digits}×10{str(int(exponent)).translate(RAISED)}"


def _later(run: Run) -> None:
    if run.training.watch:
        st.caption(_("After the first epoch: what a look inside the network finds."))
    else:
        st.caption(_("This run is not watched from inside: its setting watch is off."))
