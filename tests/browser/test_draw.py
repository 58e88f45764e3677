"""Draw in a browser: what is written with a mouse or a finger is read, explained and kept."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from cnnlab.pretrain.pen_strokes import draw_strokes, read_strokes, scale_strokes
from cnnlab.runs import builtin
from tests.browser.axe import SERIOUS, findings
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
                np.concatenate([stroke[:-1:2], stroke[-1:]])
                for stroke in scale_strokes(writing.strokes, LARGE, (left, top))
            ]
    return found


def _expect_answer(page: LabPage, digit: int) -> None:
    """See it said in words and in bars, and see that it stays once the server has nothing more to say."""
    said = page.main.get_by_role("heading", level=3)
    expect(said).to_contain_text(f"Prediction: {digit}", timeout=LOOK_MS)
    page.settle()
    expect(said).to_contain_text(f"Prediction: {digit}")
    _see_bars(page, "(shares, digit) => shares.indexOf(Math.max(...shares)) === digit", digit)


def _bars(page: LabPage, place: int = 0) -> list[float]:
    """The probabilities of a network that the browser computes."""
    shares: list[float] = page.page.evaluate(f"({_SHARES})({place})")
    return shares


def _answer(page: LabPage, place: int = 0) -> list[float]:
    """The same, once they are for the drawing that the server has."""
    expect(page.main.locator(".cnnlab-live[data-stale]")).to_have_count(0)
    page.settle()
    expect(page.main.locator(".cnnlab-live[aria-busy=true]")).to_have_count(0)
    return _bars(page, place)


def _see_bars(page: LabPage, condition: str, arg: object = None, place: int = 0) -> None:
    """Wait until `condition`, JavaScript of (probabilities, arg), holds for a network's bars."""
    page.page.wait_for_function(
        f"""([place, arg]) => {{
          const shares = ({_SHARES})(place);
          return ({condition})(shares, arg);
        }}""",
        arg=[place, arg],
    )


_SHARES = """
(place) => [...document.querySelectorAll(".st-key-draw-live .cnnlab-bars")[place]?.children ?? []].flatMap(
  ({ dataset }) => (dataset.value ? [Number(dataset.value)] : []),
)
"""
_NEAR = "(shares, before) => shares.length > 0 && shares.every((share, k) => Math.abs(share - before[k]) < 1e-3)"
_OTHER = "(shares, before) => shares.some((share, k) => Math.abs(share - before[k]) > 1e-3)"


def _clear(page: LabPage) -> None:
    """Press Clear, and wait until another canvas is in the place of the old one, which stays for a while."""
    canvases = "[...document.querySelectorAll(\"[class*='st-key-draw-canvas-']\")].map(node => node.className)"
    (before,) = page.page.evaluate(canvases)
    _press(page, "clear")
    page.page.wait_for_function(
        f"before => {{ const now = {canvases}; return now.length === 1 && now[0] !== before; }}", arg=before
    )
    expect(page.main.locator("canvas.upper-canvas")).to_have_count(1)
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)
    page.settle()


def _press(page: LabPage, button: str) -> None:
    """Press Undo, Redo or Clear once the server has heard of all strokes."""
    expect(page.main.locator(".cnnlab-live[data-stale]")).to_have_count(0)
    page.settle()
    page.key(f"draw-{button}").get_by_role("button").click()


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


