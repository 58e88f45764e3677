"""Follow a run on Train: headline, live values and charts, and tabs with details."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from cnnlab.evaluation.not_finite import format_figure
from cnnlab.figures.history import Branch, Metric, history_data, history_figure
from cnnlab.figures.prediction_grid import predictions_data, predictions_figure
from cnnlab.figures.style import Figure
from cnnlab.i18n.marks import N_
from cnnlab.network.summary import summarize
from cnnlab.runs.run import Run
from cnnlab.training import probe_images
from cnnlab.training.events import Batch, Epoch
from cnnlab.training.history import History
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import tabs, watch
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import run_controls
from cnnlab.ui.shared.dataset_note import dataset_note
from cnnlab.ui.shared.engine_status import waiting_for_workers
from cnnlab.ui.shared.model_tables import layer_table, settings_table
from cnnlab.ui.shared.origin_note import origin_note
from cnnlab.ui.shared.run_curves import branch
from cnnlab.ui.shared.run_labels import METRICS, POLL_SECONDS, STATES
from cnnlab.ui.text import _, duration, language, n_, translate
from cnnlab.ui.train import diagnostics, doctor

TABS_SECONDS = 2.0
"""Interval at which the open tab of a running run is redrawn."""
MAX_GRID_PX = 820
MIN_GRID_PX = 600
"""Maximum and minimum width of the grid of predictions; at the maximum, images have about twice their size."""

PAUSED = N_("paused"), "violet"
"""Word and badge color of a paused run."""


def follow(run: Run, compared: Run | None) -> None:
    """Draw a run, and keep it up to date while it trains."""
    _headline(run, lab().runs.history(run.id))
    origin_note(run)
    dataset_note(run)
    watch(
        lambda: _view(run.id, compared.id if compared else None),
        # The headline and the state of the workers are outside the fragment, so a change reruns the page.
        lambda: _outside(lab().runs.get(run.id)),
        _outside(run),
        POLL_SECONDS if run.active else None,
    )
    st.fragment(_tabs, run_every=TABS_SECONDS if run.active else None)(run.id)


def _outside(run: Run) -> tuple[str, bool]:
    """Return what the page shows outside the fragment: the run's phase, and whether the workers are down."""
    return run_controls.phase(run, lab().runs.history(run.id)), lab().engine.state == "down"


def _view(run_id: str, compared_id: str | None) -> None:
    """Draw what every report changes. Each element costs CPU time per update, so there are few."""
    run, history = lab().runs.get(run_id), lab().runs.history(run_id)
    if run.state == "running":
        st.progress(history.share_done, text=_time_left(history))
    for problem in (lab().scheduler.problem, run.error):
        if problem:
            errors.show(problem)
    if not history.latest:
        _nothing_yet(run)
        return
    shown = [(run, history, branch(lab(), run))]
    if compared_id:
        other = lab().runs.get(compared_id)
        shown.append((other, lab().runs.history(compared_id), branch(lab(), other)))
    curves = [_curves(shown, metric, run_id) for metric in METRICS]
    live_charts(curves, key=f"curves-{run_id}", numbers=_numbers(history))


