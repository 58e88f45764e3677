"""Lesson: what the neurons look at."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.lessons.networks import two_convolutions
from cnnlab.network.layers import MaxPooling2D
from cnnlab.training.recipes import RECIPES

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
                Setup("plain", N_("Dense, original digits"), _DENSE.network, _DENSE.training),
                Setup(
                    "shuffled",
                    N_("Dense, shuffled pixels"),
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
                Setup("plain", N_("CNN, original digits"), _CNN, _CNN_TRAINING),
                Setup(
                    "shuffled",
                    N_("CNN, shuffled pixels"),
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
                    N_("Dense network, shuffled pixels"), N_("expected to be the same"), "accuracy", "train", "shuffled"
                ),
                Row(N_("CNN"), N_("not tested"), "accuracy", "cnn", "plain"),
                Row(N_("CNN, shuffled pixels"), N_("not tested"), "accuracy", "cnn", "shuffled"),
            )
        ),
    ),
)
