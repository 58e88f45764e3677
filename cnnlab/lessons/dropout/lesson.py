"""Lesson: dropout."""

from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.marks import N_
from cnnlab.network.recipes import RECIPES

_WITHOUT, _WITH = RECIPES["conv-10"], RECIPES["conv-10-dropout"]

LESSON = Lesson(
    8,
    (
        Text("heart"),
        Widget("units", "dropout"),
        Question("scale"),
        Question("curves", after="train"),
        Experiment(
            "train",
            (
                Setup("without", N_("Without dropout"), _WITHOUT.network, _WITHOUT.training),
                Setup("with", N_("With dropout"), _WITH.network, _WITH.training),
            ),
            question="curves",
        ),
        Text("why"),
        Question("predicting"),
        Compare(
            (
                Row(
                    N_("Without: validation loss above training loss by"),
                    N_("curves only: overfits"),
                    "gap",
                    "train",
                    "without",
                ),
                Row(
                    N_("With: validation loss above training loss by"),
                    N_("curves only: overfits less"),
                    "gap",
                    "train",
                    "with",
                ),
                Row(N_("Without: validation loss at the end"), N_("not said"), "loss", "train", "without"),
                Row(N_("With: validation loss at the end"), N_("not said"), "loss", "train", "with"),
            )
        ),
    ),
)
