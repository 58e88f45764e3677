"""Images changed at random: what each change does to a picture, and that the same settings give the same history."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from cnnlab.datasets import load, scaled
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.augment import augmented, batches
from cnnlab.training.augmentation_layers import keras_layers
from cnnlab.training.events import Epoch
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import Trained, train

SPEC = TrainingSpec(dataset="digits-8x8", train_size=200, batch_size=60, epochs=2)
ALL = Augmentation(
    shift=0.2, rotation=20, zoom=0.2, shear=0.2, noise=0.1, flip_horizontal=True, flip_vertical=True, cutout=0.2
)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).random((100, 9, 7, 3), np.float32)


def epoch_of(data: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """All images and labels of one epoch."""
    parts = [(x.numpy(), y.numpy()) for x, y in data]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def test_no_augmentation_is_the_identity(images: np.ndarray) -> None:
    np.testing.assert_array_equal(augmented(images, Augmentation(), 3), images)


@pytest.mark.parametrize(
    "change",
    [
        {"shift": 0.5},
        {"rotation": 180.0},
        {"zoom": 0.5},
        {"shear": 0.5},
        {"flip_horizontal": True},
        {"flip_vertical": True},
        {"cutout": 0.5},
    ],
)
def test_form_and_range_stay_and_every_image_has_a_change_of_its_own(
    images: np.ndarray, change: dict[str, float]
) -> None:
    wanted = Augmentation.model_validate(change)
    found = augmented(images, wanted, 3)
    assert (found.shape, found.dtype) == (images.shape, np.float32)
    assert found.min() >= 0 and found.max() <= 1
    assert not np.array_equal(found, images)
    np.testing.assert_array_equal(augmented(images, wanted, 3), found)
    assert not np.array_equal(augmented(images, wanted, 4), found)
    same = augmented(np.repeat(images[:1], 20, axis=0), wanted, 3)
    assert len({one.tobytes() for one in same}) > 1


@pytest.mark.parametrize(("change", "axis"), [("flip_horizontal", 2), ("flip_vertical", 1)])
def test_a_flipped_image_is_the_image_or_its_mirror_image(images: np.ndarray, change: str, axis: int) -> None:
    found = augmented(images, Augmentation.model_validate({change: True}), 3)
    as_it_was = (found == images).all(axis=(1, 2, 3))
    mirrored = (found == np.flip(images, axis)).all(axis=(1, 2, 3))
    assert (as_it_was ^ mirrored).all()
    assert 30 <= mirrored.sum() <= 70


def test_both_flips_are_drawn_apart(images: np.ndarray) -> None:
    found = augmented(images, Augmentation(flip_horizontal=True, flip_vertical=True), 3)
    ways = [images, np.flip(images, 1), np.flip(images, 2), np.flip(images, (1, 2))]
    counts = [int((found == way).all(axis=(1, 2, 3)).sum()) for way in ways]
    assert sum(counts) == 100 and min(counts) >= 10


def test_a_shift_moves_a_dot_both_ways_by_no_more_than_its_share() -> None:
    dots = np.zeros((200, 21, 21, 1), np.float32)
    dots[:, 10, 10] = 1
    found = augmented(dots, Augmentation(shift=0.2), 3)
    places = np.array([ndimage.center_of_mass(one[:, :, 0]) for one in found]) - 10
    # 0.2 of 21 pixels.
    assert np.abs(places).max() <= 4.2 + 1e-3
    assert (places.min(axis=0) < -3.5).all() and (places.max(axis=0) > 3.5).all()
    # Height and width are drawn apart.
    assert abs(np.corrcoef(places.T)[0, 1]) < 0.3
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), 1, atol=1e-4)


def test_a_turn_is_as_far_as_it_says() -> None:
    """A dot to the right of the middle goes round it, by up to 30 degrees to either side."""
    dots = np.zeros((200, 21, 21, 1), np.float32)
    dots[:, 10, 18] = 1
    found = augmented(dots, Augmentation(rotation=30), 3)
    places = np.array([ndimage.center_of_mass(one[:, :, 0]) for one in found]) - 10
    angles = np.degrees(np.arctan2(places[:, 0], places[:, 1]))
    np.testing.assert_allclose(np.hypot(*places.T), 8, atol=0.5)
    assert -32 < angles.min() < -25 and 25 < angles.max() < 32


def test_what_comes_in_from_outside_is_black() -> None:
    white = np.ones((50, 8, 8, 1), np.float32)
    for change in ({"shift": 0.5}, {"rotation": 90.0}, {"zoom": 0.5}, {"shear": 0.5}):
        found = augmented(white, Augmentation.model_validate(change), 3)
        assert found.min() == 0, change


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    grey = np.full((200, 20, 20, 1), 0.5, np.float32)
    noise = augmented(grey, Augmentation(noise=0.1), 3) - 0.5
    assert abs(float(noise.mean())) < 0.002
    assert float(noise.std()) == pytest.approx(0.1, rel=0.02)


def test_cutout_blanks_a_box_of_up_to_its_share() -> None:
    white = np.ones((200, 20, 20, 1), np.float32)
    found = augmented(white, Augmentation(cutout=0.25), 3)[..., 0]
    shares = (found == 0).mean(axis=(1, 2))
    assert 0.15 < shares.max() <= 0.25 + 0.05  # whole pixels
    assert (shares > 0).mean() > 0.9
    for one in found:
        rows, columns = np.flatnonzero((one == 0).any(axis=1)), np.flatnonzero((one == 0).any(axis=0))
        box = one[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] if len(rows) else one[:0]
        assert (box == 0).all()


def test_every_layer_is_one_of_keras_in_the_documented_order() -> None:
    names = [name for name, _ in keras_layers(ALL)]
    assert names == [
        *("RandomFlip", "RandomFlip", "RandomShear", "RandomRotation", "RandomZoom", "RandomTranslation"),
        "RandomErasing",
    ]
    for name, arguments in keras_layers(ALL):
        getattr(keras.layers, name)(**arguments)
    assert keras_layers(Augmentation(noise=0.1)) == []


@pytest.mark.parametrize("one_hot", [False, True])
def test_every_epoch_has_every_image_with_its_label_in_another_order(one_hot: bool) -> None:
    x = np.arange(100, dtype=np.float32)[:, None, None, None].repeat(4, axis=1).repeat(4, axis=2)
    labels = np.arange(100) % 10
    y = np.eye(10, dtype=np.float32)[labels] if one_hot else labels
    # Mirroring such pictures changes nothing, so that they can be told from each other.
    data = batches(x, y, SPEC.replace(augmentation={"flip_horizontal": True}))
    assert [len(part) for part, _ in data] == [60, 40]
    assert int(data.cardinality()) == 2
    orders = []
    for _ in range(2):
        found_x, found_y = epoch_of(data)
        numbers = found_x[:, 0, 0, 0].astype(int)
        assert sorted(numbers) == list(range(100))
        np.testing.assert_array_equal(found_y, y[numbers])
        assert found_y.dtype == y.dtype
        orders.append(numbers.tolist())
    assert orders[0] != orders[1] and orders[0] != list(range(100))


def test_the_same_settings_give_the_same_batches_and_each_epoch_others() -> None:
    x, y = scaled(load("digits-8x8").x_train[:100]), np.arange(100)
    spec = SPEC.replace(augmentation=ALL, batch_size=7)

    def seen(begun: int, seed: int = 1) -> list[np.ndarray]:
        data = batches(x, y, spec.replace(seed=seed), begun)
        epochs = [epoch_of(data) for _ in range(2)]
        # In the order of the images, so that only their changes are compared.
        return [images[labels.argsort()] for images, labels in epochs]

    keras.utils.set_random_seed(1)
    first, second = seen(0)
    assert not np.array_equal(first, second)
    keras.utils.set_random_seed(1)
    again = seen(0)
    np.testing.assert_array_equal(first, again[0])
    np.testing.assert_array_equal(second, again[1])
    for other in (seen(1)[0], seen(0, seed=3)[0]):
        assert not np.array_equal(first, other)
        assert not np.array_equal(second, other)


def test_two_trainings_have_the_same_history(tiny: NetworkSpec) -> None:
    spec = SPEC.replace(augmentation=ALL, loss="categorical_crossentropy")

    def history(**changes: object) -> list[tuple[float, float]]:
        return figures(train(tiny, spec.replace(**changes), load("digits-8x8")))

    first = history()
    assert history() == first
    assert history(augmentation=Augmentation(shift=0.2)) != first
    assert history(seed=2) != first


def test_a_resumed_run_is_repeatable_too(tiny: NetworkSpec, tmp_path: Path) -> None:
    spec = SPEC.replace(augmentation=ALL, epochs=1)
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        train(tiny, spec, load("digits-8x8"), folder=tmp_path / name)
        found.append(figures(train(tiny, spec.replace(epochs=2), load("digits-8x8"), folder=tmp_path / name)))
    assert found[0] == found[1] and len(found[0]) == 2


def test_validation_images_are_never_changed(tiny: NetworkSpec) -> None:
    dataset = load("digits-8x8")
    trained = train(tiny, SPEC.replace(augmentation=ALL, validation="test"), dataset)
    loss, accuracy = trained.model.evaluate(scaled(dataset.x_test), dataset.y_test, verbose=0)
    last = trained.epochs[-1]
    assert (last.val_loss, last.val_accuracy) == pytest.approx((loss, accuracy), rel=1e-5)


def figures(trained: Trained) -> list[tuple[float, float]]:
    def of(epoch: Epoch) -> tuple[float, float]:
        return epoch.loss, epoch.val_loss

    return [of(epoch) for epoch in trained.epochs]