def test_digits_are_read_as_they_are_written_with_a_finger_and_the_page_stays(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw", **PHONE)
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    # Of one stroke, and of several.
    for digit in (3, 4, 5):
        page.touch(digits[digit])
        _expect_answer(page, digit)
        assert page.page.evaluate(scrolled) == 0
        if digit < 5:
            _clear(page)

    # What is wider than the window scrolls, also with the keyboard.
    page.see("seen-steps", "node => true")
    assert [(one.rule, one.nodes) for one in findings(page.page) if one.impact in SERIOUS] == []

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
    answer = _answer(page)
    page.draw(digits[7][1:])
    _see_bars(page, _OTHER, answer)
    _expect_answer(page, 7)
    assert _ink(page) > one_stroke > 0
    _press(page, "undo")
    wait_until(lambda: _ink(page) == one_stroke)
    _see_bars(page, _NEAR, answer)
    page.page.keyboard.press("Control+y")
    _expect_answer(page, 7)
    page.main.locator("canvas.upper-canvas").press("Delete")
    wait_until(lambda: _ink(page) == 0)
    _see_bars(page, "shares => shares.length === 0")
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)
    page.page.keyboard.press("Control+z")
    _expect_answer(page, 7)
    _clear(page)

    page.draw(digits[0])
    _expect_answer(page, 0)
    whole = _ink(page)
    answer = _answer(page)
    page.key("draw-pen").get_by_text("Eraser").click()
    page.settle()
    page.draw([np.column_stack([np.linspace(20, 260, 20), np.full(20, 140.0)])])
    _see_bars(page, _OTHER, answer)
    wait_until(lambda: 0 < _ink(page) < whole)
    _press(page, "undo")
    wait_until(lambda: _ink(page) == whole)
    _expect_answer(page, 0)

    for other in ("Build", "Feature maps"):
        page.go(other)
        page.go("Draw")
        wait_until(lambda: _ink(page) == whole)
        _expect_answer(page, 0)
    _press(page, "undo")
    wait_until(lambda: _ink(page) == 0)
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)

    # A reload, too, finds the drawing, but no more than its picture.
    page.page.keyboard.press("Control+Shift+Z")
    _expect_answer(page, 0)
    page.page.wait_for_function("sessionStorage.getItem('cnnlab-drawing')")
    page.page.reload()
    _expect_answer(page, 0)
    wait_until(lambda: _ink(page) == whole)
    _press(page, "undo")
    wait_until(lambda: _ink(page) == 0)
    expect(page.main.get_by_role("heading", level=3)).to_have_count(0)


def test_bars_and_layers_follow_the_pen_before_it_is_lifted(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    # An eight draws itself, and is no drawing of anybody.
    invitation = page.main.locator("canvas.cnnlab-invitation")
    expect(invitation).to_be_visible()
    _see_bars(page, "shares => shares[8] > 0.9")
    expect(page.key("draw-undo").get_by_role("button")).to_be_disabled()
    answers = [_bars(page)]
    corner = page.press(digits[3][0][0])
    expect(invitation).to_have_count(0)
    for part in np.array_split(digits[3][0][1:] + corner, 3):
        for x, y in part.tolist():
            page.page.mouse.move(x, y)
        _see_bars(page, _OTHER, answers[-1])
        answers.append(_bars(page))
    _see_bars(page, "shares => shares[3] > 0.9")
    expect(page.key("draw-said")).to_contain_text("The prediction appears here.")

    # Each layer is lit, with its name and shape; what is left out changes nothing.
    cards = page.key("draw-live").locator(".cnnlab-layers li")
    expect(cards).to_have_count(12)
    expect(cards.nth(0)).to_have_text("Input28×28×1")
    expect(cards.nth(1)).to_have_text("Convolution26×26×32")
    expect(cards.nth(11)).to_have_text("Dense128")
    lit = """cards => cards.every(card => {
      const canvas = card.querySelector("canvas");
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(new Uint32Array(pixels.buffer)).size > 3;
    })"""
    wait_until(lambda: cards.evaluate_all(lit))
    expect(page.main.get_by_role("img", name="Convolution, 26×26×32: a picture of its output.")).to_be_visible()
    page.page.mouse.up()
    _expect_answer(page, 3)
    # The canvas stays on the page for a moment after another image was chosen.
    page.settle()
    page.key("draw-source").get_by_text("Dataset image").click()
    _expect_answer(page, 5)


def test_what_is_no_digit_is_told_in_words(lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]) -> None:
    page = visit(lab_server, "draw")
    expect(page.main.get_by_text("Draw a digit, large or small")).to_be_visible()
    page.draw([np.array([[140.0, 140.0], [141.0, 140.0]])])
    expect(page.main.get_by_text("That is barely more than a dot")).to_be_visible(timeout=LOOK_MS)
    _clear(page)
    page.draw([stroke * 0.6 + np.array([x, 50]) for x in (0, 110) for stroke in digits[1]])
    expect(page.main.get_by_text("This looks like 2 digits")).to_be_visible(timeout=LOOK_MS)
    _clear(page)
    page.key("draw-pen").get_by_text("thick").click()
    page.settle()
    page.draw([np.array([[x, y] for k, y in enumerate(range(8, 280, 14)) for x in ((0, 280), (280, 0))[k % 2]], float)])
    expect(page.main.get_by_text("The canvas is almost full")).to_be_visible(timeout=LOOK_MS)
    assert _ink(page) > SIDE * SIDE / 2


