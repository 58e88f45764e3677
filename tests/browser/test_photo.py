"""Photos on Draw in a browser: several digits, the frame by mouse, finger and keyboard, and what cannot be read."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Visit
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer
from tests.vision.photos import ink, on_desk, on_paper

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def _file(name: str, *frames: np.ndarray) -> FilePayload:
    content = io.BytesIO()
    first, *others = (Image.fromarray((frame * 255).round().astype(np.uint8)) for frame in frames)
    options = {"save_all": True, "append_images": others, "duration": 100} if others else {}
    first.save(content, name.rpartition(".")[2].upper(), **options)
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def _upload(page: LabPage, file: FilePayload) -> None:
    page.settle()
    page.main.locator("input[type=file]").set_input_files(file)


def _expect(page: LabPage, said: str) -> None:
    expect(page.main.get_by_role("heading", level=3)).to_have_text(said, timeout=LOOK_MS)


def test_digits_are_read_one_by_one_and_the_frame_selects(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "draw")
    page.settle()
    page.key("draw-source").get_by_text("Photo or scan").click()
    _upload(page, _file("two.png", on_desk(on_paper(ink([7, 2], height=90, left=70, pen=8)), angle=0)))
    _expect(page, "Prediction: 7 2")
    expect(page.key("draw-answers").locator(".cnnlab-title")).to_have_text(["Digit 1", "Digit 2"])
    page.see("draw-answers", "node => node.data[0].y.indexOf(Math.max(...node.data[0].y)) === 2", place=1)
    page.settle()
    page.main.get_by_role("radiogroup", name="Look closer at").get_by_text("Digit 2").click()

    corner = page.main.get_by_role("button", name="Upper left corner: arrow keys")
    page.settle()
    corner.focus()
    for _press in range(10):
        page.page.keyboard.press("ArrowRight")
    expect(page.main.get_by_role("heading", level=3)).to_contain_text("Prediction: 2 (", timeout=LOOK_MS)

    # Drag the frame to the seven with the mouse.
    page.settle()
    box = page.main.get_by_role("button", name="Move the frame: arrow keys").bounding_box()
    assert box is not None
    mouse = page.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] - box["width"] * 0.35, box["y"] + box["height"] / 2, steps=4)
    mouse.up()
    expect(page.main.get_by_role("heading", level=3)).to_contain_text("Prediction: 7 (", timeout=LOOK_MS)


def test_a_finger_moves_a_corner_and_the_page_stays(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "draw", **PHONE)
    page.settle()
    page.key("draw-source").get_by_text("Photo or scan").click()
    _upload(page, _file("two.png", on_paper(ink([7, 2], height=90, left=70, pen=8))))
    _expect(page, "Prediction: 7 2")
    corner = page.main.get_by_role("button", name="Lower right corner: arrow keys")
    corner.scroll_into_view_if_needed()
    page.settle()
    frame, box = (
        page.main.get_by_role("button", name="Move the frame: arrow keys").bounding_box(),
        corner.bounding_box(),
    )
    assert frame is not None and box is not None
    scrolled = page.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.page.context.new_cdp_session(page.page)
    for kind, share in (("touchStart", 0.0), ("touchMove", 0.25), ("touchMove", 0.5)):
        point = {"x": x - share * frame["width"], "y": y}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.main.get_by_role("heading", level=3)).to_contain_text("Prediction: 7 (", timeout=LOOK_MS)
    assert page.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == scrolled


def test_what_cannot_be_read_is_told_in_its_own_words(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "draw")
    page.settle()
    page.key("draw-source").get_by_text("Photo or scan").click()
    alert, blank = page.main.get_by_role("alert"), np.full((60, 80), 0.9)
    _upload(page, _file("blank.png", blank))
    expect(alert).to_contain_text("No writing was found in this picture.", timeout=LOOK_MS)
    _upload(page, _file("blank.gif", blank, on_paper(ink([7]))))
    expect(alert).to_contain_text("No writing was found in the first frame of this animation")
    y, x = np.indices((400, 400))
    _upload(page, _file("dot.png", on_paper((np.hypot(y - 200, x - 230) < 5).astype(float))))
    _expect(page, "A dot, not a digit")
