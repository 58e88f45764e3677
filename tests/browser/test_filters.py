"""Filters in a browser: numbers become pictures, pooling forgives a shift, learned kernels are those of the run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

from cnnlab.datasets import load, scaled
from cnnlab.network.arithmetic import Padding, Window
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.training.snapshots import Moment, moments, read
from cnnlab.vision.convolution import correlate
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import LOOK_MS, LabPage, trained
from tests.browser.server import AppServer
from tests.waiting import wait_until

HORIZONTAL = ((1, 1, 1), (1, 1, 1), (-2, -2, -2))
SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
"""Vertical edges: dark at the left, light at the right."""
FIVE = 2
"""The training image that the page begins with is a five."""


@pytest.fixture(scope="module")
def five() -> np.ndarray:
    return scaled(load("mnist-5k").x_train[FIVE])[:, :, 0]


@pytest.fixture(scope="module")
def runs(profiles: Profiles, lab_server: AppServer) -> list[str]:
    """A run whose first layer has kernels, and one whose first layer is dense; two epochs of five batches each."""
    return trained(profiles.page(), lab_server, "conv-8", "mlp-relu", epochs=2, batch_size=800)


def _result(
    image: np.ndarray, kernel: object, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> np.ndarray:
    array = np.array(kernel, dtype=float)
    return correlate(image, array, Window((len(array),) * 2, (stride,) * 2, (dilation,) * 2), padding)


def _cell(page: LabPage, row: int, column: int) -> Locator:
    return page.main.get_by_role("spinbutton", name=f"Kernel {row}, {column}", exact=True)


def _picture(page: LabPage, name: str) -> Locator:
    """A picture on which the pointer and the arrow keys act."""
    return page.main.get_by_role("application", name=re.compile(f"^{name}, "))


def _point(page: LabPage, picture: Locator, row: int, column: int, side: int = 26) -> None:
    """Move the pointer to the middle of a pixel of a square picture."""
    box = picture.bounding_box()
    assert box
    page.page.mouse.move(box["x"] + box["width"] * (column + 0.5) / side, box["y"] + box["height"] * (row + 0.5) / side)


@contextmanager
def _sleeping(server: AppServer) -> Iterator[None]:
    """Stop the server's process: what happens meanwhile happens in the browser."""
    process = psutil.Process(server.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def test_the_result_follows_the_kernel_and_its_window(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    page.see_painted("The image, ", five, limit=1)
    page.see_painted("The result, ", _result(five, HORIZONTAL), "signed")

    page.main.get_by_role("button", name="Sobel, vertical edges").click()
    page.see_painted("The result, ", _result(five, SOBEL), "signed")

    own = ((-1, 0, 1), (-2, 0, 0.5), (-1, 0, 1))
    _cell(page, 2, 3).fill("0.5")
    page.see_painted("The result, ", _result(five, own), "signed")
    about = "Custom kernel based on “Sobel, vertical edges” The weights sum to −1.5: flat areas are multiplied"
    expect(page.key("design")).to_contain_text(re.compile(about.replace(" The", r"\s+The")))

    page.key("design").get_by_role("combobox", name="Padding").select_option("same")
    page.see_painted("The result, ", _result(five, own, padding="same"), "signed")
    expect(page.main.get_by_text("Height and width: (28 - 3 + 2·1) / 1 + 1 = 28", exact=True)).to_be_visible()
    page.number("Stride", 3)
    page.see_painted("The result, ", _result(five, own, stride=3, padding="same"), "signed")
    page.key("design").get_by_role("combobox", name="Padding").select_option("valid")
    page.number("Dilation", 2)
    page.see_painted("The result, ", _result(five, own, stride=3, dilation=2), "signed")
    expect(page.main.get_by_text("Height and width: ⌊(28 - 5 + 2·0) / 3⌋ + 1 = 8", exact=True)).to_be_visible()

    page.number("Bias", 0.25)
    page.see_painted("The result, ", _result(five, own, stride=3, dilation=2) + 0.25, "signed")
    page.key("design").get_by_role("combobox", name="Activation").select_option("relu")
    page.see_painted("The result, ", np.maximum(_result(five, own, stride=3, dilation=2) + 0.25, 0), "signed")

    # It is still there after a look at another page.
    page.settle()
    page.go("Data")
    page.go("Filters")
    page.see_painted("The result, ", np.maximum(_result(five, own, stride=3, dilation=2) + 0.25, 0), "signed")

    _cell(page, 1, 1).fill("")
    expect(page.main.get_by_role("alert")).to_contain_text("Each cell of the kernel needs a number from −1,000,000")
    _cell(page, 1, 1).fill("-1")
    expect(page.main.get_by_role("alert")).to_have_count(0)
    page.key("design").get_by_role("combobox", name="Size").select_option("7×7")
    page.number("Dilation", 5)
    expect(page.main.get_by_role("alert")).to_contain_text("A window of 31×31 does not fit into an image of 28×28.")
    page.key("design").get_by_role("combobox", name="Padding").select_option("same")
    expect(page.main.get_by_role("alert")).to_have_count(0)


def test_the_stage_answers_while_the_server_sleeps(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    first = _result(five, HORIZONTAL)
    page.see_painted("The result, ", first, "signed")
    _explains(page, five, *np.unravel_index(np.abs(first).argmax(), first.shape))
    page.settle()
    result = _picture(page, "The result")
    with _sleeping(lab_server):
        _point(page, result, 7, 12)
        _explains(page, five, 7, 12)
        _point(page, _picture(page, "The image"), 21, 14, side=28)
        _explains(page, five, 20, 13)

        result.focus()
        page.page.keyboard.press("ArrowDown")
        _explains(page, five, 21, 13)
        page.page.keyboard.press("ArrowLeft")
        _explains(page, five, 21, 12)
        expect(page.key("design").get_by_role("status")).to_contain_text("Row 21, column 12: ")

        _cell(page, 1, 1).hover()
        page.page.mouse.down()
        box = _cell(page, 1, 1).bounding_box()
        assert box
        page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 20, steps=4)
        # Steps of 0.05: one for each pixel.
        expect(_cell(page, 1, 1)).to_have_value("2")
        page.page.mouse.up()
        page.see_painted("The result, ", _result(five, ((2, 1, 1), *HORIZONTAL[1:])), "signed")

        page.main.get_by_role("button", name="Laplacian", exact=True).click()
        laplacian = _result(five, KERNELS["laplacian"].array)
        page.see_painted("The result, ", laplacian, "signed")

        # From the last pixel, play goes on at the first, and comes to the second row.
        _point(page, result, 25, 25)
        expect(page.main.get_by_text("Row 25, column 25", exact=True)).to_be_visible()
        page.main.get_by_role("slider", name="Speed").press("End")
        page.main.get_by_role("button", name="Play").click()
        expect(page.main.get_by_text("Row 1, column", exact=False)).to_be_visible()
        page.main.get_by_role("button", name="Pause").click()
    page.settle()


def _explains(page: LabPage, image: np.ndarray, row: int, column: int) -> None:
    """See which pixel it is, and the sum that makes it with the kernel for horizontal edges."""
    patch = image[row : row + 3, column : column + 3]
    total = f"{(patch * HORIZONTAL).sum():.3f}".replace("-", "−")
    said = page.key("design").locator(".filter-sum")
    expect(said).to_contain_text(re.compile(f"^Row {row}, column {column}.*[=≈] {total}$"))


def test_the_webcam_is_seen_through_the_kernel(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    page.see_painted("The result, ", _result(five, HORIZONTAL), "signed")
    page.main.get_by_role("button", name="Webcam").click()
    expect(page.main.get_by_text("The webcam's images stay in your browser.")).to_be_visible()
    # Chromium's moving test image has 4:3 and is green, with a part of a disk that moves.
    canvas = page.main.get_by_role("img", name="The result, 70×94")
    expect(canvas).to_be_visible()
    changes = page.page.evaluate_handle(
        """() => {
          const canvas = document.querySelector("canvas[aria-label^='The result']");
          const seen = new Set();
          const look = () => { seen.add(canvas.toDataURL()); requestAnimationFrame(look); };
          look();
          return seen;
        }"""
    )
    page.page.wait_for_function("(seen) => seen.size > 10", arg=changes)
    page.key("design").get_by_role("combobox", name="Channel").select_option("Each color")
    expect(page.key("design").get_by_role("img", name="The patch under the kernel.")).to_have_count(3)
    page.main.get_by_role("button", name="Stop the webcam").click()
    page.see_painted("The result, ", _result(five, HORIZONTAL), "signed")


def test_a_page_that_gets_no_webcam_says_so_and_takes_a_file(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "filters")
    # Only a page with HTTPS or of the same computer may ask for a webcam; to the browser this address is neither.
    page.page.goto(page.page.url.replace("127.0.0.1", "0.0.0.0"))
    expect(page.main.get_by_role("heading", level=1)).to_be_visible()
    page.settle()
    page.main.get_by_role("button", name="Webcam").click()
    expect(page.key("design")).to_contain_text("Browsers allow the webcam only on a page with HTTPS")
    page.main.get_by_role("button", name="Use an image file").click()
    page.main.locator("input[type=file]").set_input_files(_file("red.png", Image.new("RGB", (6, 4), "red"), "PNG"))
    page.see_painted("The image, ", np.full((4, 6), 0.299), limit=1)
    page.key("design").get_by_role("combobox", name="Channel").select_option("Red")
    page.see_painted("The image, ", np.ones((4, 6)), limit=1)


def _file(name: str, image: Image.Image, kind: str, **options: object) -> FilePayload:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return {"name": name, "mimeType": f"image/{kind.lower()}", "buffer": content.getvalue()}


def test_every_file_is_shown_or_answered(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "filters")
    page.choose("Image", "Upload an image")
    halves = np.zeros((20, 30), np.uint8)
    halves[:, 15:] = 255
    clear = Image.fromarray(np.dstack([np.zeros((4, 6, 3), np.uint8), halves[:4, 12:18]]), "RGBA")
    red, black = Image.new("RGB", (6, 4), "red"), Image.new("RGB", (6, 4))
    seen: list[tuple[FilePayload, np.ndarray]] = [
        (_file("halves.png", Image.fromarray(halves), "PNG"), np.repeat([[0.0] * 14 + [1.0] * 14], 19, axis=0)),
        (_file("one.png", Image.new("L", (1, 1), 51), "PNG"), np.array([[0.2]])),
        (_file("ink.jpg", Image.new("CMYK", (5, 5)), "JPEG"), np.ones((5, 5))),
        (_file("moving.gif", red, "GIF", save_all=True, append_images=[black]), np.full((4, 6), 0.299)),
        (_file("clear.png", clear, "PNG"), np.repeat([[1.0] * 3 + [0.0] * 3], 4, axis=0)),
    ]
    chooser = page.main.locator("input[type=file]")
    for file, expected in seen:
        page.settle()
        chooser.set_input_files(file)
        if file["name"] == "one.png":
            expect(page.main.get_by_role("alert")).to_contain_text("A window of 3×3 does not fit")
            page.key("design").get_by_role("combobox", name="Padding").select_option("same")
        expect(page.main.get_by_text(f"{file['name']} · ")).to_be_visible()
        page.see_painted("The image, ", expected, limit=1)

    refused: list[tuple[FilePayload, str]] = [
        ({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}, "This file is not a supported image"),
        (_file("huge.png", Image.new("1", (12_000, 12_000)), "PNG"), "The image has 12000×12000 pixels"),
        ({**seen[0][0], "name": "cut.png", "buffer": seen[0][0]["buffer"][:60]}, "This file is not a supported image"),
    ]
    for file, problem in refused:
        page.settle()
        chooser.set_input_files(file)
        expect(page.main.get_by_text(file["name"])).to_be_visible()
        expect(page.main.get_by_role("alert")).to_contain_text(problem)
        expect(page.main.locator(".filter-stage")).to_have_count(0)


def test_pooling_forgives_a_shift(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    page.tab("Pooling")
    image = _picture(page, "The image")
    expect(image).to_be_visible()
    page.settle()
    with _sleeping(lab_server):
        _shows_pooled(page, five, right=1)
        before, pooled = _shares(page)
        assert 0 < pooled < before < 100

        _point(page, image, 10, 10, side=28)
        page.page.mouse.down()
        _point(page, image, 12, 13, side=28)
        page.page.mouse.up()
        _shows_pooled(page, five, right=4, down=2)
        assert all(now > then for now, then in zip(_shares(page), (before, pooled), strict=True))
        image.press("ArrowLeft")
        _shows_pooled(page, five, right=3, down=2)

        _point(page, _picture(page, "The pooled map"), 7, 5, side=14)
        window = _feature(five, 3, 2)[14:16, 10:12]
        said = page.key("pooling").get_by_role("status")
        expect(said).to_have_text(f"Row 7, column 5Largest value: {window.max():.3f}")
        page.main.get_by_role("combobox", name="Pooling").select_option("Average pooling")
        expect(said).to_have_text(f"Row 7, column 5Mean: {window.mean():.3f}")
        page.see_painted("The pooled map, ", _feature(five, 3, 2).reshape(14, 2, 14, 2).mean(axis=(1, 3)))
    page.number("Shift right", 0)
    page.number("Shift down", 0)
    page.see_painted("The image, ", five, limit=1)
    wait_until(lambda: _shares(page) == [0, 0])


def _feature(five: np.ndarray, right: int, down: int) -> np.ndarray:
    """The feature map of the shifted digit."""
    moved = np.pad(five, ((down, 0), (right, 0)))[: len(five), : len(five)]
    return np.maximum(_result(moved, SOBEL, padding="same"), 0)


def _shows_pooled(page: LabPage, five: np.ndarray, right: int, down: int = 0) -> None:
    """See the feature map and the pooled map of the shifted digit, in colors up to the strongest with or without it."""
    maps = [_feature(five, *by) for by in ((0, 0), (right, down))]
    pools = [one.reshape(14, 2, 14, 2).max(axis=(1, 3)) for one in maps]
    page.see_painted("The feature map, ", maps[1], limit=float(np.max(maps)))
    page.see_painted("The pooled map, ", pools[1], limit=float(np.max(pools)))


def _shares(page: LabPage) -> list[int]:
    """How much the shift changes the feature map and the pooled map, in percent."""
    return [int(text.rstrip("%")) for text in page.key("pooling").locator(".filter-share strong").all_inner_texts()]


def test_learned_kernels_are_those_of_the_run_at_every_moment(
    lab_server: AppServer, visit: Visit, runs: list[str], five: np.ndarray
) -> None:
    folder = lab_server.home / "runs" / runs[0]
    kept = moments(folder)
    page = visit(lab_server, f"train?run={runs[0]}")
    page.go("Filters")
    page.tab("Learned")
    _shows_kernels(page, read(folder, kept[-1])["conv2d"], five)
    expect(page.main.get_by_text("Prediction at this snapshot")).to_be_visible()

    page.slide("Snapshot", "ArrowLeft")
    _shows_kernels(page, read(folder, kept[-2])["conv2d"], five)
    page.slide("Snapshot", "Home")
    _shows_kernels(page, read(folder, Moment(0))["conv2d"], five)

    page.settle()
    page.main.get_by_role("button", name="Play", exact=True).click()
    _shows_kernels(page, read(folder, Moment(2))["conv2d"], five)

    page.settle()
    page.main.get_by_text("What if a filter were missing?").click()
    metric = page.main.get_by_test_id("stMetric").filter(has_text="Accuracy on 1,000 test images")
    expect(metric).to_be_visible(timeout=LOOK_MS)
    whole, without = (_accuracy(read(folder, Moment(2)), missing) for missing in (None, 0))
    expect(metric).to_contain_text(f"{without:.1%}")
    expect(metric).to_contain_text(f"{without - whole:+.1%}".replace("-", "−"))
    page.number("Filter", 3)
    expect(metric).to_contain_text(f"{_accuracy(read(folder, Moment(2)), 3):.1%}")

    # A dense layer that sees the picture has weights that are pictures.
    page.choose("Run", re.compile("^mlp-relu · "))
    weights, biases = read(lab_server.home / "runs" / runs[1], Moment(2))["dense"]
    _shows_kernels(page, (weights.reshape(28, 28, 1, 16), biases))


def _accuracy(weights: dict[str, tuple[np.ndarray, ...]], missing: int | None) -> float:
    """Of `conv-8` on the test images, worked out without Keras; one of its filters can be missing."""
    data = load("mnist-5k")
    padded = np.pad(scaled(data.x_test)[..., 0], ((0, 0), (1, 1), (1, 1)))
    kernels, biases = weights["conv2d"]
    sums = np.einsum("nyxij,ijk->nyxk", sliding_window_view(padded, (3, 3), axis=(1, 2)), kernels[:, :, 0]) + biases
    maps = np.maximum(sums, 0) * (np.arange(8) != missing)
    scores = maps.reshape(len(maps), -1) @ weights["dense"][0] + weights["dense"][1]
    return float((scores.argmax(axis=1) == data.y_test).mean())


def test_a_transplanted_kernel_stays_what_it_is_while_the_network_trains(
    lab_server: AppServer, visit: Visit, five: np.ndarray
) -> None:
    page = visit(lab_server, "filters")
    page.see_painted("The result, ", _result(five, HORIZONTAL), "signed")
    page.settle()
    page.main.get_by_role("button", name="Sobel, vertical edges").click()
    page.settle()
    page.main.get_by_text("Use this kernel in a network").click()
    expect(page.key("transplant").get_by_text("Sobel, vertical edges · 3×3")).to_be_visible()
    page.settle()
    page.main.get_by_role("button", name="Add this kernel").click()
    expect(page.key("transplant").get_by_text("This layer already starts with this kernel.")).to_be_visible()
    page.settle()
    page.key("transplant").get_by_text("Freeze this layer").click()
    expect(page.key("transplant").get_by_text("frozen Initial kernels: Sobel, vertical edges")).to_be_visible()
    page.settle()
    page.main.get_by_role("button", name="Train this network").click()
    page.page.wait_for_url("**/train?*")
    run = page.start(1)
    page.expect_state("finished")
    folder = lab_server.home / "runs" / run
    before, after = (read(folder, Moment(epoch))["conv2d"] for epoch in (0, 1))
    assert after[0][:, :, 0, 0].tolist() == [list(row) for row in SOBEL]
    assert (before[0] == after[0]).all(), "the whole layer is frozen"
    assert (read(folder, Moment(0))["dense"][0] != read(folder, Moment(1))["dense"][0]).any(), "the rest learns"
    page.go("Filters")
    page.tab("Learned")
    _shows_kernels(page, after, five)
    assert page.chart("learned-montage", "node.data[1].text[0]") == "0: Sobel 1.00"


def _shows_kernels(page: LabPage, weights: tuple[np.ndarray, ...], image: np.ndarray | None = None) -> None:
    """See every filter's figures on hover, its kernel in the colours of its signs, and what it makes of `image`."""
    kernels, biases = weights
    each = list(enumerate(np.moveaxis(kernels[:, :, 0], -1, 0)))
    figures = [
        f"filter {k}: bias {biases[k]:.3f}, mean {kernel.mean():.3f}, std {kernel.std():.3f}, "
        f"norm {np.sqrt((kernel**2).sum()):.3f}"
        for k, kernel in each
    ]
    shown = "(node, figures) => String(node.data.at(-1).hovertext.map((t) => t.split('<br>')[0])) === String(figures)"
    page.see("learned-montage", shown, figures)
    pixels = page.montage("learned-montage").astype(int)
    middles = page.chart("learned-montage", "[node.data.at(-1).x, node.data.at(-1).y]")
    enlarged = 28 // len(kernels)
    across = len(kernels) * enlarged + (0 if image is None else 2 + 28)
    places = np.arange(len(kernels)) * enlarged + enlarged // 2
    sums = [] if image is None else [_result(image, kernel, padding="same") + biases[k] for k, kernel in each]
    for k, kernel in each:
        left, top = round(middles[0][k] - across / 2), round(middles[1][k] - 14)
        painted = pixels[top + places][:, left + places]
        # Blue outweighs red above zero; a weight next to nothing is white, where rounding decides.
        clear = np.abs(kernel) > 0.02 * np.abs(kernels).max()
        assert (np.sign(painted[..., 2] - painted[..., 0]) == np.sign(kernel))[clear].all()
        if sums:
            beside = pixels[top : top + 28, left + across - 28 : left + across, 0]
            np.testing.assert_allclose(beside, 255 * np.maximum(sums[k], 0) / np.max(sums), atol=1)
