"""Lesson: the whole workflow, on images of clothes."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

_RECIPE = RECIPES["fashion"]
_PART = 6000
"""Number of images that two processor cores can train on within a minute."""

LESSON = Lesson(
    10,
    (
        Text("plan"),
        Question("split"),
        Text("stopping"),
        Question("stop", after="train"),
        Experiment(
            "train",
            (Setup("fashion", N_("The whole workflow"), _RECIPE.network, _RECIPE.training),),
            question="stop",
            part_size=_PART,
        ),
        Widget("bars", "prediction", of="train"),
        Question("sure"),
        Widget("seal", "seal", of="train"),
        Question("again"),
        Compare(
            (
                Row(N_("Epochs trained"), "fashion_epochs", "epochs", "train", "fashion"),
                Row(N_("Validation loss"), "fashion_val_loss", "loss", "train", "fashion"),
                Row(N_("Validation accuracy"), "fashion_val_accuracy", "accuracy", "train", "fashion"),
                Row(N_("Test accuracy"), "fashion_test_accuracy", "test_accuracy", "train", "fashion"),
            )
        ),
    ),
)
