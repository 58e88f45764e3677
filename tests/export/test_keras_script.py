"""The script and the notebook, run without the Lab and held against the Lab's own training."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnlab.datasets import DATASETS, load, scaled
from cnnlab.export.keras_script import START_FILE, layer_code, notebook, script, sections
from cnnlab.lab.start_weights import pack
from cnnlab.network import transfer
from cnnlab.network.build import keras_layer
from cnnlab.network.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    Layer,
    LayerNormalization,
    SeparableConv2D,
    SpatialDropout2D,
    ZeroPadding2D,
)
from cnnlab.network.precision import has_bfloat16
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training import drawings_file
from cnnlab.training.initial_state import InitialState
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import train
from tests.network.networks import layers

SOFTMAX = Dense(units=10, activation="softmax")
SMALL = NetworkSpec(
    name="small", input_shape=(8, 8, 1), layers=(Conv2D(filters=2, activation="relu"), Flatten(), SOFTMAX)
)
MIXED = NetworkSpec(
    name="mixed",
    input_shape=(8, 8, 1),
    layers=(
        ZeroPadding2D(padding=(1, 2)),
        GaussianNoise(),
        Conv2D(filters=4, kernel_size=(3, 2), use_bias=False),
        BatchNormalization(momentum=0.9),
        Activation(activation="leaky_relu"),
        SpatialDropout2D(rate=0.1),
        DepthwiseConv2D(depth_multiplier=2, padding="same"),
        LayerNormalization(epsilon=1e-5),
        AveragePooling2D(pool_size=(2, 1)),
        SeparableConv2D(filters=6, activation="gelu"),
        GlobalAveragePooling2D(),
        Dropout(rate=0.2),
        SOFTMAX,
    ),
)
DIGITS = TrainingSpec(dataset="digits-8x8", train_size=300, batch_size=64, epochs=3)

EDGES = (((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0)), ((0.11111111, -0.3),) * 2)
BEGUN = NetworkSpec(
    name="begun",
    input_shape=(8, 8, 1),
    layers=(
        Conv2D(filters=3, kernel_size=5, padding="same", activation="relu", kernels=EDGES[:1], trainable=False),
        BatchNormalization(),
        Conv2D(filters=3, kernel_size=(4, 2), kernels=EDGES[1:]),
        Flatten(),
        SOFTMAX,
    ),
)

RUNS: dict[str, tuple[NetworkSpec, TrainingSpec]] = {
    "conv-8": (
        RECIPES["conv-8"].network,
        RECIPES["conv-8"].training.replace(dataset="mnist-5k", epochs=1, batch_size=500, seed=7),
    ),
    "fashion": (
        RECIPES["fashion"].network,
        TrainingSpec(train_size=250, batch_size=50, epochs=3, early_stopping=True, patience=1, save_best=True),
    ),
    "stopped-early": (
        SMALL,
        DIGITS.replace(learning_rate=1.0, epochs=9, early_stopping=True, patience=0, batch_size=20),
    ),
    "best-not-taken": (
        SMALL,
        DIGITS.replace(
            optimizer="RMSprop",
            momentum=0.5,
            learning_rate=0.1,
            schedule="step",
            decay_epochs=2,
            save_best=True,
            restore_best_weights=False,
        ),
    ),
    "cosine": (
        SMALL,
        DIGITS.replace(
            optimizer="SGD", momentum=0.9, learning_rate=0.1, schedule="cosine", warmup_epochs=1 / 3, validation="test"
        ),
    ),
    "begun": (BEGUN, DIGITS),
    "drawings": (
        RECIPES["mlp-relu"].network,
        TrainingSpec(train_size=200, batch_size=50, epochs=1, drawings="a class’s own\n1 / 0"),
    ),
    "exponential": (
        MIXED,
        DIGITS.replace(
            optimizer="AdamW",
            schedule="exponential",
            decay_epochs=1.2345678,
            loss="categorical_crossentropy",
            train_size=120,
            epochs=2,
        ),
    ),
    "class-weights": (
        SMALL,
        DIGITS.replace(class_weights="balanced", classes=(8, 1, 3), loss="categorical_crossentropy"),
    ),
    "wrong-labels": (SMALL, DIGITS.replace(label_noise=0.4, classes=(8, 1, 3), seed=5)),
    "wrong-labels-test": (
        SMALL,
        DIGITS.replace(
            label_noise=0.25, validation="test", train_size=200, classes=(0, 9), loss="categorical_crossentropy"
        ),
    ),
    "plateau": (
        SMALL,
        DIGITS.replace(learning_rate=0.3, epochs=6, reduce_on_plateau=True, plateau_factor=0.1, plateau_patience=1),
    ),
    "augmented": (
        MIXED,
        DIGITS.replace(
            augmentation=Augmentation(
                shift=0.1,
                rotation=10,
                zoom=0.1,
                shear=0.1,
                noise=0.05,
                flip_horizontal=True,
                flip_vertical=True,
                cutout=0.1,
            ),
            seed=3,
        ),
    ),
    "noise-only": (
        SMALL,
        DIGITS.replace(augmentation=Augmentation(noise=0.2), label_noise=0.1, loss="categorical_crossentropy"),
    ),
    "together": (SMALL, DIGITS.replace(steps_per_execution=3)),
    "bfloat16": (MIXED, DIGITS.replace(precision="mixed_bfloat16", augmentation=Augmentation(shift=0.1))),
}
TRAINED = NetworkSpec(
    input_shape=(8, 8, 1),
    layers=(Dropout(rate=0.1), Conv2D(filters=3, activation="relu"), BatchNormalization(), Flatten(), Dense(units=4)),
)
RUNS["started"] = (transfer.freeze(transfer.start_from(TRAINED, "other", (2, 0), (8, 8, 1), 10), 1), DIGITS)
_random = np.random.default_rng(3)
WEIGHTS = {
    "conv2d": (_random.normal(size=(3, 3, 1, 3)), np.zeros(3)),
    "batch_normalization": tuple(_random.uniform(0.5, 1, (4, 3))),
}
"""What the first layers of "started" start with."""
if not has_bfloat16():
    # There the Lab computes in float32, and the script says when to leave the line out.
    del RUNS["bfloat16"]

_DRIVER = """
import json, os, sys
import keras

