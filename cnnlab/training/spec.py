"""TrainingSpec: all settings of a training run, as a plain value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cnnlab.datasets import DATASETS, is_image_set
from cnnlab.errors import TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.network.precision import Precision

Optimizer = Literal["Adam", "SGD", "RMSprop", "AdamW"]
Loss = Literal["categorical_crossentropy", "sparse_categorical_crossentropy"]
Validation = Literal["split", "test"]
Schedule = Literal["constant", "step", "exponential", "cosine"]
Snapshots = Literal["all", "epochs", "none"]
ClassWeights = Literal["none", "balanced"]

FORMAT: Literal[1] = 1

MAX_LETTERS = 60
"""Maximum length of the name of a collection of drawings."""


class Augmentation(BaseModel):
    """Random changes of the training images in every epoch. Names follow Keras's layers; 0: no change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shift: float = Field(
        0.0,
        title=N_("Shift"),
        ge=0,
        le=0.5,
        description=N_("Shift by up to this fraction of the height and width (RandomTranslation)."),
    )
    rotation: float = Field(
        0.0, title=N_("Rotation"), ge=0, le=180, description=N_("Rotate by up to this many degrees (RandomRotation).")
    )
    zoom: float = Field(
        0.0, title=N_("Zoom"), ge=0, le=0.5, description=N_("Enlarge or shrink by up to this fraction (RandomZoom).")
    )
    shear: float = Field(
        0.0, title=N_("Shear"), ge=0, le=0.5, description=N_("Slant by up to this fraction (RandomShear).")
    )
    noise: float = Field(
        0.0,
        title=N_("Noise"),
        ge=0,
        le=1,
        description=N_("Add noise with this standard deviation, for pixels from 0 to 1 (GaussianNoise)."),
    )
    flip_horizontal: bool = Field(
        False, title=N_("Horizontal flip"), description=N_("Flip half of the images horizontally (RandomFlip).")
    )
    flip_vertical: bool = Field(
        False, title=N_("Vertical flip"), description=N_("Flip half of the images vertically (RandomFlip).")
    )
    cutout: float = Field(
        0.0,
        title=N_("Cutout"),
        ge=0,
        le=0.5,
        description=N_("Erase a box of up to this fraction of the image (RandomErasing)."),
    )