def test_an_answer_is_compared_explained_and_changed(
    lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]
) -> None:
    page = visit(lab_server, "draw")
    page.draw(digits[4])
    _expect_answer(page, 4)
    sure = _answer(page)[4]

    page.key("draw-networks").get_by_role("button").click()
    page.choose("Network", "Built-in dense network")
    page.page.get_by_role("button", name="Add network").click()
    _see_bars(page, "shares => shares.length === 10", place=1)
    page.page.keyboard.press("Escape")
    titles = page.key("draw-live").locator(".cnnlab-title")
    expect(titles).to_have_text(["Built-in network", "Built-in dense network"])
    assert abs(sum(_bars(page, 1)) - 1) < 0.01
    _expect_answer(page, 4)

    # Both move before the pen is lifted.
    before = [_answer(page, place) for place in (0, 1)]
    corner = page.press(np.array([10.0, 10.0]))
    page.page.mouse.move(*(corner + 25).tolist())
    for place in (0, 1):
        _see_bars(page, _OTHER, before[place], place)
    page.page.mouse.up()
    _press(page, "undo")
    for place in (0, 1):
        _see_bars(page, _NEAR, before[place], place)

    page.tab("Transforms")
    page.see("dial-sweep", "node => node.data.length === 2")
    names, settings, shares = page.chart(
        "dial-sweep", "[node.data.map(t => t.name), node.data[0].x, node.data[0].y]"
    )  # fmt: skip
    assert names == ["Built-in network", "Built-in dense network"]
    assert abs(shares[settings.index(0)] - sure) < 1e-3, "not moved, it is the answer above"
    picture = page.chart("dial-picture", "node.data[0].source")
    page.slide("Shift to the right (pixels)", "End")
    page.see("dial-picture", "(node, before) => node.data[0].source !== before", picture)
    page.see("dial-sweep", "(node, end) => node.layout.shapes[0].x0 === end", max(settings))
    expect(page.main.get_by_text("Prediction after the transform")).to_be_visible()

    page.tab("Explanation")
    page.see("why-heat", "node => String(node.data[1].text) === 'Grad-CAM,Saliency,Occlusion'")
    assert page.montage("why-heat").std(axis=(0, 1))[:3].min() > 10, "no blank picture"
    page.see("why-alike", "node => node.data[1].text.length === 12")
    assert page.chart("why-alike", "node.data[1].text").count("4") > 6
    page.settle()
    page.key("towards-4").get_by_text("9", exact=True).click()
    expect(page.main.get_by_text("small steps, the network predicts 9")).to_be_visible(timeout=LOOK_MS)
    page.see("why-towards", "node => String(node.data[1].text) === 'before,change,after'")

    page.settle()
    page.main.get_by_role("button", name="View feature maps").click()
    expect(page.page.get_by_role("heading", level=1, name="Feature maps")).to_be_visible()
    expect(page.main.get_by_role("combobox", name="Image")).to_have_value("Your drawing")
    page.choose("Run", "Built-in network")
    bars = len(builtin.run(builtin.ID).network.layers) - 1
    page.settle()
    page.key("maps-charts").locator("summary").click()
    page.see("maps-all", "(node, sure) => Math.abs(node.data[0].y?.[4] - sure) < 1e-3", sure, place=bars)


