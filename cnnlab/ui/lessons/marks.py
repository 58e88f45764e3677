"""What the reader has done in the lessons: in the session, and in the Lab's store under who they are."""

from __future__ import annotations

from cnnlab.errors import CNNLabError
from cnnlab.lessons.lesson import Experiment, Lesson, Question
from cnnlab.lessons.links import View
from cnnlab.runs.record import Run
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session

SHOWN = "?"
"""At the end of what is noted of a question: the reader asked to be told."""


def load() -> None:
    """Bring the session's marks up to date with the store's, and take over what was done before a name was given."""
    me = session()
    if me.learning.who == me.who:
        return
    try:
        if me.nickname and me.learning.who in ("", me.id):
            lab().progress.adopt(me.nickname, me.id)
        me.learning.marks = lab().progress.of(me.who)
    except CNNLabError as error:
        errors.show(error)
    me.learning.who = me.who


def get(lesson: Lesson, part: str) -> str | None:
    """What is noted of a part."""
    return session().learning.marks.get((lesson.name, part))


def note(lesson: Lesson, part: str, value: str) -> None:
    """Note it. Where the store cannot be written the session remembers it, and the page says so."""
    me = session()
    me.learning.marks[lesson.name, part] = value
    try:
        lab().progress.note(me.who, lesson.name, part, value)
    except CNNLabError as error:
        errors.show(error)


def forget(lesson: Lesson) -> None:
    """Begin the lesson anew. Its runs stay."""
    me = session()
    me.learning.marks = {place: value for place, value in me.learning.marks.items() if place[0] != lesson.name}
    try:
        lab().progress.forget(me.who, lesson.name)
    except CNNLabError as error:
        errors.show(error)


def done(lesson: Lesson) -> int:
    """How many of the lesson's questions and experiments are done."""
    return sum(get(lesson, part) is not None for part in lesson.marks)


def runs(lesson: Lesson, experiment: Experiment) -> dict[str, Run]:
    """The runs that the reader trained for it, by the names of their setups; those that are gone are left out."""
    found = {}
    for pair in filter(None, (get(lesson, experiment.part) or "").split(",")):
        setup, _sign, run = pair.partition("=")
        try:
            found[setup] = lab().run(run)
        except CNNLabError:
            # Deleted since: the experiment can be trained again.
            continue
    return {setup.name: found[setup.name] for setup in experiment.setups if setup.name in found}


def may_see(lesson: Lesson, question: str, view: View) -> bool:
    """Whether what a question is about may be seen: it was answered, skipped, or is hidden."""
    if not question or not view.shows(question):
        return True
    return get(lesson, question) is not None


def has_seen(lesson: Lesson, question: Question, view: View) -> bool:
    """Whether the experiment that answers a question has ended, or what it shows was asked for."""
    asked = (get(lesson, question.part) or "").endswith(SHOWN)
    if asked or not question.after or not view.shows(question.after):
        return True
    experiment = lesson.experiment(question.after)
    found = runs(lesson, experiment)
    return len(found) == len(experiment.setups) and not any(run.going for run in found.values())
