"""Lesson: a dense network with sigmoid."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

_RECIPE = RECIPES["mlp-sigmoid"]

LESSON = Lesson(
    2,
    (
        Text("network"),
        Question("parameters"),
        Text("loss"),
        Widget("distance", "crossentropy"),
        Question("chance"),
        Text("learning"),
        Question("first", after="train"),
        Experiment(
            "train",
            (Setup("sigmoid", N_("Dense network with sigmoid"), _RECIPE.network, _RECIPE.training),),
            question="first",
        ),
        Widget("answers", "answers", of="train"),
        Text("overfitting"),
        Compare(
            (
                Row(
                    N_("Accuracy after the first epoch"), "sigmoid_first_accuracy", "first_accuracy", "train", "sigmoid"
                ),
                Row(N_("Final accuracy"), "sigmoid_accuracy", "accuracy", "train", "sigmoid"),
                Row(N_("Final loss"), "sigmoid_loss", "loss", "train", "sigmoid"),
                Row(N_("Seconds"), "sigmoid_seconds", "seconds", "train", "sigmoid"),
            )
        ),
    ),
)
