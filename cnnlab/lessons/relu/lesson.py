"""Lesson: ReLU vs. sigmoid."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

_SETUPS = tuple(
    Setup(name, title, RECIPES[recipe].network, RECIPES[recipe].training)
    for name, title, recipe in (
        ("relu", N_("With ReLU"), "mlp-relu"),
        ("sigmoid", N_("With sigmoid"), "mlp-sigmoid"),
    )
)

LESSON = Lesson(
    3,
    (
        Text("curves"),
        Widget("slopes", "activations"),
        Question("faster", after="train"),
        Experiment("train", _SETUPS, question="faster"),
        Text("why"),
        Question("dead"),
        Compare(
            (
                Row(
                    N_("Sigmoid: accuracy after the first epoch"),
                    "sigmoid_first_accuracy",
                    "first_accuracy",
                    "train",
                    "sigmoid",
                ),
                Row(
                    N_("ReLU: accuracy after the first epoch"), "relu_first_accuracy", "first_accuracy", "train", "relu"
                ),
                Row(N_("Sigmoid: final accuracy"), "sigmoid_accuracy", "accuracy", "train", "sigmoid"),
                Row(N_("ReLU: final accuracy"), "relu_accuracy", "accuracy", "train", "relu"),
                Row(N_("Sigmoid: final loss"), "sigmoid_loss", "loss", "train", "sigmoid"),
                Row(N_("ReLU: final loss"), "relu_loss", "loss", "train", "relu"),
            )
        ),
    ),
)
