"""What a run reports in addition to loss and accuracy: layers, times, confusion matrix and first kernels."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.evaluation.not_finite import format_figure, not_finite
from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.layer_updates import rate_data, rate_figure, updates_data, updates_figure
from cnnlab.network.summary import summarize
from cnnlab.runs.run import Run
from cnnlab.training.events import Watch
from cnnlab.training.history import History
from cnnlab.ui import errors
from cnnlab.ui.components import table
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import engine_status, filter_montage, moment_picker
from cnnlab.ui.text import _, n_, translate
from cnnlab.vision.filters import filters, has_filters

MATRIX_PX = 460
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MAX_IMAGES = 10
"""Number of test images to choose from."""


def layers(run: Run, history: History) -> None:
    """Draw the diagnostics of each layer, and the learning rate."""
    if not history.watches:
        _later(run)
        return
    watch = history.watches[-1]
    st.markdown(_("**After epoch {epoch}**, per layer", epoch=watch.epoch))
    _layers(watch)
    rate, updates = rate_data(history), updates_data(history.watches)
    charts = [
        Chart(
            rate_figure(rate, run.training.schedule, translate),
            _("Learning rate per epoch; currently {rate:g}.", rate=rate.y[-1]),
            title=_("Learning rate"),
        )
    ]
    if updates.layers:
        alt = _("Ratio of update size to weight size, per layer.")
        title = _("Update-to-weight ratio per layer (typical range shaded)")
        charts.append(Chart(updates_figure(updates, translate), alt, title=title))
    live_charts(charts, key=f"watch-{run.id}")


def times(history: History, run: Run) -> None:
    """Draw how long batches and epochs take, and what for."""
    if not history.watches or not history.epochs:
        _later(run)
        return
    watch = history.watches[-1]
    backward = watch.backward_milliseconds
    epoch = next((one for one in reversed(history.epochs) if one.epoch == watch.epoch), history.epochs[-1])
    numbers = [
        (_("Time per batch"), _("{time:.1f} ms", time=watch.batch_milliseconds)),
        (_("Images per second"), f"{epoch.examples_per_second:,.0f}"),
        (_("Forward pass, per image"), _("{time:.3f} ms", time=watch.forward_milliseconds)),
        (_("Backward pass, per image"), _("{time:.3f} ms", time=backward) if backward else "–"),
        (_("CPU cores used"), f"{watch.processor_seconds / epoch.seconds:.1f}"),
        (_("Memory"), _("{size:,.0f} MB", size=watch.memory / 1e6)),
        (_("Diagnostics overhead per epoch"), _("{time:.0f} ms", time=1000 * watch.watching_seconds)),
    ]
    live_charts([], key=f"times-{run.id}", numbers=numbers)
    st.caption(
        _(
            "The forward pass is timed on its own. The backward pass is the rest of a batch’s time, including the "
            "weight update and all overhead. –: too short to measure."
        )
    )
    if epoch.validation_seconds is not None:
        st.caption(
            _(
                "Epoch {epoch} took {seconds:.1f} s, including {validation:.1f} s of validation. The first epoch of a "
                "run is slower because Keras compiles its functions.",
                epoch=epoch.epoch,
                seconds=epoch.seconds,
                validation=epoch.validation_seconds,
            )
        )
    precision = history.started.precision if history.started else "float32"
    if precision != run.training.precision:
        st.caption(_("This CPU has no native bfloat16, so float32 is used."))


def confusion(run: Run, history: History) -> None:
    """Draw the confusion matrix of the first validation images."""
    if not history.watches:
        _later(run)
        return
    watch = history.watches[-1]
    if diverged(history, watch.epoch):
        return
    data = confusion_data(np.array(watch.confusion), run.dataset.class_names)
    correct = sum(watch.confusion[k][k] for k in range(len(watch.confusion)))
    st.markdown(
        n_(
            "After epoch {epoch}, on the first validation image: {correct} correct.",
            "After epoch {epoch}, on the first {count} validation images: {correct} correct.",
            epoch=watch.epoch,
            count=watch.images,
            correct=correct,
        )
    )
    figure = confusion_figure(data, translate, height=MATRIX_PX)
    live_charts(
        [Chart(figure, _("Confusion matrix: rows are true classes, columns are predictions."))],
        key=f"confusion-{run.id}",
        width=MATRIX_PX + 100,
    )


def diverged(history: History, epoch: int) -> bool:
    """Return whether the network predicted nothing after this epoch, and say so."""
    since = history.not_finite_since(epoch)
    if since is not None:
        errors.show(not_finite("outputs", since))
    return since is not None


def kernels(run: Run) -> None:
    """Draw the first layer's kernels at the latest snapshot, with their feature maps of a test image."""
    snapshots = lab().snapshots.of(run.id)
    rows = summarize(run.network).rows
    row = next((row for row in rows if has_filters(row, rows[: row.index])), None)
    probes = lab().runs.probe_images(run.id)
    if row is None:
        st.caption(_("No layer of this network has weights that can be shown as images."))
        return
    if not snapshots or probes is None:
        st.caption(_("This run has no snapshots yet."))
        return
    last = min(MAX_IMAGES, len(probes[0])) - 1
    index = st.number_input(_("Test image (0 to {last})", last=last), 0, last, key=f"watched-image-{run.id}", width=180)
    image = probes[0][index].astype(np.float32) / 255
    with engine_status.errors_shown():
        weights = lab().snapshots.weights(run.id, snapshots[-1])
        maps = lab().inference.feature_maps(run, snapshots[-1], image)
        st.markdown(
            _(
                "**{layer}**, {snapshot}: each kernel with its feature map",
                layer=row.name,
                snapshot=moment_picker.name(snapshots[-1]),
            )
        )
        output = maps[row.name] if row.layer.kind != "SeparableConv2D" else np.empty(0)
        found = filters(row, weights, run.network.input_shape, None)
        filter_montage.montage(found, output, separate=False, key=f"watched-{run.id}")