def _headline(run: Run, history: History) -> None:
    word, color = PAUSED if run_controls.phase(run, history) == "paused" else STATES[run.state]
    training = run.training
    rate = _("learning rate {rate:g}", rate=training.learning_rate)
    facts = (
        errors.plain(translate(run.dataset.title)),
        training.optimizer,
        rate if training.schedule == "constant" else f"{rate}, {training.schedule}",
        _("batch size {size}", size=training.batch_size),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.badge(translate(word), color=color)  # type: ignore[arg-type]
        st.caption(" · ".join(facts), width="content")
        st.space("stretch")
        run_controls.buttons(run, history)


def _time_left(history: History) -> str:
    if history.started is None:
        return _("Preparing …")
    done, of = int(history.epochs_done) + 1, history.started.epochs
    if history.seconds_left is None:
        return _("Epoch {epoch} of {epochs}", epoch=min(done, of), epochs=of)
    return _(
        "Epoch {epoch} of {epochs}, about {left} left",
        epoch=min(done, of),
        epochs=of,
        left=duration(history.seconds_left),
    )


def _numbers(history: History) -> list[tuple[str, str]]:
    """Return the latest values with their labels."""
    latest, last = history.latest, history.epochs[-1] if history.epochs else None
    assert latest is not None
    done = len(history.epochs)
    numbers = [
        (_("Epochs"), f"{done} / {history.started.epochs}" if history.started else str(done)),
        (_("Loss"), format_figure(latest.loss, ".4f")),
        (_("Validation loss"), format_figure(last.val_loss, ".4f") if last else "–"),
        (_("Accuracy"), format_figure(latest.accuracy, ".2%")),
        (_("Validation accuracy"), format_figure(last.val_accuracy, ".2%") if last else "–"),
        (_("Images per second"), f"{latest.examples_per_second:,.0f}"),
    ]
    return [*numbers, (_("Seconds per epoch"), f"{last.seconds:.1f}")] if last else numbers


def _nothing_yet(run: Run) -> None:
    """Say what a run waits for. That the workers are down, the page says above."""
    if run.state == "queued" and not waiting_for_workers():
        st.info(
            _("Queued. Runs ahead of this one: {count}.", count=lab().runs.position(run.id)),
            icon=":material/hourglass:",
        )


def _curves(shown: list[tuple[Run, History, Branch]], metric: Metric, revision: str) -> Chart:
    data = [history_data(history, metric, run.name, start) for run, history, start in shown]
    figure = history_figure(data, metric, translate, revision)
    last: Epoch | Batch | None = shown[0][1].latest
    alt = _(
        "{metric} per epoch, training and validation; currently {value}.",
        metric=_("Loss") if metric == "loss" else _("Accuracy"),
        value=format_figure(getattr(last, metric), ".4f"),
    )
    return Chart(figure, alt)


def _tabs(run_id: str) -> None:
    """Draw the tabs. Only the open one has content, and not every report redraws it."""
    run = lab().runs.get(run_id)
    history = lab().runs.history(run_id)
    contents: dict[str, Callable[[], object]] = {
        _("Predictions"): lambda: _predictions(run),
        _("Doctor"): lambda: doctor.findings(run),
        _("Kernels"): lambda: diagnostics.kernels(run),
        _("Confusion matrix"): lambda: diagnostics.confusion(run, history),
        _("Diagnostics"): lambda: diagnostics.layers(run, history),
        _("Timing"): lambda: diagnostics.times(history, run),
        _("Network"): lambda: layer_table(summarize(run.network)),
        _("Settings"): lambda: settings_table(run.training),
    }
    if run.details:
        contents[_("Traceback")] = lambda: st.code(run.details, language="python")
    tabs(contents, key=f"tabs-{run_id}")


def _predictions(run: Run) -> None:
    """Draw the first test images with their predictions after the last epoch."""
    history = lab().runs.history(run.id)
    answers = history.answers
    if not answers:
        count = min(probe_images.COUNT, run.dataset.test_size)
        later = _("Predictions for the first {count} test images appear after the first epoch.", count=count)
        st.caption(later)
        return
    if diagnostics.diverged(history, answers.epoch):
        return
    figure, aspect, mistakes = _predictions_figure(run.id, run.dataset.class_names, answers.predictions, language())
    st.markdown(
        n_(
            "After epoch {epoch}: {count} mistake in the first {all} test images (framed, with prediction ≠ label).",
            "After epoch {epoch}: {count} mistakes in the first {all} test images (framed, with prediction ≠ label).",
            epoch=answers.epoch,
            count=mistakes,
            all=len(answers.predictions),
        )
    )
    alt = _("The first test images with their predictions; mistakes are framed.")
    live_charts([Chart(figure, alt, aspect, least=MIN_GRID_PX)], key=f"answers-{run.id}", width=MAX_GRID_PX)


@functools.lru_cache(maxsize=32)
def _predictions_figure(
    run: str, class_names: tuple[str, ...], predictions: tuple[int, ...], page_language: str
) -> tuple[Figure, float, int]:
    """Return the grid, its aspect and the number of mistakes. Cached per language, since class names are translated."""
    kept = lab().runs.probe_images(run)
    assert kept is not None, "predictions are reported after their images were written"
    data = predictions_data(*kept, predictions, class_names)
    return predictions_figure(data, translate), data.aspect, len(data.wrong)