results = {}
for name, code in json.load(open(sys.argv[1])).items():
    keras.utils.clear_session()
    if os.path.exists("best.keras"):
        os.remove("best.keras")
    found = {"__name__": "__main__"}
    exec(compile(code, name, "exec"), found)
    results[name] = {
        "history": found["history"].history,
        "parameters": found["model"].count_params(),
        "layers": [layer.name for layer in found["model"].layers],
        "test": [found["loss"], found["accuracy"]],
    }
json.dump(results, open(sys.argv[2], "w"))
assert not any(name.split(".")[0] in ("cnnlab", "streamlit") for name in sys.modules)
"""


def cells(text: str) -> str:
    """A notebook's code, as it runs from top to bottom."""
    return "\n\n".join(cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a downloaded collection of drawings."""
    folder = tmp_path_factory.mktemp("kept")
    images = np.random.default_rng(1).integers(0, 256, (30, 28, 28, 1), dtype=np.uint8)
    drawings_file.save(folder, drawings_file.pack(images, np.arange(30) % 10))
    (folder / START_FILE).write_bytes(pack(WEIGHTS))
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, kept: Path) -> dict[str, Any]:
    """What all the scripts, and one notebook, come to in a process of their own."""
    folder = tmp_path_factory.mktemp("code")
    scripts = {name: script(network, training) for name, (network, training) in RUNS.items()}
    scripts["notebook"] = cells(notebook(*RUNS["cosine"]))
    (folder / "driver.py").write_text(_DRIVER)
    for file in (drawings_file.FILE, START_FILE):
        shutil.copy(kept / file, folder)
    (folder / "scripts.json").write_text(json.dumps(scripts))
    done = subprocess.run(
        [sys.executable, "driver.py", "scripts.json", "results.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # The numbers that people read are printed too.
    printed = re.findall(r"^test loss \d+\.\d{4}, test accuracy \d\.\d{4}$", done.stdout, re.MULTILINE)
    assert len(printed) == len(scripts)
    found: dict[str, Any] = json.loads(Path(folder / "results.json").read_text())
    return found


@pytest.mark.parametrize("name", RUNS)
def test_the_script_does_what_the_lab_does(results: dict[str, Any], name: str, kept: Path, tmp_path: Path) -> None:
    network, training = RUNS[name]
    dataset = load(training.dataset)
    keras.utils.clear_session()
    shutil.copy(kept / drawings_file.FILE, tmp_path)
    trained = train(
        network, training, dataset, folder=tmp_path, initial=InitialState(WEIGHTS if network.start else None)
    )
    summary, found = summarize(network), results[name]
    assert found["parameters"] == summary.parameters
    assert found["layers"] == [row.name for row in summary.rows]
    for figure in ("loss", "accuracy", "val_loss", "val_accuracy"):
        ours = [getattr(epoch, figure) for epoch in trained.epochs]
        assert ours == pytest.approx(found["history"][figure], rel=1e-6, abs=1e-6), figure
    used = np.isin(dataset.y_test, training.classes or range(10))
    labels = np.eye(10)[dataset.y_test] if training.loss == "categorical_crossentropy" else dataset.y_test
    tested = trained.model.evaluate(scaled(dataset.x_test[used]), labels[used], verbose=0)
    assert tested == pytest.approx(found["test"], rel=1e-5, abs=1e-5)
    if name == "stopped-early":
        assert trained.reason == "early"
    if name == "plateau":
        assert trained.epochs[-1].learning_rate < 0.3


def test_the_notebook_does_what_the_script_does(results: dict[str, Any]) -> None:
    assert results["notebook"] == results["cosine"]


@given(st.sampled_from(sorted(LAYERS)).flatmap(layers))
@settings(max_examples=60)
def test_a_layers_code_is_the_layer(layer: Layer) -> None:
    try:
        ours = keras_layer(layer, "x").get_config()
    except ValueError:
        assume(False)  # strides with a dilation; `shapes` refuses them
    assert eval(layer_code(layer), {"keras": keras}).get_config() | {"name": "x"} == ours


@pytest.mark.parametrize("kind", LAYERS)
def test_the_code_of_every_kind_of_layer(kind: str) -> None:
    layer = LAYERS[kind]()
    found = eval(layer_code(layer), {"keras": keras})
    assert found.get_config() | {"name": "x"} == keras_layer(layer, "x").get_config()


def test_kernels_are_written_after_the_network() -> None:
    text = script(BEGUN, DIGITS)
    assert "import keras\nimport numpy as np\nfrom sklearn.datasets import load_digits\n" in text
    assert 'Conv2D(filters=3, kernel_size=5, padding="same", activation="relu", trainable=False),' in text
    assert (
        "begin_with(\n    model.layers[0],\n    [\n        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],\n    ],\n)\n"
        "begin_with(\n    model.layers[2],\n    [\n        [[0.11111111, -0.3], [0.11111111, -0.3]],\n    ],\n)\n"
    ) in text
    assert text.index("model.summary()") < text.index("begin_with") < text.index("model.compile(")
    mnist = script(BEGUN.replace(input_shape=(28, 28, 1)), TrainingSpec(dataset="mnist"))
    assert mnist.count("import numpy as np") == text.count("import numpy as np") == 1


def test_without_kernels_nothing_is_said_of_them() -> None:
    text = script(SMALL, TrainingSpec(dataset="mnist"))
    assert "begin_with" not in text and "numpy" not in text and "trainable" not in text
    assert [len(sections(network, DIGITS)) for network in (SMALL, BEGUN)] == [6, 7]


def test_augmentation_is_written_as_people_write_it() -> None:
    text = script(SMALL, DIGITS.replace(augmentation=Augmentation(rotation=15, shift=0.1, cutout=0.2)))
    assert (
        "layers = [\n"
        '    keras.layers.RandomRotation(factor=15 / 360, fill_mode="constant"),\n'
        '    keras.layers.RandomTranslation(height_factor=0.1, width_factor=0.1, fill_mode="constant"),\n'
        "    keras.layers.RandomErasing(factor=(1.0, 1.0), scale=(0.0, 0.2), fill_value=0),\n"
        "]\n"
    ) in text
    assert "import tensorflow as tf" in text and "keras.random.normal" not in text
    assert (
        "    batches,\n    shuffle=False,  # already shuffled\n    validation_batch_size=64,\n" in text
        and "    batch_size" not in text
    )
    assert "import tensorflow" not in script(SMALL, DIGITS)


def test_a_plateau_is_for_a_constant_learning_rate() -> None:
    spec = DIGITS.replace(reduce_on_plateau=True)
    expected = 'keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2),'
    assert expected in script(SMALL, spec)
    assert "ReduceLROnPlateau" not in script(SMALL, spec.replace(schedule="cosine"))


def test_the_last_layer_computes_in_float32() -> None:
    text = script(SMALL, DIGITS.replace(precision="mixed_bfloat16"))
    assert 'keras.config.set_dtype_policy("mixed_bfloat16")' in text
    assert 'keras.layers.Dense(units=10, activation="softmax", dtype="float32"),' in text
    assert text.count("dtype=") == 1 and "dtype" not in script(SMALL, DIGITS)


def test_a_layer_is_written_as_people_write_it() -> None:
    assert layer_code(Conv2D(filters=8, padding="same", activation="relu")) == (
        'keras.layers.Conv2D(filters=8, kernel_size=3, padding="same", activation="relu")'
    )
    assert layer_code(Activation(activation="relu")) == 'keras.layers.Activation(activation="relu")'
    assert layer_code(Flatten()) == "keras.layers.Flatten()"
    assert layer_code(Dropout(rate=0.25)) == "keras.layers.Dropout(rate=0.25)"


LOADERS = {
    "mnist-5k": "= mnist_data()",
    "digits-8x8": "= load_digits(",
    "mnist": "keras.datasets.mnist.load_data()",
    "fashion-mnist": "keras.datasets.fashion_mnist.load_data()",
    "cifar-10": "keras.datasets.cifar10.load_data()",
    "mnist-5k-shuffled": "= mnist_data()",
    "mnist-shuffled": "keras.datasets.mnist.load_data()",
}


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("name", RECIPES)
def test_code_of_every_recipe_for_every_dataset(name: str, dataset: str) -> None:
    recipe = RECIPES[name]
    for training in (recipe.training, TrainingSpec(validation="test"), TrainingSpec(schedule="step", save_best=True)):
        text = script(recipe.network, training.replace(dataset=dataset))
        compile(text, name, "exec")
        assert LOADERS[dataset] in text
        assert sum(loader in text for loader in set(LOADERS.values())) == 1
        assert cells(notebook(recipe.network, training.replace(dataset=dataset))) == "\n\n".join(
            part.split("\n", 1)[1] for part in re.split(r"\n\n(?=# )|^(?=# )", text.strip()) if part
        )


@pytest.mark.parametrize("epochs", [0.1, 1 / 3, 123.4567, 7.0, 1e-7])
def test_a_schedules_length_loses_no_digit(epochs: float) -> None:
    text = script(SMALL, DIGITS.replace(schedule="exponential", decay_epochs=epochs))
    found = re.search(r"decay_steps=max\(round\((.+) \* steps\), 1\)", text)
    assert found and float(found[1]) == epochs
    assert epochs != 7.0 or found[1] == "7"


def test_headings_are_translated() -> None:
    korean = script(SMALL, DIGITS, lambda text: {"The network": "네트워크"}.get(text, text))
    assert "# 네트워크\nmodel = keras.Sequential(" in korean
    # So are the comments in the code.
    every = DIGITS.replace(
        precision="mixed_bfloat16",
        classes=(0, 1),
        label_noise=0.1,
        schedule="cosine",
        augmentation=Augmentation(shift=0.1),
    )
    starred = script(BEGUN, every.replace(drawings="a {b}"), lambda text: f"★ {text}")
    assert re.findall(r"# (?!★).*", starred) == []
    for comment in (
        '# ★ The collection "a {b}", downloaded from the Draw page.\n',
        "\n# ★ Faster on CPUs that support it natively; leave it out on others.\n"
        'keras.config.set_dtype_policy("mixed_bfloat16")\n',
        "  # ★ batches per epoch\n",
    ):
        assert comment in starred
    sources = [cell["source"] for cell in json.loads(notebook(SMALL, DIGITS, lambda text: "네트워크"))["cells"]]
    assert sources[0] == "## 네트워크"


def test_the_notebook_is_one() -> None:
    """The fields that nbformat 4.5's schema requires, and no others in a cell."""
    found = json.loads(notebook(SMALL, DIGITS))
    assert set(found) == {"nbformat", "nbformat_minor", "metadata", "cells"}
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert {"name", "display_name"} <= set(found["metadata"]["kernelspec"])
    ids = [cell["id"] for cell in found["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) for name in ids)
    for cell in found["cells"]:
        fields = {"id", "cell_type", "metadata", "source"}
        assert cell["cell_type"] in ("markdown", "code")
        assert set(cell) == fields | ({"outputs", "execution_count"} if cell["cell_type"] == "code" else set())
        assert isinstance(cell["source"], str) and cell["metadata"] == {}
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
