"""Lesson: filters by hand."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Lesson, Question, Row, Text, Widget

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
        Compare(
            (
                Row(N_("Padding that keeps the size (3×3 kernel)"), "padding_of_three", own=str((3 - 1) // 2)),
                Row(N_("Padding that keeps the size (5×5 kernel)"), "padding_of_five", own=str((5 - 1) // 2)),
            )
        ),
    ),
)
