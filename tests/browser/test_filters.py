"""Filters in a browser: numbers become pictures, pooling forgives a shift, learned kernels are those of the run."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from playwright.sync_api import Browser, FilePayload, expect

from cnnlab.datasets import load, scaled
from cnnlab.network.arithmetic import Padding, Window
from cnnlab.training.snapshots import Moment, moments, read
from cnnlab.vision.convolution import correlate
from tests.browser.conftest import Visit
from tests.browser.lab_page import LOOK_MS, LabPage, trained
from tests.browser.server import AppServer

HORIZONTAL = ((1, 1, 1), (1, 1, 1), (-2, -2, -2))
SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
"""Vertical edges: dark at the left, light at the right."""
FIVE = 2
"""The training image that the page begins with is a five."""

_RESTS = """node => {
  const x = node.layout.shapes[0].x0, now = performance.now();
  if (x !== node.seen?.x) node.seen = { x, now };
  return now - node.seen.now > 1500;
}"""
"""The frame has stayed where it is for longer than three steps of the player take."""


@pytest.fixture(scope="module")
def five() -> np.ndarray:
    return scaled(load("mnist-5k").x_train[FIVE])[:, :, 0]


@pytest.fixture(scope="module")
def runs(browser: Browser, lab_server: AppServer) -> list[str]:
    """A run whose first layer has kernels, and one whose first layer is dense; two epochs of five batches each."""
    return trained(browser, lab_server, "conv-8", "mlp-relu", epochs=2, batch_size=800)


def _result(
    image: np.ndarray, kernel: object, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> np.ndarray:
    array = np.array(kernel, dtype=float)
    return correlate(image, array, Window((len(array),) * 2, (stride,) * 2, (dilation,) * 2), padding)


def _cell(page: LabPage, row: int, column: int, text: str) -> None:
    box = page.main.get_by_role("spinbutton", name=f"Kernel {row}, {column}", exact=True)
    box.fill(text)
    box.press("Enter")


def test_the_result_follows_the_kernel_and_its_window(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    page.see_values("design-picture", five)
    page.see_values("design-result", _result(five, HORIZONTAL))

    page.choose("Kernel", "Sobel, vertical edges")
    page.see_values("design-result", _result(five, SOBEL))

    own = ((-1, 0, 1), (-2, 0, 0.5), (-1, 0, 1))
    _cell(page, 2, 3, "0.5")
    page.see_values("design-result", _result(five, own))
    expect(page.main.get_by_text("The elements sum to -1.5: flat areas are multiplied by it.")).to_be_visible()

    page.key("design-padding").get_by_text("same", exact=True).click()
    page.see_values("design-result", _result(five, own, padding="same"))
    expect(page.main.get_by_text("Height and width: (28 - 3 + 2·1) / 1 + 1 = 28", exact=True)).to_be_visible()
    page.number("strides", 3)
    page.see_values("design-result", _result(five, own, stride=3, padding="same"))
    expect(page.main.get_by_text("Height and width: (28 - 3 + 2·1) / 3 + 1 = 10", exact=True)).to_be_visible()
    page.key("design-padding").get_by_text("valid", exact=True).click()
    page.number("dilation_rate", 2)
    page.see_values("design-result", _result(five, own, stride=3, dilation=2))
    expect(page.main.get_by_text("Height and width: ⌊(28 - 5 + 2·0) / 3⌋ + 1 = 8", exact=True)).to_be_visible()

    page.number("bias", 0.25)
    page.see_values("design-result", _result(five, own, stride=3, dilation=2) + 0.25)
    page.key("design-relu").get_by_text("relu").click()
    page.see_values("design-result", np.maximum(_result(five, own, stride=3, dilation=2) + 0.25, 0))

    _cell(page, 1, 1, "")
    expect(page.main.get_by_role("alert")).to_contain_text("The kernel holds something that is no number")
    _cell(page, 1, 1, "-1")
    expect(page.main.get_by_role("alert")).to_have_count(0)
    page.key("design-size").get_by_text("7×7").click()
    page.number("dilation_rate", 5)
    expect(page.main.get_by_role("alert")).to_contain_text("A window of 31×31 does not fit into a picture of 28×28.")
    page.key("design-padding").get_by_text("same", exact=True).click()
    expect(page.main.get_by_role("alert")).to_have_count(0)


def test_a_pixel_of_the_result_is_explained_and_the_way_goes_on(
    lab_server: AppServer, visit: Visit, five: np.ndarray
) -> None:
    page = visit(lab_server, "filters")
    _pointed_at(page, five, *np.unravel_index(np.abs(_result(five, HORIZONTAL)).argmax(), (26, 26)))
    page.click_chart("design-result", x=12, y=7)
    _pointed_at(page, five, 7, 12)
    page.key("step-1").get_by_role("button").click()
    _pointed_at(page, five, 7, 13)
    page.key("step--1").get_by_role("button").click()
    _pointed_at(page, five, 7, 12)
    # Behind a row's last pixel comes the next one's first.
    page.click_chart("design-result", x=25, y=7)
    page.see("design-result", "node => node.layout.shapes[0].x0 === 24.5")
    page.key("step-1").get_by_role("button").click()
    _pointed_at(page, five, 8, 0)

    page.key("design-play").get_by_text("Play").click()
    page.see("design-result", "node => node.layout.shapes[0].x0 >= 2.5")
    page.key("design-play").get_by_text("Play").click()
    expect(page.key("design-play").get_by_role("switch")).not_to_be_checked()
    page.see("design-result", _RESTS)
    row, column = (int(k) for k in page.mark("design-result")[:2])
    _pointed_at(page, five, row, column)

    page.click_chart("design-result", x=12, y=7)
    _pointed_at(page, five, 7, 12)
    page.page.set_viewport_size({"width": 390, "height": 844})
    parts = "[...document.querySelectorAll('.katex-html .base')]"
    page.page.wait_for_function(f"{parts}.length > 0 && {parts}.every(p => p.getBoundingClientRect().right <= 390)")


def _pointed_at(page: LabPage, image: np.ndarray, row: int, column: int) -> None:
    """See the pixel framed in the result, its patch in the picture, and the products that add up to it."""
    expect(page.main.get_by_text(f"row {row}, column {column}")).to_be_visible()
    patch = image[row : row + 3, column : column + 3]
    page.see_values("step-Patch", patch)
    page.see_values("step-Products", patch * HORIZONTAL)
    assert page.mark("design-result") == (row, column, 1, 1)
    assert page.mark("design-picture") == (row, column, 3, 3)
    total = f"{(patch * HORIZONTAL).sum():.3f}".replace("-", "−")
    # KaTeX writes a formula twice: for the eye, and for those who cannot see it.
    expect(page.main.locator(".katex-html").first).to_contain_text(re.compile(f"[=≈]{total}$"))


def _file(name: str, image: Image.Image, kind: str, **options: object) -> FilePayload:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return {"name": name, "mimeType": f"image/{kind.lower()}", "buffer": content.getvalue()}


def test_every_file_is_shown_or_answered(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "filters")
    page.choose("Picture", "A file of your own")
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
        chooser.set_input_files(file)
        if file["name"] == "one.png":
            expect(page.main.get_by_role("alert")).to_contain_text("A window of 3×3 does not fit")
            page.key("design-padding").get_by_text("same", exact=True).click()
        expect(page.main.get_by_text(f"Picture · {file['name']}")).to_be_visible()
        page.see_values("design-picture", expected)

    refused: list[tuple[FilePayload, str]] = [
        ({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"}, "This file is no picture"),
        (_file("huge.png", Image.new("1", (12_000, 12_000)), "PNG"), "The picture has 12000×12000 pixels"),
        ({**seen[0][0], "name": "cut.png", "buffer": seen[0][0]["buffer"][:60]}, "This file is no picture"),
    ]
    for file, problem in refused:
        chooser.set_input_files(file)
        expect(page.main.get_by_text(file["name"])).to_be_visible()
        expect(page.main.get_by_role("alert")).to_contain_text(problem)
        expect(page.main.locator(".st-key-design-result")).to_have_count(0)


def test_pooling_forgives_a_shift(lab_server: AppServer, visit: Visit, five: np.ndarray) -> None:
    page = visit(lab_server, "filters")
    page.tab("Pooling")
    feature = np.maximum(_result(five, SOBEL, padding="same"), 0)
    page.see_values("pool-0-1", feature)
    page.see_values("pool-0-2", feature.reshape(14, 2, 14, 2).max(axis=(1, 3)))
    page.see_values("pool-1-0", np.pad(five, ((0, 0), (1, 0)))[:, :-1])
    before, pooled = _shares(page)
    assert 0 < pooled < before < 100

    page.number("Shift right", 4)
    page.see_values("pool-1-0", np.pad(five, ((0, 0), (4, 0)))[:, :-4])
    assert all(now > then for now, then in zip(_shares(page), (before, pooled), strict=True))
    page.key("pool-kind").get_by_text("Average pooling").click()
    page.see_values("pool-0-2", feature.reshape(14, 2, 14, 2).mean(axis=(1, 3)))
    page.number("Shift right", 0)
    page.see_values("pool-1-0", five)
    assert _shares(page) == [0, 0]


def _shares(page: LabPage) -> list[int]:
    """The two percentages of the Pooling tab."""
    page.settle()
    return [int(text.rstrip("%")) for text in page.main.get_by_test_id("stMetricValue").all_inner_texts()]


def test_learned_kernels_are_those_of_the_run_at_every_moment(
    lab_server: AppServer, visit: Visit, runs: list[str], five: np.ndarray
) -> None:
    folder = lab_server.home / "runs" / runs[0]
    kept = moments(folder)
    page = visit(lab_server, f"train?run={runs[0]}")
    page.go("Filters")
    page.tab("Learned")
    _shows_kernels(page, read(folder, kept[-1])["conv2d"], five)
    expect(page.main.get_by_text("At this moment the network says")).to_be_visible()

    page.slide("Moment of the training", "ArrowLeft")
    _shows_kernels(page, read(folder, kept[-2])["conv2d"], five)
    page.slide("Moment of the training", "Home")
    _shows_kernels(page, read(folder, Moment(0))["conv2d"], five)

    page.main.get_by_role("button", name="Play", exact=True).click()
    _shows_kernels(page, read(folder, Moment(2))["conv2d"], five)

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
    page.choose("Kernel", "Sobel, vertical edges")
    page.main.get_by_text("Put this kernel into a network").click()
    page.main.get_by_role("button", name="Add this kernel").click()
    page.key("transplant").get_by_text("Frozen while training").click()
    expect(page.key("transplant").get_by_text("frozen Begins with: Sobel, vertical edges")).to_be_visible()
    page.main.get_by_role("button", name="Train it").click()
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
        f"filter {k}: bias {biases[k]:.3f}, mean {kernel.mean():.3f}, spread {kernel.std():.3f}, "
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
