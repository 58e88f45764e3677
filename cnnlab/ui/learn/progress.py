"""The reader's progress in the lessons: in the session, and in the Lab's store under their name."""

from __future__ import annotations

from cnnlab.errors import CNNLabError
from cnnlab.lessons.lesson import Experiment, Lesson, Question
from cnnlab.lessons.links import View
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.session import session, state

REVEALED = "?"
"""Suffix of the stored answer to a question: the reader asked to reveal the correct one."""


def load() -> None:
    """Load the marks from the store, and adopt those that were made before the reader set a nickname."""
    me = session()
    learning = state(LearnState)
    if learning.who == me.who:
        return
    with errors.shown():
        if me.nickname and learning.who in ("", me.id):
            lab().progress.adopt(me.nickname, me.id)
        learning.marks = lab().progress.of(me.who)
    learning.who = me.who


def get(lesson: Lesson, part: str) -> str | None:
    """Return the mark of a part: the answer, or the runs that were trained; None if there is none."""
    return state(LearnState).marks.get((lesson.name, part))


def note(lesson: Lesson, part: str, value: str) -> None:
    """Store the mark of a part. If the store cannot be written, the session keeps the mark and an error is shown."""
    me = session()
    state(LearnState).marks[lesson.name, part] = value
    with errors.shown():
        lab().progress.note(me.who, lesson.name, part, value)


def forget(lesson: Lesson) -> None:
    """Delete the marks of a lesson; its runs stay."""
    me, learning = session(), state(LearnState)
    learning.marks = {key: value for key, value in learning.marks.items() if key[0] != lesson.name}
    with errors.shown():
        lab().progress.forget(me.who, lesson.name)


def done(lesson: Lesson) -> int:
    """Return the number of the lesson's questions and experiments that are done."""
    return sum(get(lesson, part) is not None for part in lesson.marks)


def runs(lesson: Lesson, experiment: Experiment) -> dict[str, Run]:
    """Return the runs that the reader trained for an experiment, by setup, without deleted ones."""
    found = {}
    for pair in filter(None, (get(lesson, experiment.part) or "").split(",")):
        setup, _sign, run = pair.partition("=")
        try:
            found[setup] = lab().runs.get(run)
        except CNNLabError:
            # The run was deleted; the experiment can be trained again.
            continue
    return {setup.name: found[setup.name] for setup in experiment.setups if setup.name in found}


def may_see(lesson: Lesson, question: str, view: View) -> bool:
    """Return whether results may be shown: their question was answered, skipped, or is hidden."""
    if not question or not view.shows(question):
        return True
    return get(lesson, question) is not None


def has_seen(lesson: Lesson, question: Question, view: View) -> bool:
    """Return whether the experiment that answers a question has finished, or the reader revealed the answer."""
    revealed = (get(lesson, question.part) or "").endswith(REVEALED)
    if revealed or not question.after or not view.shows(question.after):
        return True
    experiment = lesson.experiment(question.after)
    found = runs(lesson, experiment)
    return len(found) == len(experiment.setups) and not any(run.active for run in found.values())
