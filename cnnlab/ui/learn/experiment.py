"""Experiments: training runs that are started and followed in a lesson, and can be opened on other pages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.figures.history import Metric, history_data
from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import QUICK_EPOCHS, QUICK_IMAGES, Data, Experiment, Length, Lesson, Setup
from cnnlab.lessons.links import View
from cnnlab.lessons.measures import MEASURES, images
from cnnlab.lessons.texts import Part
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import pressed, watch
from cnnlab.ui.components.table import table
from cnnlab.ui.lab import lab
from cnnlab.ui.learn import lesson_text, progress
from cnnlab.ui.pages import PAGES, go
from cnnlab.ui.session import session
from cnnlab.ui.shared import engine_status, run_labels
from cnnlab.ui.shared.run_curves import curves_chart
from cnnlab.ui.text import _, duration, n_, translate

LENGTHS: Mapping[Length, str] = MappingProxyType({"whole": N_("Full length"), "quick": N_("Quick run")})
RUN_PAGES = ("train", "filters", "maps", "evaluate")
"""Pages that can open a run."""


def lengths() -> dict[Length, str]:
    """Return the lengths to choose from, in the reader's language."""
    return {length: translate(title) for length, title in LENGTHS.items()}


def show(lesson: Lesson, block: Experiment, part: Part, view: View) -> None:
    """Draw the text and the controls, and once there are runs their progress and results."""
    with st.container(border=True, key=f"experiment-{block.part}"):
        st.markdown(_("**Experiment**"))
        lesson_text.show(part.body)
        _controls(lesson, block, view)
        runs = progress.runs(lesson, block)
        if not runs:
            return
        active = any(run.active for run in runs.values())
        watch(
            lambda: _follow(lesson, block, view),
            lambda: _states(progress.runs(lesson, block)),
            _states(runs),
            run_labels.POLL_SECONDS if active else None,
        )
        if not active and progress.may_see(lesson, block.question, view):
            lesson_text.show(part.after)
            if view.shows("links"):
                _page_links(block, runs)


def _controls(lesson: Lesson, block: Experiment, view: View) -> None:
    """Draw the choice of data and length and the Train button, or Stop while runs are active."""
    key = f"{lesson.name}-{block.part}"
    runs = progress.runs(lesson, block)
    active = [run.id for run in runs.values() if run.active]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if active:
            if st.button(_("Stop"), icon=":material/stop:", key=f"stop-{block.part}"):
                for run in active:
                    lab().control.stop(run)
            return
        data, length = _data(block, view, key), _length(view, key, runs)
        again = bool(runs)
        label = _("Train again") if again else _("Train both") if len(block.setups) == 2 else _("Train")
        kind = "secondary" if again else "primary"
        if pressed(st.button, label, key=f"train-{block.part}", icon=":material/play_arrow:", type=kind):
            _start(lesson, block, data, length)


def _data(block: Experiment, view: View, key: str) -> Data:
    """Return the chosen images; only downloaded datasets are offered."""
    own = block.setups[0].data
    options: dict[Data, str] = {"small": _("Built-in digits")}
    if all(lab().datasets.available(setup.data) for setup in block.setups):
        title = translate(DATASETS[own].title)
        if block.part_size:
            options["part"] = _("{count:,} images of {dataset}", count=block.part_size, dataset=title)
        options["full"] = _("All of {dataset} (takes longer)", dataset=title)
    first: Data = "part" if "part" in options else "small"
    wanted = next((option for option in options if option == view.data), first)
    if len(options) == 1 or not view.shows("data"):
        return wanted
    chosen: Data = st.selectbox(
        _("Data"),
        list(options),
        index=list(options).index(wanted),
        format_func=options.__getitem__,
        key=f"data-{key}",
        width=300,
    )
    return chosen


def _length(view: View, key: str, runs: Mapping[str, Run]) -> Length:
    """Return the chosen length. Unless the link sets one, it starts with the length used last time."""
    was_quick = any(run.training.train_size == QUICK_IMAGES for run in runs.values())
    wanted: Length = "quick" if view.length == "quick" or (was_quick and not view.length) else "whole"
    if not view.shows("length"):
        return wanted
    chosen: Length | None = st.segmented_control(
        _("Length"),
        list(LENGTHS),
        default=wanted,
        format_func=lengths().__getitem__,
        required=True,
        help=_(
            "A quick run uses {images:,} images and {epochs} epochs: just enough to see that something happens.",
            images=QUICK_IMAGES,
            epochs=QUICK_EPOCHS,
        ),
        key=f"length-{key}",
    )
    return chosen or wanted