def test_four_networks_move_at_once(lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]) -> None:
    page = visit(lab_server, "train")
    page.start_and_see(1)
    page.expect_state("finished")
    page.go("Draw")
    # The run that was followed goes along.
    expect(page.page.get_by_role("combobox", name="Run")).to_have_value(re.compile("^conv-8 · "))
    page.choose("Run", "Built-in network")
    page.draw(digits[6])
    _expect_answer(page, 6)
    page.key("draw-networks").get_by_role("button").click()
    trained = re.compile("^(?!Built-in)")
    for count, (run, snapshot) in enumerate(
        (("Built-in dense network", None), (trained, "epoch 1"), (trained, "untrained")), 2
    ):
        page.choose("Network", run)
        if snapshot:
            page.choose("Its snapshot", snapshot)
        page.page.get_by_role("button", name="Add network").click()
        expect(page.key("draw-live").locator(".cnnlab-bars")).to_have_count(count)
    page.page.keyboard.press("Escape")
    page.settle()
    before = []
    for place in range(4):
        _see_bars(page, "shares => shares.length === 10", place=place)
        before.append(_answer(page, place))
    corner = page.press(np.array([40.0, 40.0]))
    page.page.mouse.move(*(corner + 200).tolist())
    for place in range(4):
        _see_bars(page, _OTHER, before[place], place)
    page.page.mouse.up()


def test_a_scan_is_found_to_be_dark_on_light(lab_server: AppServer, visit: Visit, digits: dict[int, Strokes]) -> None:
    page = visit(lab_server, "draw")
    page.settle()
    page.key("draw-source").get_by_text("Photo or scan").click()
    ink = draw_strokes([stroke * 2 for stroke in digits[2]], 2 * SIDE, 20)
    paper = np.linspace(0.95, 0.6, 2 * SIDE) * np.ones_like(ink)
    chooser = page.main.locator("input[type=file]")
    page.settle()
    chooser.set_input_files(_png("scan.png", paper * (1 - 0.8 * ink)))
    _expect_answer(page, 2)
    expect(page.main.get_by_text("Detected dark ink on light paper; inverted.")).to_be_visible()
    # The ground is black.
    page.see("seen", "node => node.data[0].z[0][0] === 0")
    page.settle()
    chooser.set_input_files(_png("slate.png", ink))
    expect(page.main.get_by_text("Detected light ink on a dark background.")).to_be_visible()
    _expect_answer(page, 2)
    page.settle()
    chooser.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    expect(page.main.get_by_role("alert")).to_contain_text("This file is not a supported image")


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
        page.tab("Collections")
        page.settle()
        page.key("keep-label").get_by_text(str(label), exact=True).click()
        page.settle()
        page.main.get_by_role("button", name="Save drawing").click()
        expect(page.main.get_by_text(f"My drawings ({count})")).to_be_visible(timeout=LOOK_MS)
        if count < 3:
            _clear(page)
    expect(page.main.get_by_text("Accuracy of the first network: 66.7% of 3")).to_be_visible()
    page.see("keep-confusion", "node => node.data[0].z[7][8] === 1")

    x, y = page.chart("keep-grid-3", "[node.data.at(-1).x[2], node.data.at(-1).y[2]]")
    page.click_chart("keep-grid-3", x, y)
    page.settle()
    page.main.locator("[class*='st-key-relabel-']").get_by_text("8", exact=True).click()
    expect(page.main.get_by_text("Accuracy of the first network: 100.0% of 3")).to_be_visible()
    page.see("keep-grid-3", "node => String(node.data[1].text) === '3,5,8'")
    page.settle()
    page.main.get_by_role("button", name="Remove").click()
    expect(page.main.get_by_text("My drawings (2)")).to_be_visible()
    page.settle()
    page.main.get_by_role("button", name="Restore").click()
    expect(page.main.get_by_text("My drawings (3)")).to_be_visible()
    page.settle()

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
