"""Explanations for a run and a moment, through a real worker."""

from __future__ import annotations

import functools
import importlib
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.vision.filter_edits import FilterEdit
from tests.engine.conftest import in_workers
from tests.waiting import ended

START, END, GONE, ASTRAY = Moment(0), Moment(2), Moment(77), Moment(88)
MISSING = "The weights of this snapshot are missing or damaged"
NO_NUMBERS = r"^The network's outputs are NaN or infinite: .*\. Choose another snapshot"


@pytest.fixture(scope="module")
def run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    return ended(lab, lab.runs.start(tiny, quick))


@pytest.fixture(scope="module")
def astray(lab: Lab, run: Run) -> Moment:
    """A moment at which no weight is a number."""
    lost = {
        name: tuple(array * np.nan for array in arrays) for name, arrays in lab.snapshots.weights(run.id, END).items()
    }
    snapshots.save(lab.store.folder(run.id), ASTRAY, lost)
    return ASTRAY


@pytest.fixture(scope="module")
def image(lab: Lab) -> np.ndarray:
    image: np.ndarray = lab.datasets.get("digits-8x8").x_test[3].astype(np.float32) / 255
    return image


def ask(lab: Lab, task: str, run: Run, moment: Moment, *args: Any) -> Any:
    return lab.engine.call(
        f"inference.{task}", run.network.to_json(), str(lab.store.folder(run.id)), tuple(moment), *args
    )


def test_probabilities_of_many_images_at_a_moment(lab: Lab, run: Run) -> None:
    images = lab.datasets.get("digits-8x8").x_test.astype(np.float32) / 255
    many = np.concatenate([images, images])
    start, end = (ask(lab, "probabilities", run, moment, many) for moment in (START, END))
    assert (end.shape, end.dtype) == ((720, 10), np.float32)
    model = keras.saving.load_model(lab.snapshots.folder(run.id) / "model.keras")
    np.testing.assert_allclose(end, model.predict(many, verbose=0), atol=1e-6)
    np.testing.assert_allclose(end.sum(axis=1), 1, atol=1e-5)
    assert np.abs(end - start).max() > 0.01


def test_explain(lab: Lab, run: Run, image: np.ndarray) -> None:
    from cnnlab.vision import attribution
    from cnnlab.vision.feature_maps import TracedNetwork

    traced = TracedNetwork(run.network)
    for moment, target in ((START, None), (END, None), (END, 7)):
        found = ask(lab, "explain", run, moment, image, target)
        weights = lab.snapshots.weights(run.id, moment)
        answer = traced.probabilities(weights, image[np.newaxis])[0]
        assert list(found) == ["target", "probabilities", "grad_cam", "hires_cam", "saliency", "occlusion"]
        assert found["target"] == (answer.argmax() if target is None else target)
        assert type(found["target"]) is int
        np.testing.assert_allclose(found["probabilities"], answer, atol=1e-6)
        for name in ("grad_cam", "saliency", "occlusion"):
            expected = getattr(attribution, name)(traced, weights, image, found["target"])
            assert (type(found[name]), found[name].shape, found[name].dtype) == (np.ndarray, (8, 8), np.float32)
            np.testing.assert_allclose(found[name], expected, atol=1e-5)
        if found["grad_cam"].any():
            assert found["hires_cam"] is None
        else:
            expected = attribution.hires_cam(traced, weights, image, found["target"])
            np.testing.assert_allclose(found["hires_cam"], expected, atol=1e-5)


def test_a_network_without_maps_is_explained_without_grad_cam(lab: Lab, quick: TrainingSpec, image: np.ndarray) -> None:
    flat = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
    run = ended(lab, lab.runs.start(flat, quick))
    found = ask(lab, "explain", run, END, image, None)
    assert found["grad_cam"] is None and found["hires_cam"] is None
    assert found["saliency"].max() == 1 and np.abs(found["occlusion"]).max() > 0
    # One layer is a sum of products: its gradient is the kernel.
    kernel = np.abs(lab.snapshots.weights(run.id, END)["dense"][0][:, found["target"]]).reshape(8, 8)
    np.testing.assert_allclose(found["saliency"], kernel / kernel.max(), atol=1e-6)