@errors.shown()
def _start(lesson: Lesson, block: Experiment, data: Data, length: Length) -> None:
    started = []
    for setup in block.setups:
        training = setup.prepared(data, length, block.part_size)
        initial = setup.initial(lab().datasets.get, training.dataset)
        run = lab().runs.start(setup.network, training, session().who, translate(setup.title), initial)
        started.append(f"{setup.name}={run}")
    progress.note(lesson, block.part, ",".join(started))
    st.rerun()


def _states(runs: Mapping[str, Run]) -> list[str]:
    return [run.state for run in runs.values()]


def _follow(lesson: Lesson, block: Experiment, view: View) -> None:
    """Draw what changes during training: progress, and the curves unless they would give away an open question."""
    runs = progress.runs(lesson, block)
    for setup in block.setups:
        if setup.name in runs:
            _progress(setup, runs[setup.name])
    if lab().engine.state == "down" and any(run.active for run in runs.values()):
        engine_status.engine_down(f"-{block.part}")
    if not progress.may_see(lesson, block.question, view):
        st.info(_("The curves appear once you have answered or skipped the question above."), icon=":material/help:")
        return
    shown = _shown(lesson, block, runs)
    if any(lab().runs.history(run.id).latest for _title, run in shown):
        curves = [_curves(shown, metric, block.part) for metric in run_labels.METRICS]
        live_charts(curves, key=f"lesson-{lesson.name}-{block.part}")
    if not any(run.active for run in runs.values()):
        _final_results(shown)


def _shown(lesson: Lesson, block: Experiment, runs: Mapping[str, Run]) -> list[tuple[str, Run]]:
    """Return the runs whose curves are drawn, with their titles."""
    shown = [(translate(setup.title), runs[setup.name]) for setup in block.setups if setup.name in runs]
    if block.beside:
        other = lesson.experiment(block.beside)
        found = progress.runs(lesson, other)
        shown += [(translate(setup.title), found[setup.name]) for setup in other.setups if setup.name in found]
    return shown


def _progress(setup: Setup, run: Run) -> None:
    title, history = translate(setup.title), lab().runs.history(run.id)
    if run.error:
        errors.show(run.error)
    if run.state == "queued":
        waiting = _("the workers are starting") if lab().engine.state == "starting" else _("waiting in the queue")
        st.progress(0.0, text=f"{title}: {waiting}")
    elif run.state == "running":
        done, total = len(history.epochs), run.training.epochs
        left = "" if history.seconds_left is None else _("about {left} left", left=duration(history.seconds_left))
        text = n_(
            "{title}: {done} of {count} epoch", "{title}: {done} of {count} epochs", title=title, done=done, count=total
        )
        st.progress(history.share_done, text=f"{text}, {left}" if left else text)


def _curves(shown: list[tuple[str, Run]], metric: Metric, revision: str) -> Chart:
    return curves_chart(
        [history_data(lab().runs.history(run.id), metric, title) for title, run in shown], metric, revision
    )


def _final_results(shown: list[tuple[str, Run]]) -> None:
    """Draw a table of each run's size and final results. One column per run fits on a phone."""
    rows = {
        "epochs": _("Epochs"),
        "training_accuracy": _("Training accuracy"),
        "accuracy": _("Validation accuracy"),
        "loss": _("Validation loss"),
        "seconds": _("Seconds"),
    }
    lines = [(_("Images"), *(f"{images(run):,}" for _title, run in shown))]
    for measure, label in rows.items():
        lines.append((label, *(MEASURES[measure](run, lab().runs.history(run.id), None) for _title, run in shown)))
    table(("", *(title for title, _run in shown)), lines, words=1)


def _page_links(block: Experiment, runs: Mapping[str, Run]) -> None:
    """Draw the menus that open the runs on other pages."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Open this run in:"), width="content")
        for setup in block.setups:
            if setup.name not in runs:
                continue
            page = st.menu_button(
                translate(setup.title),
                RUN_PAGES,
                format_func=lambda name: translate(PAGES[name].title),
                icon=":material/open_in_new:",
                key=f"open-{block.part}-{setup.name}",
            )
            if page:
                me, run = session(), runs[setup.name].id
                me.run, me.builtin_run, me.moment = run, None, None
                go(page, **({"run": run} if page == "train" else {}))
