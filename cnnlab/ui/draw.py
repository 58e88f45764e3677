"""Draw: the canvas, the answer in words and bars, and behind tabs what was seen, why, and what would change it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.drawing import Digit, ink_of_photo, prepare, to_digit, verdict
from cnnlab.errors import CNNLabError
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import to_json
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import canvas, errors, keep, live, pictures, seen, timemachine, why
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.pictures import Picture
from cnnlab.ui.remembered import Asked
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate

Source = Literal["canvas", "photo", "sample"]
PHOTO_SIDE = 560
"""Pixels of a photo's longer side that are looked at."""
MOST_ASKED = 4
ANSWER_FIRST = 0.05
"""Seconds."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What the networks are asked about: a picture, and how it came about where it was prepared."""

    picture: Picture
    digit: Digit | None = None
    canvas: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """One network's answer.

    Attributes:
        called: the network and the moment in words.
        image: what it was shown, float32 (height, width, channels).
    """

    run: Run
    moment: Moment
    called: str
    image: np.ndarray
    probabilities: np.ndarray

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the reader's language."""
        return tuple(translate(name) for name in DATASETS[self.run.training.dataset].class_names)


def body() -> None:
    """The whole page is one fragment: a stroke draws no more than this anew."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        subject = _subject()
    with right:
        answers = _ask(subject) if subject else []
        if not subject:
            st.caption(_("The network’s answer appears here."))
    if not subject or not answers:
        return
    first = answers[0]
    # The browser shows the answer before it is given the rest to draw, which would take it as long again.
    time.sleep(ANSWER_FIRST)
    tabs = st.tabs(
        [_("What it saw"), _("Why"), _("Shift, rotate, scale"), _("Keep")], on_change="rerun", key="draw-tabs"
    )
    drawn: tuple[Callable[[], None], ...] = (
        lambda: seen.body(subject.digit, subject.picture, first.run, first.moment),
        lambda: why.body(first),
        lambda: why.dials(answers),
        lambda: keep.body(subject.digit, subject.canvas, first.run, first.moment),
    )
    for tab, content in zip(tabs, drawn, strict=True):
        if tab.open:
            with tab:
                try:
                    content()
                except CNNLabError as error:
                    errors.show(error)


def _subject() -> Subject | None:
    """The picture: drawn, from a photo, or out of a dataset."""
    names: dict[Source, str] = {"canvas": _("Draw"), "photo": _("Photo or scan"), "sample": _("From the data")}
    source = st.segmented_control(
        _("Picture"), list(names), default="canvas", format_func=names.__getitem__, required=True, key="draw-source",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    try:
        if source == "canvas":
            drawn = canvas.draw("draw")
            st.caption(_("Write a digit, large or small, with the mouse, a finger or a pen."))
            if drawn is None:
                return None
            digit = to_digit(drawn, **session().preparation)
            return Subject(Picture(digit.image, _("your drawing")), digit, drawn)
        if source == "photo":
            return _photo()
        return Subject(pictures.of_dataset("draw"))
    except CNNLabError as error:
        errors.show(error)
        return None


def _photo() -> Subject | None:
    label = _("A photo or scan of a digit: PNG, JPEG, GIF, BMP or WebP")
    given = pictures.file(label, PHOTO_SIDE, "draw")
    if given is None:
        return None
    names = {None: _("find out"), True: _("dark on light"), False: _("light on dark")}
    as_it_is = st.toggle(
        _("Show it as it is"), key="draw-plain", help=_("For networks that were not trained on digits.")
    )
    if as_it_is:
        return Subject(given)
    way = st.segmented_control(
        _("The writing is"), list(names), default=None, format_func=names.__getitem__, key="draw-ink"
    )
    ink, dark = ink_of_photo(given.grey, way)
    if way is None:
        st.caption(_("Taken for dark on light, and inverted.") if dark else _("Taken for light on dark."))
    digit = prepare(ink, **session().preparation)
    return Subject(Picture(digit.image, given.name), digit)


def _ask(subject: Subject) -> list[Answer]:
    """Ask every chosen network, and write down what they say."""
    answers = []
    for run, moment, called in _asked():
        try:
            image = subject.picture.fitted(run.network.input_shape)
            shares = lab().probabilities(run, moment, image[np.newaxis])[0]
            answers.append(Answer(run, moment, called, image, shares))
        except CNNLabError as error:
            if not timemachine.waiting_for_workers():
                errors.show(error)
            return []
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            _in_words(answers[0], subject.digit)
        _choose_networks(len(answers))
    charts = [_bars(answer, len(answers) > 1) for answer in answers]
    live_charts(charts, key="draw-answers")
    if st.button(_("Its feature maps"), icon=":material/filter_none:", key="draw-maps", type="tertiary"):
        me = session()
        me.sent = None if subject.canvas is not None else (subject.picture.pixels, subject.picture.name)
        me.show(pictures.SENT if me.sent else pictures.DRAWING)
        st.switch_page("pages/maps.py")
    return answers


def _asked() -> list[tuple[Run, Moment, str]]:
    """The networks that are asked, each with its moment and both in words; the built-in one where there is none."""
    me = session()
    there = {asked: _found(asked) for asked in me.asked}
    me.asked = [asked for asked, found in there.items() if found] or [Asked(builtin.ID)]
    return [found for found in (there.get(asked) or _found(asked) for asked in me.asked) if found]


def _found(asked: Asked) -> tuple[Run, Moment, str] | None:
    try:
        run, moments = lab().run(asked.run), lab().moments(asked.run)
    except CNNLabError:
        # Deleted meanwhile: it is not asked any more.
        return None
    if not moments:
        return None
    moment, called = asked.moment if asked.moment in moments else moments[-1], live.short(run)
    if moment != moments[-1]:
        called = _("{name}, {moment}", name=called, moment=timemachine.name(moment))
    return run, moment, called


def _in_words(answer: Answer, digit: Digit | None) -> None:
    said, names, shares = verdict(answer.probabilities), answer.classes, answer.probabilities
    values = {
        "best": errors.plain(names[said.best]), "second": errors.plain(names[said.second]),
        "share": shares[said.best], "other": shares[said.second],
    }  # fmt: skip
    if said.sure:
        st.markdown(_("### It is **{best}** :gray[({share:.1%})]", **values))
        st.caption(_("The runner-up is {second}, with {other:.1%}.", **values))
    else:
        st.markdown(_("### Not sure: perhaps **{best}**, perhaps **{second}**", **values))
        st.caption(_("{best} has {share:.1%}, {second} has {other:.1%}.", **values))
    if digit is None:
        return
    if digit.extent < TINY:
        st.caption(_(":material/info: This is little more than a dot: a digit needs a longer stroke."))
    elif digit.coverage > FULL:
        st.caption(_(":material/info: Nearly everything is ink: a digit needs some ground around it."))
    elif digit.parts > 1:
        st.caption(
            _(":material/info: These look like {count} digits; the network was shown all as one.", count=digit.parts)
        )


TINY, FULL = 0.12, 0.5
"""The longer side of a drawing, and its ink, as shares of the canvas's; below and above there is hardly a digit."""


