"""An experiment: its trainings are runs of the Lab, started here, followed here, and to be opened on every page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from cnnlab.datasets import DATASETS, available
from cnnlab.errors import CNNLabError
from cnnlab.figures.history import Metric, history_data
from cnnlab.lessons.lesson import QUICK_IMAGES, Data, Experiment, Length, Lesson, Setup
from cnnlab.lessons.links import View
from cnnlab.lessons.measures import MEASURES, images
from cnnlab.lessons.texts import Part
from cnnlab.marks import N_
from cnnlab.runs.record import Run
from cnnlab.ui import errors, live
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.comparison import beside
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons import marks, words
from cnnlab.ui.state import pressed, session
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate

LENGTHS: Mapping[Length, str] = MappingProxyType({"whole": N_("Whole"), "quick": N_("A quick look")})
PAGES: Mapping[str, str] = MappingProxyType(
    {"train": N_("Train"), "filters": N_("Filters"), "maps": N_("Feature maps"), "evaluate": N_("Evaluate")}
)
"""Where a run can be opened."""


def lengths() -> dict[Length, str]:
    """The lengths that are offered, in the reader's language."""
    return {length: translate(title) for length, title in LENGTHS.items()}


def show(lesson: Lesson, block: Experiment, part: Part, view: View) -> None:
    """The text, the button, and once there are runs what becomes of them."""
    with st.container(border=True, key=f"experiment-{block.part}"):
        st.markdown(_("**Experiment**"))
        words.show(part.body)
        _controls(lesson, block, view)
        runs = marks.runs(lesson, block)
        if not runs:
            return
        going = any(run.going for run in runs.values())
        states = tuple(run.state for run in runs.values())
        st.fragment(_follow, run_every=live.POLL_SECONDS if going else None)(lesson, block, view, states)
        if not going and marks.may_see(lesson, block.question, view):
            words.show(part.after)
            if view.shows("links"):
                _ways_out(block, runs)


def _controls(lesson: Lesson, block: Experiment, view: View) -> None:
    """Data, length and the button; while it trains the way to stop."""
    key = f"{lesson.name}-{block.part}"
    runs = marks.runs(lesson, block)
    going = [run.id for run in runs.values() if run.going]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if going:
            if st.button(_("Stop"), icon=":material/stop:", key=f"stop-{block.part}"):
                for run in going:
                    lab().stop(run)
            return
        data, length = _data(block, view, key), _length(view, key, runs)
        again = bool(runs)
        label = _("Train again") if again else _("Train both") if len(block.setups) == 2 else _("Train")
        kind = "secondary" if again else "primary"
        if pressed(st.button, label, key=f"train-{block.part}", icon=":material/play_arrow:", type=kind):
            _start(lesson, block, data, length)


def _data(block: Experiment, view: View, key: str) -> Data:
    """Which images; only what is at hand is offered."""
    own = block.setups[0].data
    options: dict[Data, str] = {"small": _("The digits that come with the Lab")}
    if all(available(setup.data, lab().settings) for setup in block.setups):
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
    """How long it trains; what the link does not say begins as the last time."""
    before = any(run.training.train_size == QUICK_IMAGES for run in runs.values())
    wanted: Length = "quick" if view.length == "quick" or (before and not view.length) else "whole"
    if not view.shows("length"):
        return wanted
    chosen: Length | None = st.segmented_control(
        _("Length"),
        list(LENGTHS),
        default=wanted,
        format_func=lengths().__getitem__,
        required=True,
        help=_("A quick look takes 1,000 images and three epochs: enough to see that something happens."),
        key=f"length-{key}",
    )
    return chosen or wanted


def _start(lesson: Lesson, block: Experiment, data: Data, length: Length) -> None:
    started = []
    for setup in block.setups:
        training = setup.prepared(data, length, block.part_size)
        try:
            beginning = setup.beginning(lab().dataset, training.dataset)
            run = lab().start(setup.network, training, session().who, translate(setup.title), beginning)
        except CNNLabError as error:
            errors.show(error)
            return
        started.append(f"{setup.name}={run}")
    marks.note(lesson, block.part, ",".join(started))
    st.rerun()


