"""`python -m cnnlab.pretrain STROKES`: train the built-in networks and print how well they read. Needs TensorFlow.

The network learns from MNIST's training digits and from the pen strokes of twenty people, both in ever new variants;
ten other people's strokes are used for nothing but the figures that are printed. The thousand images that `mnist-5k`
keeps for testing are left out too, so that the app can test the network on them without a network connection.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cnnlab import builtin, datasets
from cnnlab.drawing import to_digit
from cnnlab.network.build import build
from cnnlab.network.layers import AnyLayer, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.pretrain.augment import image_variant, many, stroke_variant
from cnnlab.settings import from_environment
from cnnlab.strokes import CONDITIONS, Condition, Writing, read_strokes, written
from cnnlab.training import snapshots
from cnnlab.training.precision import has_bfloat16
from cnnlab.training.spec import TrainingSpec

SEED = 2026
HELD_OUT = range(21, 31)
"""Writers whose digits nothing is learned from and nothing was chosen by."""
IMAGE_SETS, STROKE_SETS = 8, 20
"""So many variants are made of each digit of MNIST, and of each written one."""
STROKES_AN_EPOCH = 4
"""Sets of written digits that stand beside one set of MNIST's in an epoch."""
SMOOTHING = 0.02
CREDIT = (
    "MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0); pen strokes: UCI Pen-Based Recognition of Handwritten Digits "
    "(Alpaydin and Alimoglu; CC BY 4.0), writers 1 to 20"
)


def _convolution(filters: int) -> tuple[AnyLayer, AnyLayer]:
    return Conv2D(filters=filters, activation="relu"), BatchNormalization()


NETWORK = NetworkSpec(
    name="built-in",
    input_shape=(28, 28, 1),
    layers=(
        *_convolution(32), *_convolution(32), MaxPooling2D(), *_convolution(64), *_convolution(64), MaxPooling2D(),
        Flatten(), Dropout(rate=0.4), Dense(units=128, activation="relu"), Dropout(rate=0.4),
        Dense(units=10, activation="softmax"),
    ),
)  # fmt: skip
DENSE = NetworkSpec(
    name="built-in-dense",
    input_shape=(28, 28, 1),
    layers=(Flatten(), Dense(units=249, activation="relu"), Dropout(rate=0.3), Dense(units=10, activation="softmax")),
)
"""As many parameters as NETWORK, to one part in a thousand."""
TRAININGS = {
    builtin.ID: (NETWORK, TrainingSpec(epochs=24, batch_size=256, learning_rate=0.003)),
    builtin.DENSE: (DENSE, TrainingSpec(epochs=12, batch_size=256, learning_rate=0.002)),
}


