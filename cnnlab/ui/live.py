"""Following a run: the polling fragment, its figures as numbers, the charts, the grid of answers, the ways to act."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping

import streamlit as st

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.figures.answers import answers_data, answers_figure
from cnnlab.figures.history import Metric, history_data, history_figure
from cnnlab.figures.style import to_json
from cnnlab.marks import N_
from cnnlab.runs.record import Run, State
from cnnlab.training.events import Batch, Epoch
from cnnlab.training.history import History
from cnnlab.ui import errors
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.tables import layer_table
from cnnlab.ui.text import _, language, translate

POLL_SECONDS = 0.5
ANSWERS_SECONDS = 2.0
METRICS: tuple[Metric, ...] = ("loss", "accuracy")
GRID_WIDTH = 820
"""Pixels at most; the grid's images stand at about twice their size."""

STATES: Mapping[State, tuple[str, str]] = {
    "queued": (N_("waiting"), "gray"),
    "running": (N_("running"), "blue"),
    "finished": (N_("finished"), "green"),
    "stopped": (N_("stopped"), "orange"),
    "failed": (N_("failed"), "red"),
    "interrupted": (N_("interrupted"), "orange"),
}
"""State -> its word and its badge's colour."""


def follow(run: Run, compared: Run | None) -> None:
    """Show a run, and go on showing it while it trains."""
    _headline(run)
    st.fragment(_view, run_every=POLL_SECONDS if run.going else None)(
        run.id, compared.id if compared else None, run.state
    )
    st.fragment(_tabs, run_every=ANSWERS_SECONDS if run.going else None)(run.id)


def _view(run_id: str, compared_id: str | None, state_before: State) -> None:
    """What changes with every report. Each element costs processor time at every update, so there are few."""
    run = lab().run(run_id)
    if run.state != state_before:
        # The timer belongs to the fragment as it was begun, and the headline stands outside: all is drawn anew.
        st.rerun()
    history = lab().history(run_id)
    if run.state == "running":
        st.progress(history.share_done, text=_time_left(history))
    for problem in (lab().problem, run.error):
        if problem:
            errors.show(problem)
    if not history.latest:
        _nothing_yet(run)
        return
    shown = [(run.name, history)]
    if compared_id:
        shown.append((lab().run(compared_id).name, lab().history(compared_id)))
    curves = [_curves(shown, metric, run_id) for metric in METRICS]
    live_charts(curves, key=f"curves-{run_id}", numbers=_numbers(history))


def _headline(run: Run) -> None:
    word, colour = STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.badge(translate(word), color=colour)  # type: ignore[arg-type]
        st.caption(
            _(
                "{dataset}, {optimizer}, learning rate {rate:g}, batch {batch}",
                dataset=translate(DATASETS[run.training.dataset].title),
                optimizer=run.training.optimizer,
                rate=run.training.learning_rate,
                batch=run.training.batch_size,
            ),
            width="content",
        )
        st.space("stretch")
        if run.going and st.button(_("Stop"), icon=":material/stop:", key="stop"):
            lab().stop(run.id)
        if run.resumable and st.button(_("Resume"), icon=":material/resume:", key="resume", type="primary"):
            lab().resume(run.id)
            st.rerun()


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


def duration(seconds: float) -> str:
    """Minutes and seconds in words."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{seconds} s", seconds=rest)


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
        (_("Images a second"), f"{latest.examples_per_second:,.0f}"),
    ]
    return [*numbers, (_("Seconds an epoch"), f"{last.seconds:.1f}")] if last else numbers


def _nothing_yet(run: Run) -> None:
    if run.state == "queued" and lab().engine.state == "ready":
        st.info(
            _("Waiting in the queue; {count} waiting runs come first.", count=lab().place(run.id)),
            icon=":material/hourglass:",
        )
    elif run.state == "queued" and lab().engine.state == "starting":
        st.info(_("The workers are starting; this takes a few seconds."), icon=":material/hourglass:")
    elif run.state == "queued":
        engine_down()


def engine_down() -> None:
    """Say that the workers are gone, and offer to start them."""
    problem = lab().engine.problem
    if problem:
        errors.show(problem)
    st.warning(_("The workers that train are not running."), icon=":material/power_off:")
    if st.button(_("Start them again"), key="start-engine"):
        lab().engine.start()
        st.rerun()


def _curves(shown: list[tuple[str, History]], metric: Metric, revision: str) -> Chart:
    data = [history_data(history, metric, name) for name, history in shown]
    figure = history_figure(data, metric, translate, revision)
    last: Epoch | Batch | None = shown[0][1].latest
    alt = _(
        "{metric} against epochs, training and validation; now {value:.4f}.",
        metric=_("Loss") if metric == "loss" else _("Accuracy"),
        value=getattr(last, metric),
    )
    return Chart(to_json(figure), alt)


def _tabs(run_id: str) -> None:
    """What is not drawn anew with every report: the answers after each epoch, the settings, an error's traceback."""
    run = lab().run(run_id)
    names = [_("Answers"), _("Network"), _("Settings")] + ([_("Error in detail")] if run.details else [])
    tabs = st.tabs(names, key=f"tabs-{run_id}", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            _answers(run)
    if tabs[1].open:
        with tabs[1]:
            layer_table(run.network)
    if tabs[2].open:
        with tabs[2]:
            st.json(run.training.model_dump(exclude={"version"}), expanded=True)
    if run.details and tabs[3].open:
        with tabs[3]:
            st.code(run.details, language="python")


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
    live_charts([Chart(figure, alt, aspect)], key=f"answers-{run.id}", width=GRID_WIDTH)


@functools.lru_cache(maxsize=32)
def _answers_json(run: str, dataset: str, predictions: tuple[int, ...], spoken: str) -> tuple[str, float, int]:
    """The grid as Plotly's JSON, its aspect, and how many are wrong. `spoken`: class names are translated."""
    kept = lab().answered(run)
    assert kept is not None, "answers are reported after their images were written"
    data = answers_data(*kept, predictions, DATASETS[dataset].class_names)
    return to_json(answers_figure(data, translate)), data.aspect, len(data.wrong)


def ago(moment: float) -> str:
    """How long ago a moment was, in words."""
    return _("{duration} ago", duration=duration(max(time.time() - moment, 0)))


def named(run: Run) -> str:
    """A run in one line: name, data, state, when."""
    if run.id in builtin.NAMES:
        return short(run)
    data, state = translate(DATASETS[run.training.dataset].title), translate(STATES[run.state][0])
    return f"{run.name} · {data} · {state} · {ago(run.created)}"


def short(run: Run) -> str:
    """A run's name, as plain text."""
    return translate(run.name) if run.id in builtin.NAMES else run.name


def run_list(runs: list[Run]) -> None:
    """Runs as cards, those that are going first, each with a way to it."""
    for run in sorted(runs, key=lambda run: not run.going):
        word, colour = STATES[run.state]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{errors.plain(run.name)}**", width="content")
            st.badge(translate(word), color=colour)  # type: ignore[arg-type]
            epochs = lab().history(run.id).epochs
            if epochs:
                st.caption(_("validation accuracy {accuracy:.2%}", accuracy=epochs[-1].val_accuracy), width="content")
            st.caption(f"{translate(DATASETS[run.training.dataset].title)} · {ago(run.created)}", width="stretch")
            if st.button(_("Open"), key=f"open-{run.id}"):
                st.switch_page("pages/train.py", query_params={"run": run.id})