def _follow(lesson: Lesson, block: Experiment, view: View, before: tuple[str, ...]) -> None:
    """What changes while it trains: progress, and the curves where they may be seen."""
    runs = marks.runs(lesson, block)
    if tuple(run.state for run in runs.values()) != before:
        st.rerun()
    for setup in block.setups:
        if setup.name in runs:
            _progress(setup, runs[setup.name])
    if lab().engine.state == "down" and any(run.going for run in runs.values()):
        live.engine_down()
    if not marks.may_see(lesson, block.question, view):
        st.info(
            _("The curves appear when you have answered the question above, or skipped it."), icon=":material/help:"
        )
        return
    shown = _shown(lesson, block, runs)
    if any(lab().history(run.id).latest for _title, run in shown):
        curves = [_curves(shown, metric, block.part) for metric in live.METRICS]
        live_charts(curves, key=f"lesson-{lesson.name}-{block.part}")
    if not any(run.going for run in runs.values()):
        _numbers(shown)


def _shown(lesson: Lesson, block: Experiment, runs: Mapping[str, Run]) -> list[tuple[str, Run]]:
    """The runs whose curves are drawn, with what they are called."""
    shown = [(translate(setup.title), runs[setup.name]) for setup in block.setups if setup.name in runs]
    if block.beside:
        other = lesson.experiment(block.beside)
        found = marks.runs(lesson, other)
        shown += [(translate(setup.title), found[setup.name]) for setup in other.setups if setup.name in found]
    return shown


def _progress(setup: Setup, run: Run) -> None:
    title, history = translate(setup.title), lab().history(run.id)
    if run.error:
        errors.show(run.error)
    if run.state == "queued":
        waiting = _("the workers are starting") if lab().engine.state == "starting" else _("waiting for its turn")
        st.progress(0.0, text=f"{title}: {waiting}")
    elif run.state == "running":
        done, of = len(history.epochs), run.training.epochs
        left = "" if history.seconds_left is None else _("about {left} left", left=live.duration(history.seconds_left))
        text = _("{title}: {done} of {count} epochs", title=title, done=done, count=of)
        st.progress(history.share_done, text=f"{text}, {left}" if left else text)


def _curves(shown: list[tuple[str, Run]], metric: Metric, revision: str) -> Chart:
    return beside([history_data(lab().history(run.id), metric, title) for title, run in shown], metric, revision)


def _numbers(shown: list[tuple[str, Run]]) -> None:
    """How each was trained, and its last figures: a column a run, which a phone has room for."""
    rows = {
        "epochs": _("Epochs"),
        "training_accuracy": _("Training accuracy"),
        "accuracy": _("Validation accuracy"),
        "loss": _("Validation loss"),
        "seconds": _("Seconds"),
    }
    lines = [(_("Images"), *(f"{images(run):,}" for _title, run in shown))]
    for measure, label in rows.items():
        lines.append((label, *(MEASURES[measure](run, lab().history(run.id), None) for _title, run in shown)))
    table(("", *(title for title, _run in shown)), lines, words=1)


def _ways_out(block: Experiment, runs: Mapping[str, Run]) -> None:
    """The same run on the other pages."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Go on with it on another page:"), width="content")
        for setup in block.setups:
            if setup.name not in runs:
                continue
            page = st.menu_button(
                translate(setup.title),
                list(PAGES),
                format_func=lambda name: translate(PAGES[name]),
                icon=":material/open_in_new:",
                key=f"open-{block.part}-{setup.name}",
            )
            if page:
                me, run = session(), runs[setup.name].id
                me.run, me.looked, me.moment = run, None, None
                st.switch_page(f"pages/{page}.py", query_params={"run": run} if page == "train" else {})
