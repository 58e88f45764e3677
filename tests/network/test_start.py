"""Networks that start from a trained one: which layers fit, what edits keep of the weights, and what freezing takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cnnlab.errors import NetworkError
from cnnlab.export import share_code
from cnnlab.network import editing, transfer
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.kernel_transplant import add_kernel, as_kernel
from cnnlab.network.layers import (
    LAYERS,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.network.summary import summarize
from cnnlab.training.spec import TrainingSpec

SOURCE = NetworkSpec(
    name="source",
    input_shape=(8, 8, 1),
    layers=(
        Conv2D(filters=4, activation="relu", trainable=False, kernels=(((1.0,),),)),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dropout(rate=0.2),
        Dense(units=12, activation="relu"),
        Dense(units=4, activation="softmax"),
    ),
)
BEGUN = transfer.start_from(SOURCE, "abc", (3, 0), (8, 8, 1), 5)


def test_a_network_with_a_new_head() -> None:
    assert BEGUN.name == "source-new-head"
    # Trained weights replace hand-designed kernels, and the start says what is frozen.
    assert BEGUN.layers == (
        Conv2D(filters=4, activation="relu"),
        *SOURCE.layers[1:6],
        Dense(units=5, activation="softmax"),
    )
    assert BEGUN.start == Start(run="abc", epoch=3, taken=3, frozen=3)
    assert BEGUN.taken == BEGUN.frozen == (0, 1, 5)


def test_layers_of_images_of_another_size() -> None:
    assert transfer.most_taken(SOURCE, (8, 8, 1)) == 3
    assert transfer.most_taken(SOURCE, (12, 12, 1)) == 2
    assert transfer.most_taken(SOURCE, (8, 8, 3)) == 0
    # The second convolution's window is larger than what is left of 2 × 2.
    deep = SOURCE.replace(input_shape=(12, 12, 1), layers=(*SOURCE.layers[:3], *SOURCE.layers[:3], *SOURCE.layers[3:]))
    assert (transfer.most_taken(deep, (14, 14, 1)), transfer.most_taken(deep, (6, 6, 1))) == (4, 2)
    assert transfer.most_taken(NetworkSpec(), (8, 8, 1)) == 0
    larger = transfer.start_from(SOURCE, "abc", (3, 0), (12, 12, 1), 5)
    assert [layer.kind for layer in larger.layers] == [
        "Conv2D", "BatchNormalization", "MaxPooling2D", "Flatten", "Dropout", "Dense",
    ]  # fmt: skip
    with pytest.raises(NetworkError, match="trained on images of 8×8×1, but the dataset has 8×8×3"):
        transfer.start_from(SOURCE, "abc", (3, 0), (8, 8, 3), 5)


def test_fewer_layers_get_a_head_that_fits() -> None:
    one = transfer.start_from(SOURCE, "abc", (0, 7), (8, 8, 1), 5, taken=1, frozen=0)
    assert [layer.kind for layer in one.layers] == ["Conv2D", "Flatten", "Dense"]
    assert one.start == Start(run="abc", epoch=0, step=7, taken=1, frozen=0)


def test_json_and_links_keep_it_and_old_ones_stay_as_they_were() -> None:
    content = json.loads(BEGUN.to_json())
    assert content["start"] == {"run": "abc", "epoch": 3, "taken": 3, "frozen": 3}
    assert NetworkSpec.from_json(BEGUN.to_json()) == BEGUN
    assert share_code.decode(share_code.encode(BEGUN, TrainingSpec()))[0] == BEGUN
    assert "start" not in json.loads(SOURCE.to_json())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frozen": 4}, "“start” should be at most 3"),
        ({"taken": 0}, "“start.taken” should be at least 1; received 0."),
        ({"run": ""}, "“start.run”"),
        ({"color": 1}, "Unknown field “start.color”."),
        ({"taken": 5}, "starts 5 layers with the weights of another network, but only 4 have any"),
    ],
)
def test_nonsense_in_a_file(changes: dict[str, Any], message: str) -> None:
    content = json.loads(BEGUN.to_json())
    content["start"] |= changes
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_content(content)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("edited", "taken"),
    [
        (editing.insert(BEGUN, 3, Dropout()), 3),
        (editing.remove(BEGUN, 4), 3),
        (editing.update_layer(BEGUN, 0, activation="tanh"), 3),
        (editing.update_layer(BEGUN, 6, units=9), 3),
        # From the first layer whose weights have another form on, nothing fits any more.
        (editing.update_layer(BEGUN, 0, padding="same"), 2),
        (editing.update_layer(BEGUN, 5, units=13), 2),
        (editing.insert(BEGUN, 5, Dense(units=3)), 2),
        (BEGUN.replace(input_shape=(12, 12, 1)), 2),
        (editing.remove(BEGUN, 1), 1),
        (add_kernel(BEGUN, 0, as_kernel(KERNELS["sobel-vertical"].array)), None),
        (editing.update_layer(BEGUN, 0, filters=5), None),
        (BEGUN.replace(input_shape=(8, 8, 3)), None),
        (BEGUN.replace(layers=()), None),
    ],
)
def test_edits_keep_the_weights_that_fit(edited: NetworkSpec, taken: int | None) -> None:
    assert (edited.start.taken if edited.start else None) == taken
    assert edited.start is None or edited.start.frozen == taken


def test_a_mistake_in_between_loses_nothing() -> None:
    # The pooling does not fit, so the shapes below it are not known.
    broken = editing.insert(BEGUN, 2, MaxPooling2D(pool_size=9))
    assert summarize(broken).error and broken.start == BEGUN.start
    assert editing.remove(broken, 2) == BEGUN


def test_locks() -> None:
    trained_on = transfer.toggle(BEGUN, 1)
    assert trained_on.frozen == (0,)
    assert transfer.toggle(trained_on, 5).frozen == (0, 1, 5)
    assert transfer.freeze(BEGUN, 0).frozen == ()


def test_parameters_that_are_trained_and_that_are_not() -> None:
    rows = summarize(BEGUN).rows
    assert [row.trainable.value for row in rows] == [0, 0, 0, 0, 0, 0, 65]
    assert [row.non_trainable.value for row in rows] == [40, 16, 0, 0, 0, 444, 0]
    assert summarize(transfer.freeze(BEGUN, 1)).trainable == 8 + 444 + 65


def test_what_never_changes() -> None:
    # Dropout is random even between frozen layers, as in Keras.
    assert transfer.unchanging(BEGUN) == 4
    assert transfer.unchanging(editing.remove(BEGUN, 4)) == 5
    assert transfer.unchanging(transfer.freeze(BEGUN, 1)) == 1
    assert transfer.unchanging(transfer.freeze(BEGUN, 0)) == 0
    pooled = NetworkSpec(input_shape=(8, 8, 1), layers=(MaxPooling2D(), Flatten(), Dense(units=5)))
    assert transfer.unchanging(pooled) == 0


def test_what_each_choice_takes() -> None:
    none, first, second, third = transfer.choices(BEGUN, 100, augmented=False)
    assert (none.frozen, none.last, none.trainable, none.unchanged) == (0, None, 40 + 8 + 444 + 65, 8)
    assert (first.last, second.last, third.last) == (0, 1, 5)
    assert (third.trainable, third.unchanged) == (65, 500)
    # The convolution: 6 × 6 positions, 3 × 3 weights, 4 filters; normalization: 6 × 6 × 4 values.
    assert (none.once, first.once, second.once, third.once) == (0, 1296, 1440, 1440)
    assert all(choice.once + choice.every_epoch == 1440 + 36 * 12 + 12 * 5 for choice in (none, first, second, third))
    assert [choice.once for choice in transfer.choices(BEGUN, 100, augmented=True)] == [0, 0, 0, 0]


def test_features_that_are_too_large_are_not_kept() -> None:
    summary = summarize(BEGUN)
    most = transfer.MAX_FEATURE_BYTES // (4 * 36)
    assert transfer.feature_bytes(BEGUN, summary, 10) == 4 * 36 * 10
    assert transfer.computed_once(BEGUN, summary, most, augmented=False) == 4
    assert transfer.computed_once(BEGUN, summary, most + 1, augmented=False) == 0


def test_every_layer_says_whether_it_has_weights() -> None:
    for kind, layer in LAYERS.items():
        for shape in ((8, 8, 3), (12,)):
            try:
                layer.model_validate({}).output_shape(shape)
            except NetworkError:
                continue
            assert bool(layer.model_validate({}).weights(shape).value) == layer.has_weights, kind


def test_a_head_after_global_pooling_needs_no_flatten() -> None:
    source = NetworkSpec(
        input_shape=(8, 8, 1),
        layers=(Conv2D(filters=4), GlobalAveragePooling2D(), Dense(units=3, activation="softmax")),
    )
    network = transfer.start_from(source, "abc", (1, 0), (9, 7, 1), 5)
    assert [layer.kind for layer in network.layers] == ["Conv2D", "GlobalAveragePooling2D", "Dense"]
