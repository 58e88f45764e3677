"""TrainingSpec: everything that decides how a network is trained, as a plain value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cnnlab.datasets import DATASETS
from cnnlab.errors import TrainingError
from cnnlab.marks import N_

Optimizer = Literal["Adam", "SGD", "RMSprop", "AdamW"]
Loss = Literal["categorical_crossentropy", "sparse_categorical_crossentropy"]
Validation = Literal["split", "test"]
Schedule = Literal["constant", "step", "exponential", "cosine"]
Snapshots = Literal["all", "epochs", "none"]
Precision = Literal["float32", "mixed_bfloat16"]

FORMAT: Literal[1] = 1

MOST_LETTERS = 60
"""Of the name of a collection of drawings."""


class Augmentation(BaseModel):
    """How training images are changed at random, anew in every epoch. Names follow Keras's layers; 0: not at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shift: float = Field(
        0.0, ge=0, le=0.5, description=N_("Moved by up to this share of the height and width (RandomTranslation).")
    )
    rotation: float = Field(0.0, ge=0, le=180, description=N_("Turned by up to so many degrees (RandomRotation)."))
    zoom: float = Field(0.0, ge=0, le=0.5, description=N_("Made larger or smaller by up to this share (RandomZoom)."))
    shear: float = Field(0.0, ge=0, le=0.5, description=N_("Slanted by up to this share (RandomShear)."))
    noise: float = Field(
        0.0, ge=0, le=1, description=N_("Noise of this standard deviation, for pixels from 0 to 1 (GaussianNoise).")
    )
    flip_horizontal: bool = Field(False, description=N_("Every other one mirrored, left and right (RandomFlip)."))
    flip_vertical: bool = Field(False, description=N_("Every other one upside down (RandomFlip)."))
    cutout: float = Field(
        0.0, ge=0, le=0.5, description=N_("A box of up to this share of the picture is blanked out (RandomErasing).")
    )


class TrainingSpec(BaseModel):
    """How a network is trained. Field names are Keras's and scikit-learn's where they have one.

    Same network, same spec, same machine: same history. A default never changes without a new `FORMAT`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    version: Literal[1] = FORMAT

    dataset: str = Field("mnist-5k", description=N_("The images that the network learns from."))
    train_size: int | None = Field(
        None,
        ge=20,
        le=60_000,
        description=N_("Use only so many of the training images; empty: all of them."),
    )
    validation: Validation = Field(
        "split",
        description=N_(
            "split: a part of the training images is kept aside for validation; test: the test set is used, "
            "as some of the notes do."
        ),
    )
    validation_split: float = Field(
        0.2,
        ge=0.05,
        le=0.5,
        description=N_("The share of the training images that is kept aside for validation."),
    )
    random_state: int = Field(
        42,
        ge=0,
        le=2**31 - 1,
        description=N_("The number that decides which images are kept aside."),
    )
    drawings: str = Field(
        "",
        max_length=MOST_LETTERS,
        description=N_("A collection of kept drawings that is added to the training images; empty: none."),
    )
    optimizer: Optimizer = Field("Adam", description=N_("The rule by which the weights are changed."))
    learning_rate: float = Field(0.001, gt=0, le=100, description=N_("How far one step of the optimizer goes."))
    schedule: Schedule = Field(
        "constant",
        description=N_(
            "How the learning rate changes: step and exponential multiply it by decay_rate every decay_epochs; "
            "cosine warms up, then goes down to zero."
        ),
    )
    decay_rate: float = Field(
        0.5, gt=0, le=1, description=N_("What the learning rate is multiplied by (step, exponential).")
    )
    decay_epochs: float = Field(
        5.0, gt=0, le=1000, description=N_("After how many epochs it is multiplied once more (step, exponential).")
    )
    warmup_epochs: float = Field(
        1.0, ge=0, le=100, description=N_("In how many epochs the learning rate rises from zero (cosine).")
    )
    momentum: float = Field(0.0, ge=0, lt=1, description=N_("How much of the last step is kept (SGD and RMSprop)."))
    weight_decay: float = Field(0.004, ge=0, le=1, description=N_("How strongly weights are pulled to zero (AdamW)."))
    batch_size: int = Field(
        128,
        ge=1,
        le=10_000,
        description=N_("How many images are looked at before the weights are changed once."),
    )
    epochs: int = Field(10, ge=1, le=1000, description=N_("How many times all training images are gone through."))
    loss: Loss = Field(
        "sparse_categorical_crossentropy",
        description=N_("Both measure the same error; the categorical one takes one-hot labels."),
    )
    early_stopping: bool = Field(
        False, description=N_("Stop when the validation loss has not improved for some epochs.")
    )
    patience: int = Field(2, ge=0, le=100, description=N_("How many epochs without improvement are waited for."))
    restore_best_weights: bool = Field(True, description=N_("At the end, go back to the weights of the best epoch."))
    save_best: bool = Field(
        False, description=N_("Keep the weights of the epoch with the lowest validation loss as well.")
    )
    seed: int = Field(
        1,
        ge=0,
        le=2**31 - 1,
        description=N_("The number that decides the first weights, the order of the images and the dropout."),
    )

    reduce_on_plateau: bool = Field(
        False,
        description=N_(
            "Multiply the learning rate by plateau_factor when the validation loss has not improved for some epochs "
            "(constant schedule only)."
        ),
    )
    plateau_factor: float = Field(0.5, gt=0, lt=1, description=N_("What the learning rate is then multiplied by."))
    plateau_patience: int = Field(
        2, ge=1, le=100, description=N_("How many epochs without improvement are waited for before that.")
    )
    augmentation: Augmentation = Field(
        Augmentation(), description=N_("How training images are changed at random, anew in every epoch.")
    )
    classes: tuple[int, ...] = Field(
        (), max_length=1000, description=N_("Only images of these classes are used; empty: all of them.")
    )
    label_noise: float = Field(
        0.0,
        ge=0,
        le=1,
        description=N_("The share of the training images whose label is replaced by a random one: an experiment."),
    )
    precision: Precision = Field(
        "float32",
        description=N_(
            "The numbers that are computed with: mixed_bfloat16 is quicker where the processor multiplies such "
            "numbers by itself; elsewhere float32 is used."
        ),
    )
    steps_per_execution: int = Field(
        1, ge=1, le=1000, description=N_("How many batches are trained in one go, without a look in between.")
    )
    watch: bool = Field(
        True,
        description=N_(
            "After each epoch, look inside: confusion matrix, weights, updates, units that never fire, times."
        ),
    )

    snapshots: Snapshots = Field(
        "all",
        description=N_(
            "Which weights are kept for the time machine: all (every epoch, and batches of the first), epochs, or "
            "none. They take at most 100 MB."
        ),
    )

    def replace(self, **changes: Any) -> TrainingSpec:
        """A copy with other fields, validated."""
        return TrainingSpec.model_validate({**dict(self), **changes})

    @property
    def optimizer_arguments(self) -> dict[str, float]:
        """Those of the settings that this optimizer takes, besides the learning rate."""
        match self.optimizer:
            case "SGD" | "RMSprop":
                return {"momentum": self.momentum}
            case "AdamW":
                return {"weight_decay": self.weight_decay}
        return {}

    def checked(self) -> TrainingSpec:
        """The spec itself, if its dataset is known.

        Raises:
            TrainingError: there is no such dataset.
        """
        if self.dataset not in DATASETS:
            raise TrainingError(
                N_("There is no dataset called “{dataset}”; expected one of {known}."),
                N_("Choose a dataset from the list."),
                dataset=self.dataset,
                known=", ".join(DATASETS),
            )
        return self