class TrainingSpec(BaseModel):
    """Settings of a training run. Field names are those of Keras and scikit-learn where they exist.

    The same network and settings on the same machine give the same history. Changing a default requires a new `FORMAT`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    version: Literal[1] = FORMAT

    dataset: str = Field("mnist-5k", title=N_("Dataset"), description=N_("The images that the network learns from."))
    train_size: int | None = Field(
        None,
        title=N_("Training images"),
        ge=20,
        le=60_000,
        description=N_("Number of training images to use; empty: all."),
    )
    validation: Validation = Field(
        "split",
        title=N_("Validation data"),
        description=N_(
            "split: hold out a part of the training images for validation; test: validate on the test "
            "set, as some of the notes do."
        ),
    )
    validation_split: float = Field(
        0.2,
        title=N_("Validation split"),
        ge=0.05,
        le=0.5,
        description=N_("Fraction of the training images held out for validation."),
    )
    random_state: int = Field(
        42, title=N_("Split seed"), ge=0, le=2**31 - 1, description=N_("Random seed of the train/validation split.")
    )
    drawings: str = Field(
        "",
        title=N_("Added drawings"),
        max_length=MAX_LETTERS,
        description=N_("Collection of saved drawings to add to the training images; empty: none."),
    )
    optimizer: Optimizer = Field("Adam", title=N_("Optimizer"), description=N_("Algorithm that updates the weights."))
    learning_rate: float = Field(
        0.001, title=N_("Learning rate"), gt=0, le=100, description=N_("Step size of the optimizer.")
    )
    schedule: Schedule = Field(
        "constant",
        title=N_("Schedule"),
        description=N_(
            "How the learning rate changes over time: step and exponential multiply it by the decay "
            "factor repeatedly; cosine warms up, then falls to zero."
        ),
    )
    decay_rate: float = Field(
        0.5,
        title=N_("Decay factor"),
        gt=0,
        le=1,
        description=N_("Factor that the learning rate is multiplied by (step, exponential)."),
    )
    decay_epochs: float = Field(
        5.0,
        title=N_("Epochs per decay"),
        gt=0,
        le=1000,
        description=N_("Epochs between multiplications (step, exponential)."),
    )
    warmup_epochs: float = Field(
        1.0,
        title=N_("Warm-up epochs"),
        ge=0,
        le=100,
        description=N_("Epochs in which the learning rate rises from zero (cosine)."),
    )
    momentum: float = Field(
        0.0,
        title=N_("Momentum"),
        ge=0,
        lt=1,
        description=N_("Fraction of the previous step that is kept (SGD, RMSprop)."),
    )
    weight_decay: float = Field(
        0.004, title=N_("Weight decay"), ge=0, le=1, description=N_("Strength of the decay toward zero (AdamW).")
    )
    batch_size: int = Field(128, title=N_("Batch size"), ge=1, le=10_000, description=N_("Images per weight update."))
    epochs: int = Field(10, title=N_("Epochs"), ge=1, le=1000, description=N_("Passes over the training images."))
    loss: Loss = Field(
        "sparse_categorical_crossentropy",
        title=N_("Loss function"),
        description=N_("Both measure the same error; the categorical one takes one-hot labels."),
    )
    early_stopping: bool = Field(
        False,
        title=N_("Early stopping"),
        description=N_("Stop once the validation loss has not improved for several epochs."),
    )
    patience: int = Field(2, title=N_("Patience"), ge=0, le=100, description=N_("Epochs to wait without improvement."))
    restore_best_weights: bool = Field(
        True, title=N_("Restore best weights"), description=N_("Restore the weights of the best epoch at the end.")
    )
    save_best: bool = Field(
        False,
        title=N_("Save best weights"),
        description=N_("Also save the weights of the epoch with the lowest validation loss."),
    )
    seed: int = Field(
        1,
        title=N_("Random seed"),
        ge=0,
        le=2**31 - 1,
        description=N_("Seed of the initial weights, the order of the images and dropout."),
    )

    reduce_on_plateau: bool = Field(
        False,
        title=N_("Reduce learning rate"),
        description=N_(
            "Multiply the learning rate by the reduction factor once the validation loss has not "
            "improved for several epochs (constant schedule only)."
        ),
    )
    plateau_factor: float = Field(
        0.5,
        title=N_("Reduction factor"),
        gt=0,
        lt=1,
        description=N_("Factor that the learning rate is then multiplied by."),
    )
    plateau_patience: int = Field(
        2, title=N_("Plateau patience"), ge=1, le=100, description=N_("Epochs to wait without improvement before that.")
    )
    augmentation: Augmentation = Field(
        Augmentation(),
        title=N_("Augmentation"),
        description=N_("Random changes to the training images, different in every epoch."),
    )
    classes: tuple[int, ...] = Field(
        (),
        title=N_("Classes"),
        max_length=1000,
        description=N_("Use only images of these classes; empty: all classes."),
    )
    class_weights: ClassWeights = Field(
        "none",
        title=N_("Class weights"),
        description=N_(
            "balanced: an image of a rare class counts more for the training loss (class_weight), so that all classes "
            "together count the same. The validation loss stays as it is."
        ),
    )
    label_noise: float = Field(
        0.0,
        title=N_("Label noise"),
        ge=0,
        le=1,
        description=N_("Fraction of the training labels to replace with random ones, as an experiment."),
    )
    precision: Precision = Field(
        "float32",
        title=N_("Numeric precision"),
        description=N_(
            "Number format for computing: mixed_bfloat16 is faster if the CPU supports it; otherwise float32 is used."
        ),
    )
    steps_per_execution: int = Field(
        1,
        title=N_("Batches per call"),
        ge=1,
        le=1000,
        description=N_("Batches per call into TensorFlow; reports come only in between."),
    )
    watch: bool = Field(
        True,
        title=N_("Diagnostics"),
        description=N_(
            "After each epoch, record the confusion matrix, weights, updates, units that never fire, and timing."
        ),
    )

    snapshots: Snapshots = Field(
        "all",
        title=N_("Snapshots"),
        description=N_(
            "Snapshots of the weights to keep: all (every epoch, and batches of the first one), epochs, "
            "or none. They take at most 100 MB."
        ),
    )

    def replace(self, **changes: Any) -> TrainingSpec:
        """Return a validated copy with `changes`."""
        return TrainingSpec.model_validate({**dict(self), **changes})

    @property
    def optimizer_arguments(self) -> dict[str, float]:
        """Return the optimizer's arguments except the learning rate."""
        match self.optimizer:
            case "SGD" | "RMSprop":
                return {"momentum": self.momentum}
            case "AdamW":
                return {"weight_decay": self.weight_decay}
        return {}

    def checked(self) -> TrainingSpec:
        """Return the spec itself if its dataset is a built-in one, or an image set (which a Lab may not have).

        Raises:
            TrainingError: there is no such dataset.
        """
        if self.dataset not in DATASETS and not is_image_set(self.dataset):
            raise TrainingError(
                N_("There is no dataset called “{dataset}”; expected one of {known}."),
                N_("Choose a dataset from the list."),
                dataset=self.dataset,
                known=", ".join(DATASETS),
            )
        return self
