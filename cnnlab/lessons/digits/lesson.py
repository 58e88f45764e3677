"""Lesson: digits as numbers."""

from cnnlab.datasets import DATASETS
from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Lesson, Question, Row, Text, Widget

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
                Row(N_("Training images"), "train_images", own=f"{_SMALL.train_size:,}"),
                Row(N_("Test images"), "test_images", own=f"{_SMALL.test_size:,}"),
                Row(N_("Values per image"), "vector_length", own=str(28 * 28)),
            )
        ),
    ),
)
