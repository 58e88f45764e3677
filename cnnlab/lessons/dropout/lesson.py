"""Lesson: dropout."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

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
                    N_("Without dropout: validation loss − training loss"),
                    N_("curves only: overfits"),
                    "gap",
                    "train",
                    "without",
                ),
                Row(
                    N_("With dropout: validation loss − training loss"),
                    N_("curves only: overfits less"),
                    "gap",
                    "train",
                    "with",
                ),
                Row(N_("Without dropout: final validation loss"), N_("not reported"), "loss", "train", "without"),
                Row(N_("With dropout: final validation loss"), N_("not reported"), "loss", "train", "with"),
            )
        ),
    ),
)