def _layers(watch: Watch) -> None:
    """Draw a table with a row per layer, without columns that apply to none; below, explain its terms."""
    dead = n_(
        "Dead: ReLU units that output 0 for the one image checked.",
        "Dead: ReLU units that output 0 for all {count} images checked.",
        count=watch.images,
    )
    saturated = _("Saturated: sigmoid or tanh outputs close to their limits, where the slope is almost 0.")
    columns = [
        (field, head, write, about)
        for field, head, write, about in (
            ("weights", errors.plain(_("Mean |weight|")), _size, ""),
            ("updates", errors.plain(_("Mean |update| per batch")), _size, ""),
            ("dead", _("Dead units"), "{:.0%}".format, dead),
            ("saturated", _("Saturated outputs"), "{:.0%}".format, saturated),
        )
        if any(getattr(layer, field) is not None for layer in watch.layers.values())
    ]
    rows = []
    for name, layer in watch.layers.items():
        values = [(getattr(layer, field), write) for field, _head, write, _about in columns]
        rows.append([name.replace("_", r"\_"), *("–" if value is None else write(value) for value, write in values)])
    table.table([_("Layer"), *(head for _field, head, _write, _about in columns)], rows, words=1)
    st.caption(" ".join([about for *_rest, about in columns if about] + [_("–: does not apply to this layer.")]))


def _size(value: float) -> str:
    """Format a value with three digits, a small one with a power of ten."""
    if not 0 < value < 1e-3:
        return format_figure(value, ".3g")
    digits, exponent = f"{value:.2e}".split("e")
    return f"{digits}×10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def _later(run: Run) -> None:
    """Explain why there are no diagnostics (yet)."""
    if run.training.watch:
        st.caption(_("Diagnostics appear after the first epoch."))
    else:
        st.caption(_("Diagnostics are off for this run: its “Diagnostics” setting is off."))
