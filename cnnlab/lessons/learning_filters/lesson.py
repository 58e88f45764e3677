"""Lesson: a network that learns its filters."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

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
                Row(N_("Mistakes in the first 96 test digits"), "conv_wrong", "wrong", "train", "conv"),
                Row(N_("Final accuracy"), N_("not reported"), "accuracy", "train", "conv"),
                Row(N_("Values after Flatten"), "conv_values", own=f"{28 * 28 * 8:,}"),
            )
        ),
    ),
)
