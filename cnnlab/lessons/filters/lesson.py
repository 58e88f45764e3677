"""Lesson: filters by hand."""

from cnnlab.lessons.lesson import Compare, Lesson, Question, Row, Text, Widget
from cnnlab.marks import N_

LESSON = Lesson(
    5,
    (
        Text("idea"),
        Question("edge"),
        Widget("kernels", "handmade"),
        Question("sum"),
        Text("frame"),
        Widget("quiz", "quiz"),
        Question("keep"),
        Compare((Row(N_("Cases of the quiz that were right"), N_("has no quiz"), "quiz"),)),
    ),
)
