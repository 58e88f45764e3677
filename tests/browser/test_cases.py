"""Files that people brought, uploaded one after the other: each gets the right outcome, in words, at its place.

The files are in shared/cases, beside the folder of the full datasets; its README says what is right for each.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS
from tests.browser.server import AppServer

MODELS = {
    "m1-dense-784.keras": "The model takes its input as (784,); the Lab gives it images of 28×28×1.",
    "m1-flatten-28x28.keras": "The model takes its input as 28×28; the Lab gives it images of 28×28×1.",
    "m2-raw-0-255.keras": "A Rescaling converts the Lab's pixels, 0 to 1, to 0 to 255.",
    "m2-rescaling-first.keras": "A Rescaling converts the Lab's pixels, 0 to 1, to 0 to 255.",
    "m2-rescaling-offset-pad.keras": "A Rescaling converts the Lab's pixels, 0 to 1, to 0 to 255.",
    "m4-logits.keras": "The model outputs scores; an added softmax turns them into probabilities.",
    "m4-softmax-as-activation.keras": "With pixels from 0 to 1, ",
    "m4-relu-layer.keras": "With pixels from 0 to 1, ",
    "m5-functional-chain.keras": "The Functional model has no branches, so it was imported as a sequence of layers.",
    "m6-augmentation-flat.keras": "Left out, since they do nothing when predicting: RandomRotation, RandomTranslation.",
    "M7-CAPITALS.KERAS": "With pixels from 0 to 1, ",
    "m7-h5-renamed.keras": "the layers and weights were read without running the file.",
    "m7-savedmodel.zip": "This is a file of another format: SavedModel.",
    "m7-lambda.keras": "Layer 1 (Lambda): “Lambda” is custom code, which the Lab does not run.",
    "m7-channels-first.keras": "channels, height, width; the Lab has height, width, channels.",
    "own-two-branches.keras": "The layer “concatenate” has 2 inputs",
    "own-three-classes.keras": "The model maps 32×32×3 images to 3 outputs; no dataset in the Lab matches.",
    "d4-class-folders.zip": "This ZIP file holds pictures, not a run or a model.",
}

PHOTOS = {
    **dict.fromkeys(("p1-paper-on-dark-desk.png", "p1-ruled-strong.png", "p3-open-4-canvas.png"), "4"),
    **dict.fromkeys(("p2-1px-canvas.png", "p2-corner-photo.png", "p2-corner-small-canvas.png"), "5"),
    **dict.fromkeys(("p2-thin-large-scan.png", "p2-touching-border-canvas.png"), "5"),
    **dict.fromkeys(("p3-one-flag-base-canvas.png", "p3-one-flag-canvas.png"), "1"),
    **dict.fromkeys(("p4-transparent-black-strokes.png", "p4-transparent-white-strokes.png"), "3"),
    **dict.fromkeys(("p6-exif-1.jpg", "p6-exif-3.jpg", "p6-exif-6.jpg", "p6-exif-8.jpg", "p6-cmyk.jpg"), "2"),
    **dict.fromkeys(("p6-grey16.png", "p6-grey16-12bit-range.png", "p6-la.png", "p6-webp.webp"), "2"),
    "p6-tiff.tif": "2",
    "p2-touching-border-photo.png": "5",
    "p3-crossed-7-canvas.png": "7",
    "p6-palette-transparent-paper.png": "2",
    "p8-ten-paper.png": "1 0",
}
"""Photo -> the prediction."""
NO_DIGIT = {
    "p8-blank-canvas.png": "No writing was found in this picture.",
    "p8-blank-paper.png": "No writing was found in this picture.",
    "p8-blank-paper-noise-shade.jpg": "No writing was found in this picture.",
    "p8-dot-paper.png": "A dot, not a digit",
    "p8-eleven-touching-canvas.png": "Read as one digit, the network predicts",
    "p8-eleven-touching-paper.png": "Read as one digit, the network predicts",
    "p6-photo.heic": "HEIC",
    "p6-heic-named.jpg": "HEIC",
}
"""Photo -> what is said instead of a prediction."""

DRAWINGS = {
    "d3-32x32.npz": "Resize the images to 28×28 pixels",
    "d3-emnist-letters-1-26.npz": "They look like letters, but drawings are digits",
    "d3-flat-784.npz": "Give every image two axes",
    "d3-float-0-1.npz": "Convert the pixels to whole numbers",
    "d3-float-0-255.npz": "Convert the pixels to whole numbers",
    "d3-images-labels-keys.npz": "received images, labels",
    "d3-inverted-dark-on-white.npz": "60 of 60 drawings are dark on white",
    "d3-keys-x_train.npz": "received x_train, y_train, x_test, y_test",
    "d3-labels-float.npz": "Convert the labels to whole numbers",
    "d3-labels-text.npz": "Convert the labels to whole numbers",
    "d3-one-hot.npz": "Replace the one-hot labels",
    "d3-rgb.npz": "Convert the images from color",
    "d3-y-10.npz": "If 10 means the digit 0",
}
"""Archive of drawings -> what is said or asked."""


@pytest.fixture(scope="session")
def cases(shared_data: Path) -> Path:
    """The folder with the files; without it, the tests fail in CI."""
    folder = shared_data.parent / "cases"
    if not folder.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"{folder} is not there")
    return folder


def test_models_of_every_kind(lab_server: AppServer, visit: Visit, cases: Path) -> None:
    page = visit(lab_server, "runs")
    page.settle()
    page.key("bring-in").locator("summary").click()
    panel, uploader = page.key("bring-in"), page.key("bring-file")
    for name, expected in MODELS.items():
        page.settle()
        uploader.locator("input[type=file]").set_input_files(cases / name)
        expect(panel.get_by_text(expected).first).to_be_visible(timeout=BEGIN_MS)
        page.settle()
        uploader.get_by_role("button", name="Remove").click()
        expect(panel.get_by_text(expected)).to_have_count(0)


def test_photos_of_every_kind(lab_server: AppServer, visit: Visit, cases: Path) -> None:
    page = visit(lab_server, "draw")
    page.settle()
    page.key("draw-source").get_by_text("Photo or scan").click()
    uploader = page.main.get_by_test_id("stFileUploader")
    heading = page.main.get_by_role("heading", level=3)
    for name, digits in PHOTOS.items():
        page.settle()
        uploader.locator("input[type=file]").set_input_files(cases / name)
        expect(heading, name).to_have_text(re.compile(rf"^Prediction: {digits}( \(.*)?$"), timeout=BEGIN_MS)
        page.settle()
        uploader.get_by_role("button", name="Remove").click()
        expect(heading).to_have_count(0)
    for name, said in NO_DIGIT.items():
        page.settle()
        uploader.locator("input[type=file]").set_input_files(cases / name)
        answer = page.main.locator("[data-testid=stAlert], h3, [data-testid=stCaptionContainer]").filter(has_text=said)
        expect(answer.first, name).to_be_visible()
        expect(heading.filter(has_text="Prediction")).to_have_count(0)
        page.settle()
        uploader.get_by_role("button", name="Remove").click()
        expect(answer).to_have_count(0)


def test_drawings_of_every_kind(lab_server: AppServer, visit: Visit, cases: Path) -> None:
    page = visit(lab_server, "draw")
    page.settle()
    page.key("draw-source").get_by_text("Dataset image").click()
    page.settle()
    page.main.get_by_role("tab", name="Collections").click(timeout=BEGIN_MS)
    page.settle()
    panel, uploader = page.key("keep-take-in"), page.key("keep-file")
    panel.locator("summary").click()
    for name, said in DRAWINGS.items():
        page.settle()
        uploader.locator("input[type=file]").set_input_files(cases / name)
        expect(panel.get_by_text(said), name).to_be_visible()
        page.settle()
        uploader.get_by_role("button", name="Remove").click()
        expect(panel.get_by_text(said)).to_have_count(0)
