"""Generate the script's code for the data: loading, splitting, label noise and augmentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.errors import fill
from cnnlab.export.keras_script_set import reading_code
from cnnlab.i18n.marks import N_, Translate
from cnnlab.training.augmentation_layers import keras_layers
from cnnlab.training.spec import Augmentation, TrainingSpec

_KERAS_DATA = "(x_train, y_train), (x_test, y_test) = keras.datasets.{name}.load_data()"
_HELD_BACK = """
order = np.random.RandomState(42).permutation(len(x))
x, y = x[order], y[order]
x_train, y_train, x_test, y_test = x[:-{test_size}], y[:-{test_size}], x[-{test_size}:], y[-{test_size}:]"""
_SHUFFLED = """
places = np.random.RandomState(1).permutation(28 * 28)
x_train, x_test = x_train.reshape(-1, 28 * 28)[:, places], x_test.reshape(-1, 28 * 28)[:, places]"""
_LOADING: Mapping[str, str] = MappingProxyType(
    {
        "mnist-5k": "x, y = mnist_data()" + _HELD_BACK,
        "digits-8x8": """x, y = load_digits(return_X_y=True)
x = np.rint(x * (255 / 16))"""
        + _HELD_BACK,
        "mnist": _KERAS_DATA.format(name="mnist"),
        "fashion-mnist": _KERAS_DATA.format(name="fashion_mnist"),
        "cifar-10": _KERAS_DATA.format(name="cifar10"),
        "mnist-5k-shuffled": "x, y = mnist_data()" + _HELD_BACK + _SHUFFLED,
        "mnist-shuffled": _KERAS_DATA.format(name="mnist") + _SHUFFLED,
    }
)
"""Dataset -> the code that loads x_train, y_train, x_test, y_test with pixels from 0 to 255."""


def data_code(training: TrainingSpec, translate: Translate, dataset: DatasetInfo | None = None) -> str:
    """Return code that loads x_train, y_train, x_test, y_test (and x_val, y_val for a split), as `split` does.

    Args:
        dataset: the dataset that `training` names; None for a built-in one.
    """
    info = dataset or DATASETS[training.dataset]
    loading = _LOADING.get(training.dataset, "").format(test_size=info.test_size)
    lines = [reading_code(info, translate) if info.own else loading]
    shape = ", ".join(map(str, info.input_shape))
    lines += [f'x_{part} = x_{part}.reshape(-1, {shape}).astype("float32") / 255' for part in ("train", "test")]
    if training.dataset == "cifar-10":
        lines.append("y_train, y_test = y_train.ravel(), y_test.ravel()")
    if training.classes:
        comment = translate(N_("only these are used"))
        lines.append(f"classes = {list(training.classes)}  # {comment}")
        for part in ("train", "test"):
            lines.append(f"used = np.isin(y_{part}, classes)")
            lines.append(f"x_{part}, y_{part} = x_{part}[used], y_{part}[used]")
            if info.own and part == "train":
                lines.append("is_val = is_val[used]")
    if training.train_size:
        lines.append(f"x_train, y_train = x_train[:{training.train_size}], y_train[:{training.train_size}]")
        lines += [f"is_val = is_val[:{training.train_size}]"] if info.own else []
    if training.validation == "split":
        lines.append(_holding_out(training, info))
    if training.label_noise:
        used = "classes" if training.classes else len(info.class_names)
        comment = translate(N_("Replace this share of the labels with random ones."))
        lines += [
            f"# {comment}",
            f"noisy = round({training.label_noise} * len(y_train))",
            f"random = np.random.RandomState({training.seed})",
            f"y_train[random.permutation(len(y_train))[:noisy]] = random.choice({used}, noisy)",
        ]
    if training.drawings:
        name = json.dumps(training.drawings, ensure_ascii=False)
        comment = fill(translate(N_("The collection {name}, downloaded from the Draw page.")), {"name": name})
        lines += [
            f"# {comment}",
            'with np.load("drawings.npz") as kept:',
            '    x_train = np.concatenate([x_train, kept["x"].astype("float32") / 255])',
            '    y_train = np.concatenate([y_train, kept["y"]])',
        ]
    if training.class_weights == "balanced":
        comment = translate(N_("An image of a rare class counts more: all classes together count the same."))
        lines += [
            f"# {comment}",
            f"counts = np.bincount(y_train, minlength={len(info.class_names)})",
            "class_weight = {",
            "    label: len(y_train) / (np.count_nonzero(counts) * count) if count else 1.0",
            "    for label, count in enumerate(counts)",
            "}",
        ]
    if training.loss == "categorical_crossentropy":
        parts = ("train", "val", "test") if training.validation == "split" else ("train", "test")
        classes = len(info.class_names)
        lines += [f"y_{part} = keras.utils.to_categorical(y_{part}, {classes})" for part in parts]
    return "\n".join(lines)


def _holding_out(training: TrainingSpec, info: DatasetInfo) -> str:
    """Return code that splits off the validation images: an image set's own, or a random share."""
    if info.own:
        return "x_val, y_val = x_train[is_val], y_train[is_val]\nx_train, y_train = x_train[~is_val], y_train[~is_val]"
    return (
        "x_train, x_val, y_train, y_val = train_test_split(\n"
        f"    x_train, y_train, test_size={training.validation_split}, random_state={training.random_state}\n)"
    )


