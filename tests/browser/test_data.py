"""Data in a browser: a dataset, a class, an image, its numbers; how images are divided; what is not there is said."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from cnnlab.datasets import load
from cnnlab.export import share_code
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split
from tests.browser.conftest import Visit
from tests.browser.lab_page import LabPage
from tests.browser.server import AppServer


def numbers(page: LabPage) -> dict[str, str]:
    """The large figures above a chart."""
    pairs = page.main.locator(".cnnlab-numbers > div").evaluate_all(
        "nodes => nodes.map(node => [...node.children].map(child => child.textContent))"
    )
    return dict(pairs)


def test_from_a_class_to_an_image_to_its_numbers(visit: Visit, lab_server: AppServer) -> None:
    page = visit(lab_server, "data")
    page.see("data-gallery-16", "node => node.data.at(-1).hovertext.length === 80")
    page.choose("Data", "Tiny digits, 8×8")
    page.page.wait_for_url("**/data?data=digits-8x8*")
    page.choose("Class", "7")
    sevens = """node => node.data.at(-1).hovertext.every((text) => text.startsWith("7, index "))"""
    page.see("data-gallery-16", sevens)
    third = page.hovers("data-gallery-16")[2]
    number = int(re.fullmatch(r"7, index (\d+)", third)[1])  # type: ignore[index]
    x, y = page.chart("data-gallery-16", "[node.data.at(-1).x[2], node.data.at(-1).y[2]]")
    page.click_chart("data-gallery-16", x, y)
    digits = load("digits-8x8")
    assert digits.y_train[number] == 7
    image = digits.x_train[number, :, :, 0]
    page.see_values("data-numbers-digits-8x8", image)
    page.see("data-vector-digits-8x8", "node => node.data[0].y.length === 64")
    vector = page.chart("data-vector-digits-8x8", "node.data[0].y")
    np.testing.assert_allclose(vector, image.ravel() / 255, atol=1e-4)
    expect(page.main.get_by_text("[0, 0, 0, 0, 0, 0, 0, 1, 0, 0]")).to_be_visible()

    # The pixel under the pointer, and the same one in the vector once it is clicked.
    row, column = (int(place) for place in np.unravel_index(image.argmax(), image.shape))
    page.click_chart("data-numbers-digits-8x8", column, row)
    said = f"Row {row}, column {column}: {image.max()} of 255. The network receives {image.max() / 255:.3f}"
    expect(page.main.get_by_text(said)).to_be_visible()
    page.see("data-vector-digits-8x8", f"node => node.layout.shapes?.[0]?.x0 === {row * 8 + column}")
    page.see_mark("data-numbers-digits-8x8", row, column)
    page.settle()
    page.main.get_by_role("button", name="View feature maps").click()
    expect(page.page.get_by_role("heading", level=1, name="Feature maps")).to_be_visible()
    expect(page.main.get_by_role("combobox", name="Image", exact=True)).to_have_value("From another page: 7")
    # It is still there when the reader comes back.
    page.go("Data")
    page.see_values("data-numbers-digits-8x8", image)


def test_classes_are_counted_with_the_settings_of_the_reader(visit: Visit, lab_server: AppServer) -> None:
    training = TrainingSpec(train_size=1000, validation_split=0.3, random_state=5)
    page = visit(lab_server, f"train?n={share_code.encode(RECIPES['conv-8'].network, training)}")
    page.settle()
    page.go("Data")
    page.tab("Classes")
    page.see("data-classes", "node => node.data.length === 3")
    assert numbers(page) == {"Training": "700", "Validation": "300", "Test": "1,000"}
    digits = load("mnist-5k")
    parts = split(digits, training)
    for place, labels in enumerate((parts.y_train, parts.y_validation, digits.y_test)):
        assert page.chart("data-classes", f"[...node.data[{place}].y]") == np.bincount(labels).tolist()
    expect(page.main.get_by_text("The first 1,000 training images are used.")).to_be_visible()
    page.tab("Mean images")
    page.see("data-means", "node => node.data.at(-1).hovertext.length === 10")
    means = page.montage("data-means")
    threes = parts.x_train[parts.y_train == 3]
    assert page.hovers("data-means")[3] == f"3: mean of {len(threes)} images"
    # Each mean image is painted four times as large; the fourth is in the first row.
    expected = threes.mean(axis=0)[:, :, 0]
    cell = means.shape[1] // 5
    found = means[:, 3 * cell : 4 * cell, 0][4:116, 4:116].astype(float)
    assert np.abs(found[::4, ::4] - expected).max() < 3
    page.tab("Augmentation")
    expect(page.main.get_by_role("spinbutton", name="Rotation")).to_be_visible()


def test_a_link_to_data_that_are_not_here_or_not_known(visit: Visit, lab_server: AppServer) -> None:
    page = visit(lab_server, "data?data=fashion-mnist")
    expect(page.main.get_by_text("Not downloaded yet.")).to_be_visible()
    page.settle()
    page.key("data-fetch").get_by_role("button").click()
    expect(page.main.get_by_text("could not be downloaded").first).to_be_visible()
    page = visit(lab_server, "data?data=nosuch")
    expect(page.main.get_by_text("There is no dataset called “nosuch”")).to_be_visible()
    page.see("data-gallery-16", "node => true")
