"""Evaluation and kept drawings through real workers: what comes back is what Keras and scikit-learn say here."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.model_selection import train_test_split

from cnnlab.engine.protocol import INFER
from cnnlab.engine.worker import evaluation
from cnnlab.errors import CNNLabError, StoreError, TrainingError
from cnnlab.evaluation import metrics
from cnnlab.evaluation.agreement import difference
from cnnlab.lab.inference import network_at
from cnnlab.lab.lab import Lab
from cnnlab.network.layer_bases import Activation_
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.settings import Settings
from cnnlab.training.events import Started
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.engine.conftest import in_workers
from tests.waiting import ended

FLAT = NetworkSpec(
    name="flat",
    input_shape=(28, 28, 1),
    layers=(Flatten(), Dense(units=5, activation="relu"), Dense(activation="softmax", units=10)),
)
GONE = "The weights of this snapshot are missing or damaged"


@pytest.fixture(scope="module")
def run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    return ended(lab, lab.runs.start(tiny, quick, "Ada", "evaluated"))


def model_of(lab: Lab, run: Run) -> keras.Model:
    return keras.saving.load_model(lab.snapshots.folder(run.id) / "model.keras")


def scaled(images: np.ndarray) -> np.ndarray:
    return images.astype("float32") / 255


def test_the_validation_images_are_those_of_the_training(lab: Lab, run: Run) -> None:
    found = lab.evaluation.evaluate(run, Moment(2), "validation")
    data = lab.datasets.get("digits-8x8")
    _, x, _, y = train_test_split(data.x_train[:300], data.y_train[:300], test_size=0.2, random_state=42)
    np.testing.assert_array_equal(found.images, x)
    np.testing.assert_array_equal(found.labels, y)
    assert (found.images.dtype, found.probabilities.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(found.probabilities, model_of(lab, run).predict(scaled(x), verbose=0), atol=1e-6)
    # The figures are those that the training reported.
    last = lab.runs.history(run.id).epochs[-1]
    assert (found.loss, found.accuracy) == pytest.approx((last.val_loss, last.val_accuracy), rel=1e-5)


@pytest.mark.parametrize(
    ("activation", "rate"), [("softmax", 30.0), ("sigmoid", 0.001), ("linear", 0.001), ("relu", 0.001)]
)
def test_the_loss_is_the_one_of_the_training(
    lab: Lab, tiny: NetworkSpec, quick: TrainingSpec, activation: Activation_, rate: float
) -> None:
    network = tiny.replace(layers=(*tiny.layers[:2], Dense(units=10, activation=activation)))
    one = ended(lab, lab.runs.start(network, quick.replace(learning_rate=rate)))
    history = lab.runs.history(one.id)
    for epoch in history.epochs:
        found = lab.evaluation.evaluate(one, Moment(epoch.epoch), "validation")
        assert (found.loss, found.accuracy) == pytest.approx((epoch.val_loss, epoch.val_accuracy), rel=1e-5)
        assert difference(found, history, Moment(epoch.epoch), external=False) is None
        # Without the values before softmax or sigmoid, the loss would be another one.
        clipped = metrics.loss(found.probabilities, found.labels)
        assert (abs(clipped - found.loss) > 1e-4) == (activation in ("softmax", "sigmoid"))


def test_the_test_images_at_two_moments(lab: Lab, run: Run) -> None:
    data = lab.datasets.get("digits-8x8")
    found = lab.evaluation.evaluate(run, Moment(2), "test")
    np.testing.assert_array_equal(found.images, data.x_test)
    np.testing.assert_array_equal(found.labels, data.y_test)
    loss, accuracy = model_of(lab, run).evaluate(scaled(data.x_test), data.y_test, verbose=0)
    assert (found.loss, found.accuracy) == pytest.approx((loss, accuracy), rel=1e-5)
    assert found.confusion.sum() == 360 and found.confusion.sum(axis=1).tolist() == np.bincount(data.y_test).tolist()
    before = lab.evaluation.evaluate(run, Moment(0), "test")
    assert before.accuracy < found.accuracy and before.loss > found.loss


def test_the_test_set_as_validation(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    one = ended(lab, lab.runs.start(tiny, quick.replace(validation="test", epochs=1)))
    found, test = (lab.evaluation.evaluate(one, Moment(1), which) for which in ("validation", "test"))
    np.testing.assert_array_equal(found.images, test.images)
    np.testing.assert_array_equal(found.probabilities, test.probabilities)


def test_the_test_images_of_the_classes_that_were_learned(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    one = ended(lab, lab.runs.start(tiny, quick.replace(classes=(3, 8), train_size=100, epochs=1)))
    found, everything = lab.evaluation.evaluate(one, Moment(1), "test"), lab.datasets.get("digits-8x8")
    assert set(found.labels) == {3, 8}
    np.testing.assert_array_equal(found.images, everything.x_test[np.isin(everything.y_test, (3, 8))])


def test_answers_are_computed_once_and_again_for_other_weights(lab: Lab, run: Run) -> None:
    def computed() -> int:
        return int(in_workers(lab, INFER, _computed))

    lab.evaluation.evaluate(run, Moment(1), "test")
    before = computed()
    first = lab.evaluation.evaluate(run, Moment(1), "test")
    assert computed() == before
    place = lab.snapshots.folder(run.id) / "snapshots"
    kept = (place / Moment(1).file).read_bytes()
    try:
        shutil.copyfile(place / Moment(0).file, place / Moment(1).file)
        assert lab.evaluation.evaluate(run, Moment(1), "test").loss != first.loss
        assert computed() == before + 1
    finally:
        (place / Moment(1).file).write_bytes(kept)


def _computed() -> int:
    return evaluation._cached_evaluation.cache_info().misses


def test_more_images_than_are_taken_at_once(lab: Lab, run: Run) -> None:
    data = lab.datasets.get("digits-8x8")
    network = network_at(lab.snapshots, run, Moment(2))
    found, losses = lab.engine.call("evaluation.predict", *network, data.x_train, data.y_train)
    assert (found.shape, losses.shape) == ((1437, 10), (1437,))
    expected, _ = model_of(lab, run).evaluate(scaled(data.x_train), data.y_train, verbose=0)
    assert losses.mean() == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(found, model_of(lab, run).predict(scaled(data.x_train), verbose=0), atol=1e-6)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_map_of_features(lab: Lab, run: Run, method: str) -> None:
    images = lab.datasets.get("digits-8x8").x_test[:60]
    places = lab.evaluation.project(run, Moment(2), images, method)  # type: ignore[arg-type]
    assert (places.shape, places.dtype) == ((60, 2), np.float32)
    np.testing.assert_array_equal(lab.evaluation.project(run, Moment(2), images, method), places)  # type: ignore[arg-type]
    model = model_of(lab, run)
    features = keras.Model(model.inputs, model.layers[-2].output).predict(scaled(images), verbose=0)
    if method == "pca":
        expected = PCA(2).fit_transform(features)
        turned = np.sign((expected * places).sum(axis=0))
        np.testing.assert_allclose(places * turned, expected, atol=1e-4)
        return
    # t-SNE keeps neighbours: 1 for all of them, 0.5 for places by chance.
    assert trustworthiness(features, places, n_neighbors=5) > 0.85
    assert trustworthiness(features, places[::-1], n_neighbors=5) < 0.65


def test_maps_of_very_few_and_too_many_images(lab: Lab, run: Run) -> None:
    images = lab.datasets.get("digits-8x8").x_test
    for method in ("pca", "tsne"):
        assert lab.evaluation.project(run, Moment(2), images[:3], method).shape == (3, 2)  # type: ignore[arg-type]
        with pytest.raises(
            CNNLabError, match=r"^A projection needs 3 to .* images; received 2\. Choose another number"
        ):
            lab.evaluation.project(run, Moment(2), images[:2], method)  # type: ignore[arg-type]
    many = np.zeros((10_001, 8, 8, 1), np.uint8)
    for most, method in ((2000, "tsne"), (10_000, "pca")):
        with pytest.raises(CNNLabError, match=rf"^A projection needs 3 to {most:,} images; received {most + 1:,}\."):
            lab.evaluation.project(run, Moment(2), many[: most + 1], method)  # type: ignore[arg-type]
        # What is all alike lies in one place.
        assert not lab.evaluation.project(run, Moment(2), many[:most], method).any()  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("noise", [0.0, 1e-7])
@pytest.mark.parametrize("strength", [0.0, 0.1, 1e6])
def test_what_is_all_alike_lies_in_one_place(method: evaluation.Method, noise: float, strength: float) -> None:
    # (t-SNE ends the process with an overflow of its stack where it is given such features.)
    random = np.random.default_rng(5).normal(size=(300, 7)) * noise
    assert not evaluation._projected((strength * (1 + random)).astype(np.float32), method).any()


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize(
    "features",
    [
        np.repeat(np.eye(2, 7), 50, axis=0),
        np.eye(100, 7),
        np.linspace(0, 1, 100)[:, np.newaxis],
        np.random.default_rng(6).random((100, 7)) * 1e30,
        np.random.default_rng(6).random((100, 7)) * 1e-30,
        np.random.default_rng(6).random((4, 7)),
    ],
    ids=["two places", "mostly alike", "one unit", "huge", "tiny", "few"],
)
def test_maps_of_odd_features(method: evaluation.Method, features: np.ndarray) -> None:
    places = evaluation._projected(features.astype(np.float32), method)
    assert (places.shape, places.dtype) == ((len(features), 2), np.float32)
    assert np.isfinite(places).all() and places.any()


def test_what_does_not_fit_and_what_is_gone(lab: Lab, run: Run) -> None:
    with pytest.raises(CNNLabError, match=r"The image is 28×28×1, but this network takes 8×8×1\."):
        lab.evaluation.evaluate(run, Moment(2), "test", "mnist-5k")
    lab.drawings.keep("for another", 1, np.eye(28, dtype=np.float32))
    with pytest.raises(CNNLabError, match=r"The image is 28×28×1, but this network takes 8×8×1\."):
        lab.evaluation.evaluate_drawings(run, Moment(2), "for another")
    with pytest.raises(CNNLabError, match=r"The image is 9×8×1, but this network takes 8×8×1\."):
        lab.evaluation.project(run, Moment(2), np.zeros((5, 9, 8, 1), np.uint8), "pca")
    for which in ("validation", "test"):
        with pytest.raises(CNNLabError, match=GONE):
            lab.evaluation.evaluate(run, Moment(77), which)  # type: ignore[arg-type]
    with pytest.raises(CNNLabError, match=GONE):
        lab.evaluation.project(run, Moment(77), lab.datasets.get("digits-8x8").x_test, "pca")


# Drawings


def test_a_run_learns_from_drawings_as_they_were_at_its_start(lab: Lab) -> None:
    random = np.random.default_rng(4)
    ids = [lab.drawings.keep("마음대로", n % 10, random.random((28, 28), np.float32), who="Ada") for n in range(30)]
    spec = TrainingSpec(dataset="mnist-5k", train_size=100, batch_size=50, epochs=1, drawings="마음대로")
    run = lab.runs.start(FLAT, spec, "Ada")
    images, labels = lab.drawings.images("마음대로")
    lab.drawings.remove(ids[1:])
    done = ended(lab, run)
    assert (done.state, done.training.drawings) == ("finished", "마음대로")
    started = next(event for _, event in lab.runs.events(run) if isinstance(event, Started))
    assert (started.train_images, started.validation_images) == (110, 20)
    with np.load(lab.snapshots.folder(run) / "drawings.npz") as file:
        np.testing.assert_array_equal(file["x"], images)
        np.testing.assert_array_equal(file["y"], labels)

    # The same images are the validation, with and without drawings.
    validation = lab.evaluation.evaluate(done, Moment(1), "validation")
    assert len(validation.labels) == 20
    last = lab.runs.history(run).epochs[-1]
    assert (validation.loss, validation.accuracy) == pytest.approx((last.val_loss, last.val_accuracy), rel=1e-5)

    # What a network says to the drawings; one with fewer images, one with none.
    lab.drawings.restore(ids)
    found = lab.evaluation.evaluate_drawings(done, Moment(1), "마음대로")
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)
    expected = model_of(lab, done).predict(scaled(images), verbose=0)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    assert lab.evaluation.project(done, Moment(1), images, "pca").shape == (30, 2)
    lab.drawings.remove(ids)
    with pytest.raises(TrainingError) as refused:
        lab.evaluation.evaluate_drawings(done, Moment(1), "마음대로")
    assert refused.value.sentences() == (
        "There are no drawings in the collection “마음대로”.",
        "Save some drawings to it first, or choose another collection.",
    )


def test_what_cannot_start_leaves_nothing_behind(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    lab.drawings.keep("some", 1, np.eye(28, dtype=np.float32))
    before = [one.id for one in lab.runs.all()], sorted((lab.settings.home / "runs").iterdir())
    with pytest.raises(TrainingError, match="cannot be added to the images of digits-8x8"):
        lab.runs.start(tiny, quick.replace(drawings="some"))
    with pytest.raises(TrainingError, match="There are no drawings in the collection “nothing”"):
        lab.runs.start(FLAT, TrainingSpec(dataset="mnist-5k", drawings="nothing"))
    assert ([one.id for one in lab.runs.all()], sorted((lab.settings.home / "runs").iterdir())) == before


def test_a_full_disk_leaves_no_run_without_its_drawings(tmp_path: Path) -> None:
    reading = Lab(Settings(home=tmp_path), start_engine=False)
    reading.drawings.keep("some", 1, np.eye(28, dtype=np.float32))
    spec = TrainingSpec(dataset="mnist-5k", drawings="some")
    # The database is full.
    pages = reading.store.rows("PRAGMA page_count")[0][0]
    reading.store.rows(f"PRAGMA max_page_count = {pages}")
    made = 0
    with pytest.raises(StoreError, match="disk is full"):
        for _ in range(1000):
            reading.runs.start(FLAT, spec)
            made += 1
    assert len(list((tmp_path / "runs").iterdir())) == len(reading.runs.all()) == made
    reading.store.rows("PRAGMA max_page_count = 1000000")
    # The folder cannot be written.
    shutil.rmtree(tmp_path / "runs")
    (tmp_path / "runs").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"^The Lab's folder .* cannot be used \(\[Errno 20\] Not a directory"):
        reading.runs.start(FLAT, spec)
    assert len(reading.runs.all()) == made
    reading.close()


def test_the_lab_keeps_drawings(tmp_path: Path) -> None:
    reading = Lab(Settings(home=tmp_path), start_engine=False)
    first = reading.drawings.keep("mine", 1, np.eye(28, dtype=np.float32), "Ada")
    reading.drawings.relabel(first, 2)
    assert [(one.label, one.who) for one in reading.drawings.of("mine")] == [(2, "Ada")]
    more = reading.drawings.add_npz(reading.drawings.as_npz("mine"), "copy", "Bo")
    assert reading.drawings.collections() == [("copy", 1), ("mine", 1)]
    assert reading.drawings.as_pngs("mine").startswith(b"PK")
    reading.drawings.remove(more)
    assert reading.drawings.collections() == [("mine", 1)]
    reading.drawings.restore(more)
    assert reading.drawings.collections() == [("copy", 1), ("mine", 1)]
    reading.close()
