"""Lesson: a network that learns its filters."""

from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.marks import N_
from cnnlab.network.recipes import RECIPES

_RECIPE = RECIPES["conv-8"]

LESSON = Lesson(
    6,
    (
        Text("network"),
        Question("parameters"),
        Question("kernels", after="train"),
        Experiment(
            "train", (Setup("conv", N_("Eight filters"), _RECIPE.network, _RECIPE.training),), question="kernels"
        ),
        Widget("moments", "learned", of="train"),
        Widget("answers", "answers", of="train"),
        Question("same"),
        Compare(
            (
                Row(N_("Wrong among the first 96 test digits"), "conv_wrong", "wrong", "train", "conv"),
                Row(N_("Accuracy at the end"), N_("not said"), "accuracy", "train", "conv"),
                Row(N_("Numbers after Flatten"), "conv_values", own=f"{28 * 28 * 8:,}"),
            )
        ),
    ),
)
