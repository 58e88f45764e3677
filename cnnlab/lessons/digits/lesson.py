"""Lesson: digits as numbers."""

from cnnlab.datasets import DATASETS
from cnnlab.lessons.lesson import Compare, Lesson, Question, Row, Text, Widget
from cnnlab.marks import N_

_SMALL = DATASETS["mnist-5k"]

LESSON = Lesson(
    1,
    (
        Text("pixels"),
        Widget("table", "pixels"),
        Text("vector"),
        Question("place"),
        Text("labels"),
        Widget("onehot", "onehot"),
        Question("number"),
        Text("sets"),
        Question("exam"),
        Compare(
            (
                Row(N_("Training pictures"), "train_images", own=f"{_SMALL.train_size:,}"),
                Row(N_("Test pictures"), "test_images", own=f"{_SMALL.test_size:,}"),
                Row(N_("Numbers in a picture"), "vector_length", own=str(28 * 28)),
            )
        ),
    ),
)
