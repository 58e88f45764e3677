"""Evaluate: a run and a moment, the images to evaluate it on, and behind tabs what its answers tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.evaluation import Evaluation
from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.reliability import reliability_data, reliability_figure
from cnnlab.figures.style import to_json
from cnnlab.runs.record import Run
from cnnlab.training import drawn, snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors, examples, reproduced, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate

VALIDATION, TEST = "validation", "test"
OF_COLLECTION = "collection:"


@dataclass(frozen=True, eq=False)
class Examined:
    """A network's answers, and whose they are.

    Attributes:
        which: names the images, see `_images`.
        written: when the weights were: a moment can be trained anew.
    """

    run: Run
    moment: Moment
    which: str
    written: int
    found: Evaluation

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the reader's language."""
        return tuple(translate(name) for name in DATASETS[self.run.training.dataset].class_names)


def body() -> None:
    """The whole page is one fragment."""
    run = timemachine.choose_run("evaluate")
    moment = timemachine.choose_moment(run, "evaluate")
    which = _images(run)
    if which == TEST and _sealed(run):
        return
    written = snapshots.written(lab().folder(run.id), moment)
    try:
        with st.spinner(_("Asking the network …"), show_time=True):
            found = _evaluated(run, moment, which, written)
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    examined = Examined(run, moment, which, written, found)
    session().examine(f"{run.id} {moment} {which}")
    pages: dict[str, Callable[[Examined], None]] = {
        _("Overview"): _overview,
        _("Confusion"): _confusion,
        _("Images"): examples.body,
        _("Feature space"): examples.space,
        _("Reproduced"): reproduced.body,
    }
    for tab, content in zip(
        st.tabs(list(pages), on_change="rerun", key="evaluate-tabs"), pages.values(), strict=True
    ):  # fmt: skip
        if tab.open:
            with tab:
                try:
                    content(examined)
                except CNNLabError as error:
                    errors.show(error)


def _images(run: Run) -> str:
    """What the network is evaluated on: "validation", "test", or a collection of drawings."""
    names = {VALIDATION: _("Validation images"), TEST: _("Test images")}
    if run.id in builtin.NAMES or run.training.validation == "test":
        # Where the test set was used for validation, the two are the same; the built-in ones kept none aside.
        names = {TEST: names[TEST]}
    if drawn.suits(run.training.dataset):
        names |= {OF_COLLECTION + name: _("Drawings: {name}", name=name) for name, _count in lab().collections()}
    chosen = st.selectbox(
        _("Images"), list(names), format_func=names.__getitem__, key=f"evaluate-which-{run.id}", width=320
    )
    if run.training.validation == "test" and run.id not in builtin.NAMES:
        st.caption(
            _(
                "This run used the test set for validation, as some of the notes do: what it says about the test "
                "images is no longer a fair test, since choices were made by them."
            )
        )
    if run.training.classes and not chosen.startswith(OF_COLLECTION):
        titles = DATASETS[run.training.dataset].class_names
        known = ", ".join(translate(titles[one]) for one in run.training.classes)
        st.caption(_("Only images of the classes that this run was trained on: {classes}.", classes=known))
    return chosen


def _sealed(run: Run) -> bool:
    """Whether the run's test set is still sealed; offers to break the seal."""
    if not lab().sealed(run):
        return False
    count = lab().openings(run.training.dataset)
    st.info(
        _(
            "**The test set is sealed.** It is there for the very end: as long as nobody has looked, its accuracy says "
            "how well the network will do on images that nobody has seen. Whoever looks, changes something and looks "
            "again, begins to fit the network to the test. Work on the validation images until you are done."
        ),
        icon=":material/lock:",
    )
    title = translate(DATASETS[run.training.dataset].title)
    st.caption(_("Seals broken so far for {dataset} in this Lab: {count}.", dataset=title, count=count))
    if st.button(_("I am done: break the seal"), icon=":material/lock_open:", key="evaluate-unseal"):
        lab().unseal(run, session().who)
        redraw()
    return True


def _evaluated(run: Run, moment: Moment, which: str, written: int) -> Evaluation:
    if which.startswith(OF_COLLECTION):
        return lab().evaluate_drawings(run, moment, which.removeprefix(OF_COLLECTION))
    found = _answers(run.id, moment, which, written, run.training.model_dump_json(), run)
    # That of the weights the run ended with; written down once, and not with every click.
    if which == TEST and moment == lab().taken_moment(run.id) and run.test_accuracy != found.accuracy:
        lab().note_test_accuracy(run.id, found.accuracy)
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _answers(run: str, moment: Moment, which: str, written: int, training: str, _run: Run) -> Evaluation:
    """Asked once: every click draws the page anew. Kept as it is, with all that was worked out from it."""
    return lab().evaluate(_run, moment, "validation" if which == VALIDATION else "test")


def _overview(examined: Examined) -> None:
    found = examined.found
    wrong = int((found.answers != found.labels).sum())
    numbers = [
        (_("Accuracy"), f"{found.accuracy:.2%}"),
        (_("Loss"), f"{found.loss:.4f}"),
        (_("Images"), f"{len(found.labels):,}"),
        (_("Wrong"), f"{wrong:,}"),
        (_("Calibration error"), f"{found.reliability.error:.2%}"),
    ]
    alt = _("How often the network is right when it is so and so sure.")
    chart = Chart(to_json(reliability_figure(reliability_data(found.reliability), translate)), alt)
    left, right = st.columns([3, 2], gap="large")
    with left:
        live_charts([chart], key="evaluate-reliability", numbers=numbers)
        st.caption(
            _(
                "Bars below the line: the network is surer than it may be; the number above is that of the answers. "
                "Calibration error: how far the bars are from the line, on average over all answers."
            )
        )
    with right:
        figures = found.per_class
        lines = [
            (errors.plain(name), f"{precision:.1%}", f"{recall:.1%}", f"{count:,}")
            for name, precision, recall, count in zip(
                examined.classes, figures.precision, figures.recall, figures.support, strict=True
            )
        ]
        table((_("Class"), _("Precision"), _("Recall"), _("Images")), lines, words=1)
        st.caption(
            _(
                "Precision: of the answers with this class, the share that is right. Recall: of its images, the share "
                "that is found."
            )
        )


def _confusion(examined: Examined) -> None:
    """The matrix; a click on a cell shows the images in it."""
    me = session().examined
    found, names = examined.found, DATASETS[examined.run.training.dataset].class_names
    left, right = st.columns([3, 2], gap="large")
    with left:
        shares = st.toggle(_("Shares instead of counts"), key="confusion-shares", persist_state="session")
        figure = confusion_figure(confusion_data(found.confusion, names, shares), translate)
        alt = _("Confusion matrix: rows are what the images are, columns what the network says.")
        click = live_charts([Chart(to_json(figure), alt)], key="confusion", clickable=True)
        if click and click.at > me.clicked:
            me.clicked, me.cell, me.image = click.at, (int(click.y), int(click.x)), None
            redraw()
        st.caption(_("Click a cell to see its images."))
    with right:
        if me.cell is None:
            return
        truth, answer = me.cell
        places = found.taken_for(truth, answer)
        values = {"truth": errors.plain(examined.classes[truth]), "answer": errors.plain(examined.classes[answer])}
        if truth == answer:
            st.markdown(_("**{truth}, recognised**: {count}", count=len(places), **values))
        else:
            st.markdown(_("**{truth}, taken for {answer}**: {count}", count=len(places), **values))
        examples.gallery(examined, places, "cell", columns=6)
    examples.one(examined)
