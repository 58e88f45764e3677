"""The Data page: galleries, one image as numbers, how the classes are divided, and data that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from cnnlab.datasets import load
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.data.state import DataState
from tests.ui.page import Page

pytestmark = pytest.mark.usefixtures("lab")

DENSE = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
DIGITS = TrainingSpec(dataset="digits-8x8", train_size=1000, validation_split=0.3, random_state=5)


@pytest.fixture
def page() -> Page:
    return Page("data", data="digits-8x8")


def gallery(page: Page, columns: int = 16) -> list[tuple[int, int]]:
    """The label of each image in sight, and its number in the dataset."""
    texts = page.traces(f"data-gallery-{columns}")[-1]["hovertext"]
    found = [re.fullmatch(r"(\d), index (\d+)", text) for text in texts]
    return [(int(one[1]), int(one[2])) for one in found if one]


def design(page: Page, training: TrainingSpec) -> Page:
    """Let the reader have these settings on Train."""
    page.me.design(DENSE, training)
    return page.run()


def test_a_gallery_shows_the_images_with_their_labels_page_by_page(page: Page) -> None:
    labels = load("digits-8x8").y_train
    first = gallery(page)
    assert len(first) == 80 and all(labels[number] == label for label, number in first)
    (pages,) = (one for one in page.app.number_input if str(one.key).startswith("data-page-digits-8x8-"))
    pages.set_value(2)
    second = gallery(page.run())
    assert all(labels[number] == label for label, number in second)
    assert not set(first) & set(second)


def test_the_gallery_of_one_class_and_of_another_part(page: Page) -> None:
    page.app.selectbox(key="data-class-digits-8x8").set_value(7)
    assert {label for label, _ in gallery(page.run())} == {7}
    page.app.get_by_key("data-part").set_value("test")
    sevens = np.flatnonzero(load("digits-8x8").y_test == 7).tolist()
    assert gallery(page.run()) == [(7, number) for number in sevens]


def test_wrong_labels_are_framed(page: Page) -> None:
    assert page.frames("data-gallery-16") == 0
    design(page, DIGITS.replace(label_noise=0.5))
    labels = load("digits-8x8").y_train
    wrong = sum(int(labels[number]) != label for label, number in gallery(page))
    assert 20 < wrong < 50 and page.frames("data-gallery-16") == wrong
    assert "label noise" in page.text


def test_an_image_is_a_table_of_numbers_a_vector_and_a_label(page: Page) -> None:
    digits = load("digits-8x8")
    page.app.selectbox(key="data-class-digits-8x8").set_value(3)
    label, number = gallery(page.run())[4]
    place = next(k for k, (_, other) in enumerate(all_training(page)) if other == number)
    page.state(DataState).image = "training", place
    page.run()
    image = digits.x_train[number, :, :, 0]
    np.testing.assert_array_equal(page.traces("data-numbers-digits-8x8")[0]["z"], image)
    np.testing.assert_allclose(page.traces("data-vector-digits-8x8")[0]["y"], image.ravel() / 255, atol=1e-4)
    assert page.app.code[0].value == "[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]" and label == 3
    page.state(DataState).pixel = 2, 5
    assert f"**{image[2, 5]}** of 255" in page.run().text
    page.press("data-maps")
    assert page.title == "Feature maps"
    from cnnlab.ui.shared.picture_picker import PictureState

    sent = page.state(PictureState).sent
    assert sent is not None
    np.testing.assert_allclose(sent.pixels[:, :, 0], image / 255, atol=1e-6)


def all_training(page: Page) -> list[tuple[int, int]]:
    """The training images of the present settings, in their order."""
    from cnnlab.training.split import parts

    part = parts(load("digits-8x8"), page.me.training.replace(dataset="digits-8x8"))["training"]
    return list(zip(part.labels.tolist(), part.indices.tolist(), strict=True))


def test_other_images_are_shown_without_the_one_that_was_selected(page: Page) -> None:
    page.state(DataState).image = "test", 0
    assert page.run().app.code
    page.app.selectbox(key="data-set").set_value("mnist-5k")
    assert not page.run().app.code
    assert page.app.query_params["data"] == "mnist-5k"


def test_classes_are_counted_with_the_settings_of_train(page: Page) -> None:
    design(page, DIGITS).tab("data-tabs", 1)
    shown = page.charts("data-classes")
    assert [value for _, value in shown["numbers"]] == ["700", "300", "360"]
    training, validation, test = (np.array(trace["y"]) for trace in page.traces("data-classes"))
    digits = load("digits-8x8")
    expected = train_test_split(digits.y_train[:1000], test_size=0.3, random_state=5)
    for found, labels in zip((training, validation, test), (*expected, digits.y_test), strict=True):
        np.testing.assert_array_equal(found, np.bincount(labels))
    assert f"| 4 | {training[4]} | {validation[4]} | {test[4]} |" in page.text


def test_the_classes_that_train_uses_are_named(page: Page) -> None:
    design(page, DIGITS.replace(classes=(2, 7), validation="test", train_size=None)).tab("data-tabs", 1)
    training, validation, test = (trace["y"] for trace in page.traces("data-classes"))
    assert np.flatnonzero(training).tolist() == np.flatnonzero(test).tolist() == [2, 7]
    assert validation == test
    assert "2, 7" in page.text


def test_the_mean_image_of_each_class(page: Page) -> None:
    design(page, DIGITS.replace(validation="test", train_size=None)).tab("data-tabs", 2)
    counts = np.bincount(load("digits-8x8").y_train)
    hovers = page.traces("data-means")[-1]["hovertext"]
    assert [re.findall(r"\d+", text) for text in hovers] == [[str(k), str(counts[k])] for k in range(10)]


def test_augmentation_is_that_of_train(page: Page) -> None:
    design(page, DIGITS).tab("data-tabs", 3)
    (shift,) = (one for one in page.app.number_input if str(one.key).endswith("augmentation.shift"))
    shift.set_value(0.2)
    # Without workers there are no samples, and that is said.
    assert page.run().app.error
    assert page.me.training == DIGITS.replace(augmentation=DIGITS.augmentation.model_copy(update={"shift": 0.2}))


def test_on_to_training_with_the_data(page: Page) -> None:
    assert page.me.training.dataset == "mnist-5k"
    page.press("data-train")
    assert page.title == "Train"
    assert (page.me.training.dataset, page.me.network.input_shape) == ("digits-8x8", (8, 8, 1))


def test_data_that_is_not_here_can_be_fetched_and_unknown_data_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    page = Page("data", data="cifar-10")
    assert "data-fetch" in page.buttons and not page.app.get("tab_container")
    unknown = Page("data", data="nosuch")
    assert "“nosuch”" in unknown.app.error[0].value
    assert unknown.app.selectbox(key="data-set").value == "mnist-5k"
