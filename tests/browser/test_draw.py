"""Draw in a browser: what is written with a mouse or a finger is read, explained and kept."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from cnnlab import builtin
from cnnlab.strokes import placed, read_strokes, rendered
from tests.browser.chromium import missing
from tests.browser.conftest import Visit
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer
from tests.waiting import wait_until

WRITER = 21
"""Whose first writing of each digit is drawn. Nobody's digits from 21 on were learned from."""
SIDE, LARGE = 280, 200
"""Pixels of the canvas, and of a digit's longer side on it."""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

Strokes = list[np.ndarray]


@pytest.fixture(scope="module")
def digits() -> dict[int, Strokes]:
    """Each digit as strokes in the middle of the canvas."""
    path = Path(os.environ.get("CNNLAB_TEST_DATA", ".")) / "pen-strokes.txt.gz"
    if not path.exists():
        missing(f"{path} is not there; set CNNLAB_TEST_DATA")
    found: dict[int, Strokes] = {}
    for writing in read_strokes(path):
        if writing.writer == WRITER and writing.label not in found:
            extent = np.ptp(np.concatenate(writing.strokes), axis=0)
            left, top = (SIDE - extent * LARGE / extent.max()) / 2
            # Every other point will do for the shape, and each costs a mouse's move.
            found[writing.label] = [
                np.concatenate([stroke[:-1:2], stroke[-1:]]) for stroke in placed(writing.strokes, LARGE, (left, top))
            ]
    return found


def _expect_answer(page: LabPage, digit: int) -> None:
    """See it said in words and in bars, and see that it stays once the server has nothing more to say."""
    said = page.main.get_by_role("heading", level=3)
    expect(said).to_contain_text(f"It is {digit}", timeout=LOOK_MS)
    page.settle()
    expect(said).to_contain_text(f"It is {digit}")
    page.see("draw-answers", "(node, digit) => node.data[0].y.indexOf(Math.max(...node.data[0].y)) === digit", digit)


def _clear(page: LabPage) -> None:
    _renew(page, "clear")
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)
    expect(page.main.get_by_text("Write a digit, large or small")).to_be_visible()


def _renew(page: LabPage, button: str) -> None:
    """Press Undo or Clear, and wait until another canvas is in the place of the old one, which stays for a while."""
    canvases = "[...document.querySelectorAll(\"[class*='st-key-draw-canvas-']\")].map(node => node.className)"
    (before,) = page.page.evaluate(canvases)
    page.key(f"draw-{button}").get_by_role("button").click()
    page.page.wait_for_function(
        f"before => {{ const now = {canvases}; return now.length === 1 && now[0] !== before; }}", arg=before
    )
    expect(page.main.locator("canvas.upper-canvas")).to_have_count(1)
    page.settle()