class _Variants(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of an epoch: one set of MNIST's variants and some of the written ones', others in each epoch."""

    def __init__(
        self, images: Sequence[tuple[np.ndarray, np.ndarray]], strokes: Sequence[tuple[np.ndarray, np.ndarray]],
        batch_size: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self._images, self._strokes, self._batch_size = images, strokes, batch_size
        self._random, self._epoch = np.random.default_rng(SEED), 0
        self._begin()

    def _begin(self) -> None:
        first = self._epoch * STROKES_AN_EPOCH
        sets = [self._images[self._epoch % len(self._images)]]
        sets += [self._strokes[(first + k) % len(self._strokes)] for k in range(STROKES_AN_EPOCH)]
        x, y = (np.concatenate(part) for part in zip(*sets, strict=True))
        order = self._random.permutation(len(x))
        self._x, self._y = x[order], y[order]

    def __len__(self) -> int:
        return math.ceil(len(self._x) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(index * self._batch_size, (index + 1) * self._batch_size)
        return datasets.scaled(self._x[part, :, :, np.newaxis]), np.eye(10, dtype=np.float32)[self._y[part]]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._begin()


def _train(network: NetworkSpec, training: TrainingSpec, batches: _Variants) -> keras.Model:
    """Warm-up and cosine, decayed weights, and in the end the moving average of the weights."""
    keras.utils.set_random_seed(SEED)
    steps = len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / 20, steps * (training.epochs - 1), 0.002, warmup_target=training.learning_rate,
        warmup_steps=steps,
    )  # fmt: skip
    model = build(network, "mixed_bfloat16" if has_bfloat16() else "float32")
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.01, use_ema=True, ema_momentum=0.998),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING),
        metrics=["accuracy"],
    )
    model.fit(batches, epochs=training.epochs, verbose=2)
    return model


def _reads(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Answers (n,) for images float32 (n, 28, 28, 1)."""
    answers: np.ndarray = model.predict(images, batch_size=500, verbose=0).argmax(axis=1)
    return answers


def _accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    return float((_reads(model, images) == labels).mean())


def _as_shown(writings: list[Writing], condition: Condition) -> np.ndarray:
    """What a network is shown of digits that are drawn under a condition, float32 (n, 28, 28, 1)."""
    digits = [to_digit(written(writing, condition, seed)).image for seed, writing in enumerate(writings)]
    return np.stack(digits)[..., np.newaxis]


def _keep(folder: Path, model: keras.Model, epochs: int, facts: dict[str, Any]) -> Path:
    """Half-precision weights, which read as well and take half the room, and what is known of them."""
    weights = {
        layer.name: tuple(array.astype(np.float16) for array in layer.get_weights())
        for layer in model.layers
        if layer.weights
    }
    moment = snapshots.Moment(epochs)
    folder.mkdir(parents=True, exist_ok=True)
    snapshots.keep(folder, moment, weights)
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    (folder / builtin.FACTS).write_text(f"{text}\n", encoding="utf-8")
    return folder / "snapshots" / moment.file


def _without(x: np.ndarray, y: np.ndarray, left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (n, 28, 28, 1) and labels without those that are also in `left_out`."""
    unwanted = {image.tobytes() for image in left_out}
    kept = np.array([image.tobytes() not in unwanted for image in x])
    return x[kept], y[kept]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cnnlab.pretrain", description="Train the built-in networks.")
    parser.add_argument("strokes", type=Path, help="digits written with a pen, in UNIPEN's form (plain or gzip)")
    parser.add_argument("--output", type=Path, default=builtin.FOLDER, help="where the networks go")
    parser.add_argument("--writers", type=int, default=HELD_OUT.start - 1, help="learn from writers 1 to this one only")
    parser.add_argument("--test-writers", type=int, nargs=2, default=(HELD_OUT.start, HELD_OUT.stop - 1))
    asked = parser.parse_args()
    began = time.time()
    writings = read_strokes(asked.strokes)
    learned = [writing for writing in writings if writing.writer <= asked.writers]
    first, last = asked.test_writers
    tested = [writing for writing in writings if first <= writing.writer <= last]
    mnist, small = (datasets.load(name, from_environment()) for name in ("mnist", "mnist-5k"))
    x, y = _without(mnist.x_train, mnist.y_train, small.x_test)
    labels = np.array([writing.label for writing in learned])
    print(f"learning from {len(x)} digits of MNIST and {len(learned)} written ones", flush=True)
    images = [(many(image_variant, x[..., 0], SEED + k), y) for k in range(IMAGE_SETS)]
    strokes = [(many(stroke_variant, learned, SEED + 100 + k), labels) for k in range(STROKE_SETS)]
    print(f"variants made: {time.time() - began:.0f} s", flush=True)
    tests = {"mnist_test": (datasets.scaled(mnist.x_test), mnist.y_test)}
    written_labels = np.array([writing.label for writing in tested])
    tests |= {condition.name: (_as_shown(tested, condition), written_labels) for condition in CONDITIONS}
    for name, (network, training) in TRAININGS.items():
        model = _train(network, training, _Variants(images, strokes, training.batch_size))
        figures = {test: _accuracy(model, *shown) for test, shown in tests.items()}
        facts = {
            "network": json.loads(network.to_json()),
            "training": json.loads(training.model_dump_json()),
            "made": round(began),
            "accuracy": figures,
            "data": CREDIT,
        }
        file = _keep(asked.output / name, model, training.epochs, facts)
        print(f"{name}: {model.count_params()} parameters, {file.stat().st_size} bytes")
        for condition, accuracy in figures.items():
            print(f"pretrain.{name}.{condition} {100 * accuracy:.2f} %")
    print(f"pretrain.seconds {time.time() - began:.0f} s")


if __name__ == "__main__":
    main()