def test_which_maps_are_active_for_the_first_test_images(lab: Lab, run: Run) -> None:
    from cnnlab.network.build import build

    weights = lab.snapshots.weights(run.id, END)
    model = build(run.network)
    model.set_weights([array for arrays in weights.values() for array in arrays])
    images = lab.datasets.get("digits-8x8").x_test.astype(np.float32) / 255
    found = lab.inference.activity(run, END)
    assert found is not None and found.images == 360
    expected = model.layers[0](images).numpy().any(axis=(0, 1, 2))
    assert {name: active.tolist() for name, active in found.active.items()} == {"conv2d": expected.tolist()}
    # Without its images, nothing is known, and nothing is downloaded.
    assert lab.inference.activity(replace(run, training=run.training.replace(dataset="cifar-10")), END) is None


def test_nearest(lab: Lab, run: Run, image: np.ndarray) -> None:
    from cnnlab.network.build import build

    data, model = lab.datasets.get("digits-8x8"), build(run.network)
    training = data.x_train.astype(np.float32) / 255
    for moment in (START, END):
        model.set_weights([array for arrays in lab.snapshots.weights(run.id, moment).values() for array in arrays])
        maps = [model.layers[0](images).numpy() for images in (image[np.newaxis], training)]
        one, many = (found.reshape(len(found), -1) for found in maps)
        distances = cdist(one, many, "cosine")[0]
        found = ask(lab, "nearest", run, moment, "digits-8x8", image, 6)
        assert found["searched"] == 1437
        np.testing.assert_allclose(found["distances"], np.sort(distances)[:6], atol=1e-5)
        np.testing.assert_allclose(distances[found["indices"]], found["distances"], atol=1e-5)
        assert (found["images"].dtype, found["images"].shape) == (np.uint8, (6, 8, 8, 1))
        np.testing.assert_array_equal(found["images"], data.x_train[found["indices"]])
        np.testing.assert_array_equal(found["labels"], data.y_train[found["indices"]])
    # A training image is most like itself.
    own = ask(lab, "nearest", run, END, "digits-8x8", training[1400], 1)
    assert (own["indices"].tolist(), own["labels"].tolist()) == ([1400], [data.y_train[1400]])
    assert own["distances"][0] == pytest.approx(0, abs=1e-6)


def test_the_training_images_go_through_the_network_once_a_moment(lab: Lab, run: Run, image: np.ndarray) -> None:
    def misses() -> int:
        return importlib.import_module("cnnlab.engine.worker.inference")._searched_features.cache_info().misses  # type: ignore[no-any-return]

    nearest = functools.partial(ask, lab, "nearest", run)
    nearest(Moment(1), "digits-8x8", image, 3)
    before = in_workers(lab, "infer", misses)
    nearest(Moment(1), "digits-8x8", image[::-1], 5)
    assert in_workers(lab, "infer", misses) == before
    nearest(Moment(0, 1), "digits-8x8", image, 3)
    assert in_workers(lab, "infer", misses) == before + 1


def test_weights_written_anew_for_a_moment_are_looked_through_anew(lab: Lab, run: Run, image: np.ndarray) -> None:
    moment = Moment(66)
    for kept in (START, END):
        snapshots.save(lab.store.folder(run.id), moment, lab.snapshots.weights(run.id, kept))
        found, expected = (ask(lab, "nearest", run, at, "digits-8x8", image, 3) for at in (moment, kept))
        np.testing.assert_array_equal(found["distances"], expected["distances"])


