"""Lesson: the full network."""

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Row, Setup, Text, Widget
from cnnlab.training.recipes import RECIPES

_RECIPE = RECIPES["full"]
_FAST = _RECIPE.training.replace(
    schedule="cosine", learning_rate=0.004, warmup_epochs=1.0, batch_size=256, epochs=4, precision="mixed_bfloat16"
)

LESSON = Lesson(
    9,
    (
        Text("layers"),
        Question("size"),
        Text("rate"),
        Question("beat", after="train"),
        Experiment(
            "train",
            (
                Setup(
                    "fast",
                    N_("With a learning-rate schedule"),
                    _RECIPE.network,
                    _FAST,
                    small={"batch_size": 32, "epochs": 6},
                ),
                Setup("notes", N_("As in the notes"), _RECIPE.network, _RECIPE.training),
            ),
            question="beat",
        ),
        Widget("answers", "answers", of="train"),
        Text("why"),
        Compare(
            (
                Row(N_("As in the notes: accuracy"), "full_accuracy", "accuracy", "train", "notes"),
                Row(N_("As in the notes: loss"), "full_loss", "loss", "train", "notes"),
                Row(N_("As in the notes: seconds"), "full_seconds", "seconds", "train", "notes"),
                Row(N_("With a schedule: accuracy"), N_("not tested"), "accuracy", "train", "fast"),
                Row(N_("With a schedule: seconds"), N_("not tested"), "seconds", "train", "fast"),
            )
        ),
    ),
)