def _bars(answer: Answer, titled: bool) -> Chart:
    figure = probabilities_figure(probabilities_data(answer.probabilities, answer.classes), translate, height=230)
    best = answer.classes[int(answer.probabilities.argmax())]
    alt = _("The probabilities of {name}; the highest is {answer}.", name=answer.called, answer=best)
    return Chart(to_json(figure), alt, title=answer.called if titled else "")


def _choose_networks(count: int) -> None:
    """Add a network beside the others, at any moment of its training, or take one away."""
    me = session()
    with st.popover(_("Networks"), icon=":material/add:", key="draw-networks", on_change="rerun") as opened:
        if not opened.open:
            return
        st.markdown(_("**Who is asked** · :small[the first one is explained below]"))
        for place, (_run, _moment, called) in enumerate(_asked()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(errors.plain(called), width="stretch")
                if count > 1 and st.button("", icon=":material/close:", help=_("Ask it no more"), key=f"unask-{place}"):
                    del me.asked[place]
                    redraw()
        if count >= MOST_ASKED:
            return
        runs = timemachine.runs_with_weights()
        run = runs[
            st.selectbox(_("Run"), list(runs), format_func=live.names(runs.values()).__getitem__, key="draw-add")
        ]
        moments = lab().moments(run.id)
        moment = st.selectbox(
            _("Moment of the training"), [*reversed(moments)], format_func=timemachine.name, key=f"draw-add-{run.id}"
        )
        if st.button(_("Ask it too"), icon=":material/add:", key="draw-ask"):
            me.asked.append(Asked(run.id, moment))
            redraw()