def test_fewer_training_images_where_the_last_layer_sees_very_much(
    lab: Lab, run: Run, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnlab.engine.worker import inference

    # The two maps of 6×6 are 72 numbers an image.
    for numbers, searched in ((72 * 40 + 71, 40), (10, 1)):
        monkeypatch.setattr(inference, "MAX_FEATURE_VALUES", numbers)
        inference._searched_features.cache_clear()
        arguments = run.network.to_json(), str(lab.store.folder(run.id)), (2, 0), "digits-8x8", image, 50
        found = inference.nearest(*arguments)
        assert (found["searched"], len(found["indices"])) == (searched, searched)
    inference._searched_features.cache_clear()


def test_towards_another_answer(lab: Lab, run: Run, image: np.ndarray) -> None:
    first = ask(lab, "probabilities", run, END, image[np.newaxis])[0]
    target = int(first.argsort()[-2])
    images, answers = ask(lab, "towards", run, END, image, target, 60)
    assert images.shape == (len(answers), 8, 8, 1) and 1 < len(answers) <= 61
    np.testing.assert_array_equal(images[0], image)
    np.testing.assert_allclose(answers[0], first, atol=1e-6)
    np.testing.assert_allclose(answers, ask(lab, "probabilities", run, END, images), atol=1e-5)
    assert answers[-1].argmax() == target
    assert len(ask(lab, "towards", run, END, image, target, 2)[0]) == 3


def test_what_is_gone_or_has_gone_astray(lab: Lab, run: Run, image: np.ndarray, astray: Moment) -> None:
    inference = (("explain", (image, None)), ("towards", (image, 3, 5)), ("nearest", ("digits-8x8", image, 3)))
    for task, arguments in inference:
        with pytest.raises(CNNLabError, match=MISSING):
            ask(lab, task, run, GONE, *arguments)
        with pytest.raises(CNNLabError, match=NO_NUMBERS):
            ask(lab, task, run, astray, *arguments)
    with pytest.raises(CNNLabError, match=MISSING):
        ask(lab, "probabilities", run, GONE, image[np.newaxis])
    with pytest.raises(NotFiniteError, match=NO_NUMBERS):
        ask(lab, "probabilities", run, astray, image[np.newaxis])


def test_the_lab_says_since_when_a_network_has_gone_astray(
    lab: Lab, run: Run, image: np.ndarray, astray: Moment
) -> None:
    since = rf"^Since epoch {astray.epoch}, the network's weights are NaN or infinite: its training diverged"
    questions = (
        lambda: lab.inference.probabilities(run, astray, image[np.newaxis]),
        lambda: lab.inference.feature_maps(run, astray, image),
        lambda: lab.inference.explain(run, astray, image),
        lambda: lab.inference.surgery(run, astray, [FilterEdit("conv2d", 0, 0.0)], image),
        lambda: lab.evaluation.evaluate(run, astray, "validation"),
        lambda: lab.evaluation.project(run, astray, lab.datasets.get("digits-8x8").x_test[:9], "pca"),
    )
    for question in questions:
        with pytest.raises(NotFiniteError, match=since):
            question()


def test_outputs_that_overflow_are_no_predictions(lab: Lab, run: Run, image: np.ndarray) -> None:
    huge = Moment(99)
    weights = {
        name: tuple(np.full_like(array, 3e38) for array in arrays)
        for name, arrays in lab.snapshots.weights(run.id, END).items()
    }
    snapshots.save(lab.store.folder(run.id), huge, weights)
    for ask_lab in (lab.inference.probabilities, lab.inference.explain):
        with pytest.raises(NotFiniteError, match=r"^The network's outputs are NaN or infinite: values overflow in it"):
            ask_lab(run, huge, image[np.newaxis] if ask_lab == lab.inference.probabilities else image)
    with pytest.raises(NotFiniteError, match="outputs are NaN or infinite"):
        lab.evaluation.evaluate(run, huge, "test")
    # The maps show where it begins.
    maps = list(lab.inference.feature_maps(run, huge, image).values())
    assert not np.isfinite(maps[-1]).any()
