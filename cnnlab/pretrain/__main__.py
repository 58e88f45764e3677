"""`python -m cnnlab.pretrain STROKES`: train the built-in networks and print their accuracies. Needs TensorFlow.

The networks learn from augmented MNIST training digits and pen strokes of twenty writers. The strokes of ten other
writers are used only to measure the printed accuracies. The 1,000 test images of `mnist-5k` are excluded too, so that
the app can evaluate the networks on them offline.
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

from cnnlab import datasets
from cnnlab.network.build import build
from cnnlab.network.layers import AnyLayer, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from cnnlab.network.precision import has_bfloat16
from cnnlab.network.spec import NetworkSpec
from cnnlab.pretrain.augment import image_variant, make_variants, stroke_variant
from cnnlab.pretrain.pen_strokes import CONDITIONS, Condition, PenDigit, draw_digit, read_strokes
from cnnlab.runs import builtin
from cnnlab.settings import from_environment
from cnnlab.training import snapshots
from cnnlab.training.spec import TrainingSpec
from cnnlab.vision.digit_preprocessing import to_digit

SEED = 2026
HELD_OUT = range(21, 31)
"""Writers whose digits were used neither for training nor for choosing hyperparameters."""
IMAGE_SETS, STROKE_SETS = 8, 20
"""Number of variants per MNIST digit, and per pen-written digit."""
STROKE_SETS_PER_EPOCH = 4
"""Sets of pen-written digits per epoch, in addition to one set of MNIST digits."""
LABEL_SMOOTHING = 0.02
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
"""Has as many parameters as NETWORK, within 0.1%."""
TRAININGS = {
    builtin.ID: (NETWORK, TrainingSpec(epochs=24, batch_size=256, learning_rate=0.003)),
    builtin.DENSE: (DENSE, TrainingSpec(epochs=12, batch_size=256, learning_rate=0.002)),
}


class _Variants(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of an epoch: one set of MNIST variants and some of pen-written variants, different in each epoch."""

    def __init__(
        self, images: Sequence[tuple[np.ndarray, np.ndarray]], strokes: Sequence[tuple[np.ndarray, np.ndarray]],
        batch_size: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self._images, self._strokes, self._batch_size = images, strokes, batch_size
        self._random, self._epoch = np.random.default_rng(SEED), 0
        self._load_epoch()

    def _load_epoch(self) -> None:
        first = self._epoch * STROKE_SETS_PER_EPOCH
        sets = [self._images[self._epoch % len(self._images)]]
        sets += [self._strokes[(first + k) % len(self._strokes)] for k in range(STROKE_SETS_PER_EPOCH)]
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
        self._load_epoch()


def _train(network: NetworkSpec, training: TrainingSpec, batches: _Variants) -> keras.Model:
    """Train with warm-up, cosine decay and weight decay, and keep the moving average of the weights."""
    keras.utils.set_random_seed(SEED)
    steps = len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / 20, steps * (training.epochs - 1), 0.002, warmup_target=training.learning_rate,
        warmup_steps=steps,
    )  # fmt: skip
    model = build(network, "mixed_bfloat16" if has_bfloat16() else "float32")
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=0.01, use_ema=True, ema_momentum=0.998),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=LABEL_SMOOTHING),
        metrics=["accuracy"],
    )
    model.fit(batches, epochs=training.epochs, verbose=2)
    return model


def _predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the predicted classes (n,) for images float32 (n, 28, 28, 1)."""
    predictions: np.ndarray = model.predict(images, batch_size=500, verbose=0).argmax(axis=1)
    return predictions


def _accuracy(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    return float((_predict(model, images) == labels).mean())


def _prepared(digits: list[PenDigit], condition: Condition) -> np.ndarray:
    """Return network inputs float32 (n, 28, 28, 1) of digits drawn under a condition."""
    images = [to_digit(draw_digit(digit, condition, seed)).image for seed, digit in enumerate(digits)]
    return np.stack(images)[..., np.newaxis]


def _keep(folder: Path, model: keras.Model, epochs: int, facts: dict[str, Any]) -> Path:
    """Save half-precision weights, which are as accurate and half the size, and the facts about them."""
    weights = {
        layer.name: tuple(array.astype(np.float16) for array in layer.get_weights())
        for layer in model.layers
        if layer.weights
    }
    moment = snapshots.Moment(epochs)
    folder.mkdir(parents=True, exist_ok=True)
    snapshots.save(folder, moment, weights)
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    (folder / builtin.FACTS).write_text(f"{text}\n", encoding="utf-8")
    return folder / "snapshots" / moment.file


def _without(x: np.ndarray, y: np.ndarray, left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint8 (n, 28, 28, 1) and labels, without the images that are also in `left_out`."""
    excluded = {image.tobytes() for image in left_out}
    kept = np.array([image.tobytes() not in excluded for image in x])
    return x[kept], y[kept]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cnnlab.pretrain", description="Train the built-in networks.")
    parser.add_argument("strokes", type=Path, help="digits written with a pen, in UNIPEN's form (plain or gzip)")
    parser.add_argument("--output", type=Path, default=builtin.FOLDER, help="where the networks go")
    parser.add_argument("--writers", type=int, default=HELD_OUT.start - 1, help="learn from writers 1 to this one only")
    parser.add_argument("--test-writers", type=int, nargs=2, default=(HELD_OUT.start, HELD_OUT.stop - 1))
    arguments = parser.parse_args()
    start = time.time()
    digits = read_strokes(arguments.strokes)
    learned = [digit for digit in digits if digit.writer <= arguments.writers]
    first, last = arguments.test_writers
    tested = [digit for digit in digits if first <= digit.writer <= last]
    mnist, small = (datasets.load(name, from_environment()) for name in ("mnist", "mnist-5k"))
    x, y = _without(mnist.x_train, mnist.y_train, small.x_test)
    labels = np.array([digit.label for digit in learned])
    print(f"learning from {len(x)} digits of MNIST and {len(learned)} written ones", flush=True)
    images = [(make_variants(image_variant, x[..., 0], SEED + k), y) for k in range(IMAGE_SETS)]
    strokes = [(make_variants(stroke_variant, learned, SEED + 100 + k), labels) for k in range(STROKE_SETS)]
    print(f"variants made: {time.time() - start:.0f} s", flush=True)
    tests = {"mnist_test": (datasets.scaled(mnist.x_test), mnist.y_test)}
    written_labels = np.array([digit.label for digit in tested])
    tests |= {condition.name: (_prepared(tested, condition), written_labels) for condition in CONDITIONS}
    for name, (network, training) in TRAININGS.items():
        model = _train(network, training, _Variants(images, strokes, training.batch_size))
        figures = {test: _accuracy(model, *shown) for test, shown in tests.items()}
        facts = {
            "network": json.loads(network.to_json()),
            "training": json.loads(training.model_dump_json()),
            "made": round(start),
            "accuracy": figures,
            "data": CREDIT,
        }
        file = _keep(arguments.output / name, model, training.epochs, facts)
        print(f"{name}: {model.count_params()} parameters, {file.stat().st_size} bytes")
        for condition, accuracy in figures.items():
            print(f"pretrain.{name}.{condition} {100 * accuracy:.2f} %")
    print(f"pretrain.seconds {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
