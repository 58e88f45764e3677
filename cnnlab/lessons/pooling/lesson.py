"""Lesson: pooling."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.lessons.networks import two_convolutions
from cnnlab.network.layers import MaxPooling2D
from cnnlab.training.recipes import RECIPES

_TRAINING = RECIPES["conv-8"].training.replace(epochs=10)


LESSON = Lesson(
    7,
    (
        Text("shift"),
        Widget("numbers", "pooling"),
        Question("largest"),
        Widget("digit", "shift"),
        Question("cost"),
        Question("networks", after="train"),
        Experiment(
            "train",
            (
                Setup(
                    "with", N_("With pooling"), two_convolutions("two-convolutions-pooled", MaxPooling2D()), _TRAINING
                ),
                Setup("without", N_("Without pooling"), two_convolutions("two-convolutions"), _TRAINING),
            ),
            question="networks",
        ),
        Widget("moved", "shifted", of="train"),
        Compare(
            (
                Row(N_("With pooling: accuracy"), "", "accuracy", "train", "with"),
                Row(N_("Without pooling: accuracy"), "", "accuracy", "train", "without"),
                Row(N_("With pooling: seconds"), "", "seconds", "train", "with"),
                Row(N_("Without pooling: seconds"), "", "seconds", "train", "without"),
            )
        ),
    ),
)
