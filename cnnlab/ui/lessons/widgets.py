"""The interactive parts by name, and when they can be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from cnnlab.lessons.lesson import Lesson, Widget
from cnnlab.lessons.links import View
from cnnlab.ui.lessons import (
    activations,
    answers,
    crossentropy,
    handmade,
    learned,
    marks,
    moved,
    neurons,
    onehot,
    pixels,
    pooled,
    prediction,
    quiz,
    seal,
    shuffled,
    switched,
)
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate

WIDGETS: Mapping[str, Callable[[Place], None]] = MappingProxyType(
    {
        "activations": activations.show,
        "answers": answers.show,
        "crossentropy": crossentropy.show,
        "dropout": switched.show,
        "handmade": handmade.show,
        "learned": learned.show,
        "neurons": neurons.show,
        "onehot": onehot.show,
        "pixels": pixels.show,
        "pooling": pooled.numbers,
        "prediction": prediction.show,
        "quiz": quiz.show,
        "seal": seal.show,
        "shift": pooled.shifted,
        "shifted": moved.show,
        "shuffled": shuffled.show,
    }
)


def show(lesson: Lesson, block: Widget, view: View) -> None:
    """Draw it as a fragment: moving something in it draws no more than this anew."""
    place = Place(lesson, block.part, {}, {})
    if block.of:
        experiment = lesson.experiment(block.of)
        titles = {setup.name: translate(setup.title) for setup in experiment.setups}
        place = place._replace(runs=marks.runs(lesson, experiment), titles=titles)
        ready = len(place.runs) == len(experiment.setups) and not any(run.going for run in place.runs.values())
        if not ready or not marks.may_see(lesson, experiment.question, view):
            st.caption(_("Here something appears when the experiment above has been trained."))
            return
    with st.container(border=True, key=f"widget-{block.part}"):
        st.fragment(WIDGETS[block.name])(place)