def _ink(page: LabPage) -> int:
    """How many of the canvas's pixels are bright, as the browser shows them."""
    count: int = page.main.locator("canvas.lower-canvas").last.evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, k) => k % 4 === 0 && value > 128).length;
        }"""
    )
    return count


def test_every_digit_is_read_as_it_is_written_with_the_mouse(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    for digit in range(10):
        page.draw(digits[digit])
        _expect_answer(page, digit)
        _clear(page)


def test_every_digit_is_read_as_it_is_written_with_a_finger_and_the_page_stays(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw", **PHONE)
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    for digit in range(10):
        page.touch(digits[digit])
        _expect_answer(page, digit)
        assert page.page.evaluate(scrolled) == 0
        if digit < 9:
            _clear(page)

    # The page is longer than the window now: on the canvas a finger draws, beside it a finger scrolls.
    stroke = np.column_stack([np.full(20, 140.0), np.linspace(250, 20, 20)])
    page.touch([stroke])
    page.settle()
    assert page.page.evaluate(scrolled) == 0
    page.touch([stroke + np.array([170, 0])])
    page.page.wait_for_function(f"{scrolled} > 100")


def test_undo_eraser_and_clear_and_the_drawing_outlives_its_page(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    page.draw(digits[7][:1])
    expect(page.main.get_by_role("heading", level=3)).to_be_visible(timeout=LOOK_MS)
    one_stroke = _ink(page)
    answer = page.chart("draw-answers", "node.data[0].y")
    page.draw(digits[7][1:])
    page.see("draw-answers", "(node, before) => String(node.data[0].y) !== String(before)", answer)
    _expect_answer(page, 7)
    assert _ink(page) > one_stroke > 0
    _renew(page, "undo")
    wait_until(lambda: _ink(page) == one_stroke, 20)
    page.see("draw-answers", "(node, before) => String(node.data[0].y) === String(before)", answer)
    _clear(page)
    wait_until(lambda: _ink(page) == 0, 20)
    expect(page.key("draw-undo").get_by_role("button")).to_be_disabled()

    page.draw(digits[0])
    _expect_answer(page, 0)
    whole = _ink(page)
    answer = page.chart("draw-answers", "node.data[0].y")
    page.key("draw-pen").get_by_text("Eraser").click()
    page.settle()
    page.draw([np.column_stack([np.linspace(20, 260, 20), np.full(20, 140.0)])])
    page.see("draw-answers", "(node, before) => String(node.data[0].y) !== String(before)", answer)
    assert 0 < _ink(page) < whole
    _renew(page, "undo")
    wait_until(lambda: _ink(page) == whole, 20)
    _expect_answer(page, 0)

    for other in ("Build", "Feature maps"):
        page.go(other)
        page.go("Draw")
        wait_until(lambda: _ink(page) == whole, 20)
        _expect_answer(page, 0)
    _renew(page, "undo")
    wait_until(lambda: _ink(page) == 0, 20)
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)


def test_what_is_no_digit_is_told_in_words(lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]) -> None:
    page = visit(lab_server, "draw")
    expect(page.main.get_by_text("Write a digit, large or small")).to_be_visible()
    expect(page.key("draw-answers")).to_have_count(0)
    page.draw([np.array([[140.0, 140.0], [141.0, 140.0]])])
    expect(page.main.get_by_text("This is little more than a dot")).to_be_visible(timeout=LOOK_MS)
    _clear(page)
    page.draw([stroke * 0.6 + np.array([x, 50]) for x in (0, 110) for stroke in digits[1]])
    expect(page.main.get_by_text("These look like 2 digits")).to_be_visible(timeout=LOOK_MS)
    _clear(page)
    page.key("draw-pen").get_by_text("thick").click()
    page.settle()
    page.draw([np.array([[x, y] for k, y in enumerate(range(8, 280, 14)) for x in ((0, 280), (280, 0))[k % 2]], float)])
    expect(page.main.get_by_text("Nearly everything is ink")).to_be_visible(timeout=LOOK_MS)
    assert _ink(page) > SIDE * SIDE / 2


def test_an_answer_is_compared_explained_and_changed(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    page.draw(digits[4])
    _expect_answer(page, 4)
    sure = page.chart("draw-answers", "node.data[0].y[4]")

    page.key("draw-networks").get_by_role("button").click()
    page.choose("Run", "Built-in dense network")
    page.page.get_by_role("button", name="Ask it too").click()
    page.see("draw-answers", "node => node.data[0].y.length === 10", place=1)
    page.page.keyboard.press("Escape")
    titles = page.key("draw-answers").locator(".cnnlab-title")
    expect(titles).to_have_text(["Built-in network", "Built-in dense network"])
    assert abs(sum(page.chart("draw-answers", "node.data[0].y", 1)) - 1) < 0.01
    _expect_answer(page, 4)

    page.tab("Shift, rotate, scale")
    page.see("dial-sweep", "node => node.data.length === 2")
    names, settings, shares = page.chart(
        "dial-sweep", "[node.data.map(t => t.name), node.data[0].x, node.data[0].y]"
    )  # fmt: skip
    assert names == ["Built-in network", "Built-in dense network"]
    assert abs(shares[settings.index(0)] - sure) < 1e-3, "not moved, it is the answer above"
    picture = page.chart("dial-picture", "node.data[0].source")
    page.slide("Moved to the right (pixels)", "End")
    page.see("dial-picture", "(node, before) => node.data[0].source !== before", picture)
    assert page.chart("dial-sweep", "node.layout.shapes[0].x0") == max(settings)
    expect(page.main.get_by_text("Now it is")).to_be_visible()

    page.tab("Why")
    page.see("why-heat", "node => String(node.data[1].text) === 'Grad-CAM,Saliency,Occlusion'")
    assert page.montage("why-heat").std(axis=(0, 1))[:3].min() > 10, "no blank picture"
    page.see("why-alike", "node => node.data[1].text.length === 12")
    assert page.chart("why-alike", "node.data[1].text").count("4") > 6
    page.key("towards-4").get_by_text("9", exact=True).click()
    expect(page.main.get_by_text("small steps the network says 9")).to_be_visible(timeout=LOOK_MS)
    page.see("why-towards", "node => String(node.data[1].text) === 'before,change,after'")

    page.main.get_by_role("button", name="Its feature maps").click()
    expect(page.page.get_by_role("heading", level=1, name="Feature maps")).to_be_visible()
    expect(page.main.get_by_role("combobox", name="Picture")).to_have_value("Your drawing")
    page.choose("Run", "Built-in network")
    bars = len(builtin.run(builtin.ID).network.layers) - 1
    page.see("maps-all", "(node, sure) => Math.abs(node.data[0].y?.[4] - sure) < 1e-3", sure, place=bars)


def test_a_scan_is_found_to_be_dark_on_light(lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]) -> None:
    page = visit(lab_server, "draw")
    page.key("draw-source").get_by_text("Photo or scan").click()
    ink = rendered([stroke * 2 for stroke in digits[2]], 2 * SIDE, 20)
    paper = np.linspace(0.95, 0.6, 2 * SIDE) * np.ones_like(ink)
    chooser = page.main.locator("input[type=file]")
    chooser.set_input_files(_png("scan.png", paper * (1 - 0.8 * ink)))
    _expect_answer(page, 2)
    expect(page.main.get_by_text("Taken for dark on light, and inverted.")).to_be_visible()
    assert page.values("seen")[0, 0] == 0, "the ground is black"
    chooser.set_input_files(_png("slate.png", ink))
    expect(page.main.get_by_text("Taken for light on dark.")).to_be_visible()
    _expect_answer(page, 2)
    chooser.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(page.main.get_by_role("alert")).to_contain_text("This file is no picture")


def _png(name: str, grey: np.ndarray) -> FilePayload:
    content = io.BytesIO()
    Image.fromarray((grey * 255).round().astype(np.uint8)).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def test_drawings_are_kept_corrected_tested_and_taken_along(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    images = []
    # The last one is an eight that is called a seven, by mistake.
    for count, (digit, label) in enumerate(((3, 3), (5, 5), (8, 7)), 1):
        page.draw(digits[digit])
        _expect_answer(page, digit)
        if count == 1:
            images.append(page.values("seen"))
        page.tab("Keep")
        page.key("keep-label").get_by_text(str(label), exact=True).click()
        page.settle()
        page.main.get_by_role("button", name="Keep it").click()
        expect(page.main.get_by_text(f"My drawings ({count})")).to_be_visible(timeout=LOOK_MS)
        if count < 3:
            _clear(page)
    expect(page.main.get_by_text("How well does the first network read them? 66.7% of 3")).to_be_visible()
    assert page.values("keep-confusion")[7, 8] == 1

    x, y = page.chart("keep-grid-3", "[node.data.at(-1).x[2], node.data.at(-1).y[2]]")
    page.click_chart("keep-grid-3", x, y)
    page.main.locator("[class*='st-key-relabel-']").get_by_text("8", exact=True).click()
    expect(page.main.get_by_text("How well does the first network read them? 100.0% of 3")).to_be_visible()
    assert page.chart("keep-grid-3", "node.data[1].text") == ["3", "5", "8"]
    page.main.get_by_role("button", name="Remove").click()
    expect(page.main.get_by_text("My drawings (2)")).to_be_visible()
    page.main.get_by_role("button", name="Bring back").click()
    expect(page.main.get_by_text("My drawings (3)")).to_be_visible()

    with page.page.expect_download() as download:
        page.key("keep-npz").get_by_role("button").click()
    assert download.value.suggested_filename == "My drawings.npz"
    with np.load(download.value.path(), allow_pickle=False) as kept:
        assert kept["x"].shape == (3, 28, 28, 1)
        assert kept["y"].tolist() == [3, 5, 8]
        np.testing.assert_allclose(kept["x"][0, :, :, 0] / 255, images[0], atol=1 / 255)
    # What is right stands in a trace of its own.
    assert page.chart("keep-confusion", "node.data[1].z.map((row, k) => row[k])") == [0, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    assert np.nansum(page.values("keep-confusion")) == 0
