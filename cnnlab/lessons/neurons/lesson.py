"""Lesson: what the neurons look at."""

from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.lessons.networks import two_convolutions
from cnnlab.marks import N_
from cnnlab.network.layers import MaxPooling2D
from cnnlab.network.recipes import RECIPES

_DENSE = RECIPES["mlp-relu"]
_CNN = two_convolutions("two-convolutions-pooled", MaxPooling2D())
_CNN_TRAINING = RECIPES["conv-8"].training.replace(epochs=10)

LESSON = Lesson(
    4,
    (
        Text("weights"),
        Widget("digit", "shuffled"),
        Question("dense", after="train"),
        Experiment(
            "train",
            (
                Setup("plain", N_("Dense, digits as they are"), _DENSE.network, _DENSE.training),
                Setup(
                    "shuffled",
                    N_("Dense, pixels shuffled"),
                    _DENSE.network,
                    _DENSE.training.replace(dataset="mnist-shuffled"),
                ),
            ),
            question="dense",
        ),
        Widget("pictures", "neurons", of="train"),
        Question("convolution", after="cnn"),
        Experiment(
            "cnn",
            (
                Setup("plain", N_("CNN, digits as they are"), _CNN, _CNN_TRAINING),
                Setup(
                    "shuffled",
                    N_("CNN, pixels shuffled"),
                    _CNN,
                    _CNN_TRAINING.replace(dataset="mnist-shuffled"),
                ),
            ),
            question="convolution",
        ),
        Text("why"),
        Compare(
            (
                Row(N_("Dense network"), "relu_accuracy", "accuracy", "train", "plain"),
                Row(
                    N_("Dense network, pixels shuffled"), N_("expected to be the same"), "accuracy", "train", "shuffled"
                ),
                Row(N_("CNN"), N_("not tried"), "accuracy", "cnn", "plain"),
                Row(N_("CNN, pixels shuffled"), N_("not tried"), "accuracy", "cnn", "shuffled"),
            )
        ),
    ),
)