_ALONE = N_("Random numbers depend only on the batch, however many batches are prepared in parallel.")
_BATCH_SEED = """class BatchSeed(keras.random.SeedGenerator):
    # {comment}
    def __init__(self, seed):
        self.seed, self.drawn = seed, 0

    def next(self, ordered=True):
        self.drawn += 1
        return tf.stack([self.seed, self.drawn])"""


def augmentation_code(training: TrainingSpec, translate: Translate) -> str:
    """Return code that makes `batches` of augmented training images, as `augment` does; empty without augmentation."""
    augmentation = training.augmentation
    if augmentation == Augmentation():
        return ""
    layers = []
    for name, arguments in keras_layers(augmentation):
        written = {argument: literal(value) for argument, value in arguments.items()}
        if name == "RandomRotation":
            written["factor"] = f"{number(augmentation.rotation)} / 360"
        if training.precision != "float32":
            written["dtype"] = literal("float32")
        layers.append(f"    keras.layers.{name}({_joined(written)}),")
    change = ["    images, seed = tf.gather(all_images, places), BatchSeed(number)"]
    if layers:
        change += [
            "    for layer in layers:",
            "        images = layer.transform_images(images, layer.get_random_transformation(images, seed=seed))",
        ]
    if augmentation.noise:
        change.append(f"    images += keras.random.normal(tf.shape(images), stddev={augmentation.noise}, seed=seed)")
    parts = [
        *(["\n".join(["layers = [", *layers, "]"])] if layers else []),
        _BATCH_SEED.format(comment=translate(_ALONE)),
        "\n".join(["def batch(places, number):", *change, "    return images, tf.gather(all_labels, places)"]),
        "\n".join(
            [
                "all_images, all_labels = tf.constant(x_train), tf.constant(y_train)",
                "order = tf.data.Dataset.range(len(x_train)).shuffle(len(x_train), seed="
                f"{training.seed}).batch({training.batch_size})",
                f"numbers = tf.data.Dataset.random(seed={training.seed}, rerandomize_each_iteration=True)",
                "batches = tf.data.Dataset.zip(order, numbers).map(batch, num_parallel_calls=tf.data.AUTOTUNE)",
                "batches = batches.prefetch(tf.data.AUTOTUNE)",
            ]
        ),
    ]
    return "\n\n\n".join(parts)


def _joined(arguments: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def literal(value: object) -> str:
    """Return a value as Python code."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def number(value: float) -> str:
    """Return a number as Python code, without a needless decimal point."""
    return str(int(value)) if value == int(value) else repr(value)
