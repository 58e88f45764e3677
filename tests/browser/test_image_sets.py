"""One's own images in a browser: a ZIP file, bursts of the webcam, a table from Kaggle, and a stop in the middle."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import expect

from cnnlab.datasets import load
from cnnlab.datasets.image_sets import ImageSet, ImageSets
from cnnlab.settings import Settings
from tests.browser.conftest import Visit
from tests.browser.lab_page import LabPage
from tests.browser.server import AppServer
from tests.datasets.image_sets.made import image_file, scene
from tests.waiting import wait_until


def new_set(page: LabPage, way: str = "") -> None:
    """Open the panel for a new image set, at one of the ways in."""
    page.settle()
    page.key("set-new").get_by_role("button").click()
    expect(page.main.get_by_role("heading", name="New image set")).to_be_visible()
    page.settle()
    if way:
        page.key("set-way").get_by_text(way, exact=True).click()
        page.settle()


def give(page: LabPage, *paths: Path) -> None:
    page.settle()
    page.key("set-files-0").locator("input[type=file]").set_input_files([str(path) for path in paths])


def press(page: LabPage, key: str) -> None:
    page.settle()
    page.key(key).get_by_role("button").click()
    page.settle()


def newest(server: AppServer) -> ImageSet:
    return ImageSets(Settings(home=server.home)).all()[0]


def sizes(seed: int) -> tuple[int, int]:
    width, height = np.random.default_rng(seed).integers(30, 200, 2).tolist()
    return width, height


def test_from_a_zip_file_of_folders_to_a_corrected_dataset(visit: Visit, lab_server: AppServer, tmp_path: Path) -> None:
    digits = load("mnist-5k")
    with zipfile.ZipFile(tmp_path / "numbers.zip", "w") as archive:
        for label, name in ((3, "three"), (7, "seven")):
            for k, image in enumerate(digits.x_train[digits.y_train == label][:40]):
                picture = Image.fromarray(image[:, :, 0]).resize(sizes(100 * label + k))
                archive.writestr(f"numbers/{name}/{k}.jpg", image_file(picture, "JPEG"))
        archive.writestr("__MACOSX/numbers/._1.jpg", b"junk")
        archive.writestr("numbers/three/broken.jpg", b"\xff\xd8broken")
    page = visit(lab_server, "data")
    new_set(page)
    give(page, tmp_path / "numbers.zip")
    expect(page.main.get_by_text("numbers: 80 images of 2 classes.")).to_be_visible()
    page.settle()
    page.main.get_by_text("1 file was left out").click()
    expect(page.main.get_by_role("row", name=re.compile("broken.jpg.*not a supported image"))).to_be_visible()
    expect(page.main.get_by_text("1 file of the system, such as Thumbs.db, was ignored.")).to_be_visible()
    # Ten images before and after, with other choices at once.
    made = newest(lab_server)
    page.see(f"set-preview-{made.id}", "node => true", place=1)
    page.number("Height and width in pixels", 20)
    page.settle()
    page.key(f"set-fit-{made.id}").get_by_text("Pad", exact=True).click()
    press(page, f"set-apply-{made.id}")
    press(page, "set-show")
    expect(page.main.get_by_text("20×20×1 pixels")).to_be_visible()
    page.page.wait_for_url(f"**/data?data={made.id}*")
    page.see("data-gallery-16", "node => true")
    changed = newest(lab_server)
    assert (changed.shape.size, changed.shape.fit, changed.images) == (20, "pad", 80)

    page.tab("Correct")
    pictures = page.key(f"fix-grid-{made.id}").locator("button")
    expect(pictures).to_have_count(40)
    page.settle()
    pictures.nth(1).click()
    pictures.nth(3).click(modifiers=["Shift"])
    expect(page.main.get_by_text("3 selected")).to_be_visible()
    page.settle()
    page.choose("Move to", "three")
    press(page, "fix-move")
    expect(pictures).to_have_count(37)
    assert [sum(count) for count in newest(lab_server).counts] == [37, 43]
    press(page, "fix-undo")
    expect(pictures).to_have_count(40)
    assert newest(lab_server).digest == changed.digest


def test_bursts_of_the_webcam_become_classes(visit: Visit, lab_server: AppServer) -> None:
    page = visit(lab_server, "data")
    new_set(page, "Class by class, webcam")
    for number, name in enumerate(("left", "right")):
        field = page.key(f"set-class-{number}").locator("input")
        field.fill(name)
        field.press("Enter")
        page.settle()
    page.main.get_by_role("button", name="Start the webcam").click()
    view = page.main.get_by_role("img", name="What the webcam sees, mirrored")
    expect(view).to_be_visible()
    page.page.wait_for_function(
        "() => document.querySelector('.burst-view').getContext('2d').getImageData(160, 5, 1, 1).data[1] > 50"
    )
    take = page.main.get_by_role("button", name="Hold to take photos")
    for name in ("left", "right"):
        page.choose("Photos for", name)
        take.hover()
        page.page.mouse.down()
        expect(page.main.locator(".burst-note")).to_have_text(re.compile(r"^([4-9]|\d\d) / 60$"))
        page.page.mouse.up()
        page.settle()
    expect(page.main.get_by_text(re.compile(r"^\d+ images$"))).to_have_count(2)
    page.key("set-name").locator("input").fill("Hands")
    page.key("set-name").locator("input").press("Enter")
    press(page, "set-create")
    allow, show = page.key("set-alike"), page.key("set-show")
    expect(allow.or_(show).first).to_be_visible()
    page.settle()
    if allow.is_visible():
        # One burst shows too little: it would all be in one part.
        expect(page.main.get_by_text("Near-duplicates count once.")).to_be_visible()
        press(page, "set-alike")
    expect(show).to_be_visible()
    made = newest(lab_server)
    assert (made.name, made.class_names) == ("Hands", ("left", "right"))
    assert all(sum(count) >= 4 for count in made.counts)


def test_a_table_from_kaggle(visit: Visit, lab_server: AppServer, tmp_path: Path) -> None:
    digits = load("digits-8x8")
    rows = [",".join(map(str, [digits.y_train[k], *digits.x_train[k].ravel()])) for k in range(200)]
    head = ",".join(["label", *(f"pixel{k}" for k in range(64))])
    (tmp_path / "train.csv").write_text("\n".join([head, *rows]))
    page = visit(lab_server, "data")
    new_set(page)
    give(page, tmp_path / "train.csv")
    expect(page.main.get_by_text("train: 200 images of 10 classes.")).to_be_visible()
    press(page, "set-show")
    expect(page.main.get_by_text("8×8×1 pixels")).to_be_visible()
    made = newest(lab_server)
    kept = ImageSets(Settings(home=lab_server.home)).load(made.id)
    found = {(*x.ravel().tolist(), int(y)) for x, y in zip(kept.x_train, kept.y_train, strict=True)}
    found |= {(*x.ravel().tolist(), int(y)) for x, y in zip(kept.x_test, kept.y_test, strict=True)}
    assert found == {(*digits.x_train[k].ravel().tolist(), int(digits.y_train[k])) for k in range(200)}


def test_a_stop_in_the_middle_keeps_nothing(visit: Visit, lab_server: AppServer, tmp_path: Path) -> None:
    photo = image_file(scene(0), "JPEG")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for k in range(3000):
            archive.writestr(f"{k % 2}/{k}.jpg", photo)
    (tmp_path / "many.zip").write_bytes(whole.getvalue())
    before = newest_ids(lab_server)
    page = visit(lab_server, "data")
    new_set(page)
    give(page, tmp_path / "many.zip")
    process = wait_until(lambda: reader(lab_server))
    expect(page.main.get_by_text(re.compile(r"^[\d,]+ of 3,000 images$"))).to_be_visible()
    # It goes no further, however slow the machine is.
    process.suspend()
    page.key("set-stop").get_by_role("button").click()
    expect(page.main.get_by_text("Stopped. Nothing was kept.")).to_be_visible()
    wait_until(lambda: not process.is_running())
    folder = lab_server.home / "image-sets"
    wait_until(lambda: not list(folder.glob("unfinished-*")) and not list((lab_server.home / "uploads").glob("*")))
    assert newest_ids(lab_server) == before
    press(page, "set-again")
    expect(page.main.get_by_text("Where are the images?")).to_be_visible()


def newest_ids(server: AppServer) -> list[str]:
    return [one.id for one in ImageSets(Settings(home=server.home)).all()]


def reader(server: AppServer) -> psutil.Process | None:
    """The process that reads files, once there is one."""
    for process in psutil.Process(server.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "cnnlab.datasets.image_sets" in process.cmdline():
                return process
    return None
