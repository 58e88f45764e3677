"""Runs on image sets, through the Lab's workers: trained, evaluated, taken along; and the set changed or deleted."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.datasets import load
from cnnlab.datasets.image_sets import ImageSet, Shape, Shares
from cnnlab.errors import CNNLabError, DatasetError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.fast_preset import fast
from cnnlab.training.recipes import FIRST_RECIPE, RECIPES, for_dataset
from cnnlab.training.spec import TrainingSpec
from tests.datasets.image_sets.made import image_file, noise, zip_file
from tests.waiting import ended

CLASSES = "왼쪽", "right"


@pytest.fixture
def lab(working_lab: Lab) -> Lab:
    return working_lab


def sided(seed: int, right: bool) -> bytes:
    """An image of 8×8 that is lighter on one side."""
    image = noise(seed) // 4
    image[:, 4:] += 150 if right else 0
    image[:, :4] += 0 if right else 150
    return image_file(image)


@pytest.fixture
def sides(lab: Lab, tmp_path: Path) -> ImageSet:
    """Two classes that are easy to tell apart."""
    files = {
        f"{name}/{k}.png": sided(1000 * label + k, label == 1) for label, name in enumerate(CLASSES) for k in range(40)
    }
    return lab.image_sets.create(
        zip_file(tmp_path / "sides.zip", files), name="Sides", shares=Shares(keep_together=False)
    )


def network(one: ImageSet) -> NetworkSpec:
    layers = Conv2D(filters=2, activation="relu"), Flatten(), Dense(units=2, activation="softmax")
    return NetworkSpec(input_shape=one.shape.input_shape, layers=layers)


def settings(one: ImageSet, **changes: object) -> TrainingSpec:
    return TrainingSpec(dataset=one.id, batch_size=8, epochs=4, learning_rate=0.02).replace(**changes)


def test_a_run_on_an_image_set(lab: Lab, sides: ImageSet) -> None:
    run = ended(lab, lab.runs.start(network(sides), settings(sides)), seconds=300)
    assert (run.state, run.error) == ("finished", None)
    # Labels are in the order of the set's classes.
    names = run.dataset.class_names
    assert (run.dataset.title, set(names), run.dataset.digest) == ("Sides", set(CLASSES), sides.digest)
    assert lab.datasets.since(run) == "same"
    # It was validated on the set's own part, whatever the share of the settings says.
    data, started = lab.datasets.get(sides.id), lab.runs.history(run.id).started
    assert data.validation is not None and started is not None
    assert (started.train_images, started.validation_images) == (len(data.x_train) - 12, 12)
    assert run.best_val_accuracy == 1
    moment = lab.snapshots.final(run.id)
    found = lab.evaluation.evaluate(run, moment, "validation")
    assert np.array_equal(found.images, data.x_train[data.validation])
    assert np.array_equal(found.labels, data.y_train[data.validation])
    tested = lab.evaluation.evaluate(run, moment, "test")
    assert np.array_equal(tested.labels, data.y_test) and tested.accuracy == 1
    neighbors = lab.inference.nearest(run, moment, data.x_test[0] / np.float32(255), 3)
    assert set(neighbors.labels.tolist()) == {int(data.y_test[0])}


def test_the_set_changes_after_the_run(lab: Lab, sides: ImageSet) -> None:
    run = ended(lab, lab.runs.start(network(sides), settings(sides, epochs=1)))
    before = lab.evaluation.evaluate(run, lab.snapshots.final(run.id), "test")
    lab.image_sets.change(sides.id, shares=Shares(test=0.3, keep_together=False, seed=5))
    assert lab.datasets.since(run) == "changed"
    # What the run was trained on is still known, and images are never those from before.
    assert run.dataset.digest == sides.digest
    after = lab.evaluation.evaluate(run, lab.snapshots.final(run.id), "test")
    assert (len(before.labels), len(after.labels)) == (12, 24)
    # It cannot go on: it would be validated on images that it has learned from.
    with pytest.raises(DatasetError, match="“Sides” has changed since this run was started"):
        lab.runs.add_epochs(run.id, 1)
    assert lab.runs.get(run.id).state == "finished"
    # A worker says so too: the set can change while a run waits.
    lab.store.requeue(run.id, lab.scheduler.owner, run.training.replace(epochs=2))
    lab.scheduler.wake()
    failed = ended(lab, run.id)
    assert failed.state == "failed" and "“Sides” has changed since this run was started" in str(failed.error)
    # A fork can.
    forked = ended(lab, lab.runs.fork(run.id, 1, settings(sides, epochs=1)))
    assert forked.state == "finished" and lab.datasets.since(forked) == "same"
    lab.image_sets.change(sides.id, shape=Shape(size=12, color=False))
    with pytest.raises(CNNLabError, match="12×12"):
        lab.evaluation.evaluate(run, lab.snapshots.final(run.id), "test")


def test_the_set_is_deleted_after_the_run(lab: Lab, sides: ImageSet) -> None:
    run = ended(lab, lab.runs.start(network(sides), settings(sides, epochs=1)))
    image = lab.datasets.get(sides.id).x_test[0] / np.float32(255)
    lab.image_sets.delete(sides.id)
    assert lab.datasets.since(run) == "gone"
    assert lab.runs.get(run.id).dataset.class_names == sides.class_names
    with pytest.raises(DatasetError, match="There is no image set"):
        lab.runs.add_epochs(run.id, 1)
    moment = lab.snapshots.final(run.id)
    assert lab.inference.probabilities(run, moment, image[np.newaxis]).shape == (1, 2)
    with pytest.raises(DatasetError, match="There is no image set"):
        lab.evaluation.evaluate(run, moment, "test")
    with pytest.raises(DatasetError, match="There is no image set"):
        lab.runs.start(network(sides), settings(sides))


def test_a_packed_run_opens_on_a_lab_that_lacks_the_set(lab: Lab, sides: ImageSet, tmp_path: Path) -> None:
    run = ended(lab, lab.runs.start(network(sides), settings(sides, epochs=1)))
    other = Lab(Settings(home=tmp_path / "other"), start_engine=False)
    opened = other.runs.get(other.imports.run(lab.exports.run_zip(run).content))
    assert opened.dataset == run.dataset
    assert other.datasets.since(opened) == "gone"
    assert other.runs.history(opened.id).epochs == lab.runs.history(run.id).epochs
    # With the exported set, it is on that Lab's copy, which has another id.
    lab.image_sets.export_zip(sides.id, tmp_path / "exported.zip")
    copied = other.image_sets.create(tmp_path / "exported.zip")
    assert copied.digest == sides.digest and copied.id != sides.id
    again = other.runs.get(other.imports.run(lab.exports.run_zip(run).content))
    assert (again.training.dataset, other.datasets.since(again)) == (copied.id, "same")
    other.close()


def test_clothes_as_photos_of_many_sizes_within_a_minute(lab: Lab, tmp_path: Path, shared_data: Path) -> None:
    """3,000 of Fashion-MNIST's images as JPEG files, with the Lab's first recipe and its Fast preset."""
    fashion = load("fashion-mnist", Settings(home=tmp_path / "home", datasets=(shared_data,)))
    files, random = {}, np.random.default_rng(0)
    for number, (image, label) in enumerate(zip(fashion.x_train[:3000], fashion.y_train, strict=False)):
        width, height = random.integers(28, 60, 2).tolist()
        picture = Image.fromarray(image[..., 0]).resize((width, height), Image.Resampling.BICUBIC)
        name = fashion.class_names[label].replace("/", " or ")
        files[f"clothes/{name}/{number}.jpg"] = image_file(picture, "JPEG", quality=90)
    begun = time.process_time()
    made = lab.image_sets.create(zip_file(tmp_path / "clothes.zip", files), shape=Shape(28, False, "stretch"))
    info = lab.datasets.info(made.id)
    recipe = RECIPES[FIRST_RECIPE]
    training = fast(recipe.network, for_dataset(recipe.training, info), info)
    run = ended(lab, lab.runs.start(recipe.network, training), seconds=600)
    assert run.best_val_accuracy is not None and run.best_val_accuracy >= 0.8
    # Processor time, which does not depend on what else the machine does: on one core alone, within a minute.
    watched = sum(watch.processor_seconds for watch in lab.runs.history(run.id).watches)
    assert time.process_time() - begun + watched < 60
