"""Following a run on Train: the polling fragment, its figures as numbers, the charts, and what stands behind tabs."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.figures.answers import answers_data, answers_figure
from cnnlab.figures.history import Branch, Metric, history_data, history_figure
from cnnlab.figures.style import to_json
from cnnlab.marks import N_
from cnnlab.runs.record import Run
from cnnlab.training.events import Batch, Epoch
from cnnlab.training.history import History
from cnnlab.ui import doctor, errors, steering, watch
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.comparison import branch
from cnnlab.ui.frame import lab
from cnnlab.ui.live import METRICS, POLL_SECONDS, STATES, duration, engine_down
from cnnlab.ui.steering import Phase
from cnnlab.ui.tables import layer_table, settings_table
from cnnlab.ui.text import _, language, translate

ANSWERS_SECONDS = 2.0
GRID_WIDTH = 820
LEAST = 600
"""Pixels of the grid at most, where its images stand at about twice their size, and at least."""

PAUSED = N_("paused"), "violet"
"""The word and the badge's colour of a run that waits."""


def follow(run: Run, compared: Run | None) -> None:
    """Show a run, and go on showing it while it trains."""
    history = lab().history(run.id)
    _headline(run, history)
    st.fragment(_view, run_every=POLL_SECONDS if run.going else None)(
        run.id, compared.id if compared else None, steering.phase(run, history)
    )
    st.fragment(_tabs, run_every=ANSWERS_SECONDS if run.going else None)(run.id)


def _view(run_id: str, compared_id: str | None, phase_before: Phase) -> None:
    """What changes with every report. Each element costs processor time at every update, so there are few."""
    run, history = lab().run(run_id), lab().history(run_id)
    if steering.phase(run, history) != phase_before:
        # The timer belongs to the fragment as it was begun, and the headline stands outside: all is drawn anew.
        st.rerun()
    if run.state == "running":
        st.progress(history.share_done, text=_time_left(history))
    for problem in (lab().problem, run.error):
        if problem:
            errors.show(problem)
    if not history.latest:
        _nothing_yet(run)
        return
    shown = [(run, history, branch(lab(), run))]
    if compared_id:
        other = lab().run(compared_id)
        shown.append((other, lab().history(compared_id), branch(lab(), other)))
    curves = [_curves(shown, metric, run_id) for metric in METRICS]
    live_charts(curves, key=f"curves-{run_id}", numbers=_numbers(history))


def _headline(run: Run, history: History) -> None:
    word, colour = PAUSED if steering.phase(run, history) == "paused" else STATES[run.state]
    training = run.training
    rate = _("learning rate {rate:g}", rate=training.learning_rate)
    facts = (
        translate(DATASETS[training.dataset].title),
        training.optimizer,
        rate if training.schedule == "constant" else f"{rate}, {training.schedule}",
        _("batch {batch}", batch=training.batch_size),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.badge(translate(word), color=colour)  # type: ignore[arg-type]
        st.caption(" · ".join(facts), width="content")
        st.space("stretch")
        steering.buttons(run, history)


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
    """The newest figures with their labels."""
    latest, last = history.latest, history.epochs[-1] if history.epochs else None
    assert latest is not None
    done = len(history.epochs)
    numbers = [
        (_("Epochs"), f"{done} / {history.started.epochs}" if history.started else str(done)),
        (_("Loss"), f"{latest.loss:.4f}"),
        (_("Validation loss"), f"{last.val_loss:.4f}" if last else "–"),
        (_("Accuracy"), f"{latest.accuracy:.2%}"),
        (_("Validation accuracy"), f"{last.val_accuracy:.2%}" if last else "–"),
        (_("Images per second"), f"{latest.examples_per_second:,.0f}"),
    ]
    return [*numbers, (_("Seconds per epoch"), f"{last.seconds:.1f}")] if last else numbers


def _nothing_yet(run: Run) -> None:
    if run.state == "queued" and lab().engine.state == "ready":
        st.info(
            _("Waiting in the queue. Runs that come first: {count}.", count=lab().place(run.id)),
            icon=":material/hourglass:",
        )
    elif run.state == "queued" and lab().engine.state == "starting":
        st.info(_("The workers are starting; this takes a few seconds."), icon=":material/hourglass:")
    elif run.state == "queued":
        engine_down()


def _curves(shown: list[tuple[Run, History, Branch]], metric: Metric, revision: str) -> Chart:
    data = [history_data(history, metric, run.name, start) for run, history, start in shown]
    figure = history_figure(data, metric, translate, revision)
    last: Epoch | Batch | None = shown[0][1].latest
    alt = _(
        "{metric} against epochs, training and validation; now {value:.4f}.",
        metric=_("Loss") if metric == "loss" else _("Accuracy"),
        value=getattr(last, metric),
    )
    return Chart(to_json(figure), alt)


def _tabs(run_id: str) -> None:
    """What is not drawn anew with every report. Only the open tab is drawn."""
    run = lab().run(run_id)
    history = lab().history(run_id)
    contents: dict[str, Callable[[], object]] = {
        _("Answers"): lambda: _answers(run),
        _("Doctor"): lambda: doctor.findings(run),
        _("Kernels"): lambda: watch.kernels(run),
        _("Confusion"): lambda: watch.confusion(run, history),
        _("Inside"): lambda: watch.inside(run, history),
        _("Time"): lambda: watch.times(history, run),
        _("Network"): lambda: layer_table(run.network),
        _("Settings"): lambda: settings_table(run.training),
    }
    if run.details:
        contents[_("Error in detail")] = lambda: st.code(run.details, language="python")
    for tab, content in zip(
        st.tabs(list(contents), key=f"tabs-{run_id}", on_change="rerun"), contents.values(), strict=True
    ):
        if tab.open:
            with tab:
                content()


def _answers(run: Run) -> None:
    answers = lab().history(run.id).answers
    if not answers:
        st.caption(_("After the first epoch: what the network says to the first 96 test images."))
        return
    figure, aspect, wrong = _answers_json(run.id, run.training.dataset, answers.predictions, language())
    st.markdown(
        _(
            "After epoch {epoch}: {wrong} of the first {count} test images are wrong (framed; below: answer ≠ truth).",
            epoch=answers.epoch,
            wrong=wrong,
            count=len(answers.predictions),
        )
    )
    alt = _("The first test images with the network’s answers; wrong ones are framed.")
    live_charts([Chart(figure, alt, aspect, least=LEAST)], key=f"answers-{run.id}", width=GRID_WIDTH)


@functools.lru_cache(maxsize=32)
def _answers_json(run: str, dataset: str, predictions: tuple[int, ...], spoken: str) -> tuple[str, float, int]:
    """The grid as Plotly's JSON, its aspect, and how many are wrong. `spoken`: class names are translated."""
    kept = lab().answered(run)
    assert kept is not None, "answers are reported after their images were written"
    data = answers_data(*kept, predictions, DATASETS[dataset].class_names)
    return to_json(answers_figure(data, translate)), data.aspect, len(data.wrong)
