"""One's own image sets on the Data page: made from drawings and files, shaped, corrected, described, deleted."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnnlab.datasets.image_sets import Description, ImageSet, Shape, Shares
from cnnlab.datasets.image_sets.store import new_id
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.lab.lab import Lab
from cnnlab.ui.data import by_class
from cnnlab.ui.data.state import Class, DataState, NewSetState
from tests.datasets.image_sets.made import class_files, folder, png
from tests.ui.page import Page
from tests.waiting import wait_until


@pytest.fixture
def pets(tmp_path: Path, lab: Lab) -> ImageSet:
    files = class_files("cat", "dog", count=10) | {"cat/damaged.png": b"no image", "cat/Thumbs.db": b""}
    # Two classes with an image that is nearly the same.
    files["dog/twin.png"] = files["cat/0.png"]
    return lab.image_sets.create(folder(tmp_path / "pets", files), name="Pets")


@pytest.fixture
def page(pets: ImageSet) -> Page:
    return Page("data", data=pets.id)


def ended(page: Page, lab: Lab, job: str) -> Page:
    """The page once a job has ended."""
    found = lab.image_set_jobs.get(job)
    assert found
    wait_until(lambda: found.state != "running")
    return page.run()


def pressed(page: Page, lab: Lab, key: str) -> Page:
    """The page once what a button began has ended."""
    page.press(key)
    return ended(page, lab, page.state(DataState).job)


def correct(page: Page) -> Page:
    page.app.session_state["data-tabs-own"] = "Correct"
    return page.run()


def test_an_image_set_is_listed_and_explored_like_any_dataset(page: Page, pets: ImageSet) -> None:
    chosen = page.app.selectbox(key="data-set")
    assert (chosen.value, "Pets" in chosen.options[-1]) == (pets.id, True)
    assert "8×8×1 pixels" in page.text and "2 classes" in page.text
    (gallery,) = (key for key in page.drawn if key.startswith("data-gallery-"))
    assert set(page.traces(gallery)[1]["text"]) == {"cat", "dog"}
    assert "| cat/damaged.png | This file is not a supported image" in page.text
    assert "1 file of the system, such as Thumbs.db, was ignored." in page.text
    page.app.session_state["data-tabs-own"] = "Classes"
    page.run()
    counts = np.array(pets.counts)
    assert [trace["y"] for trace in page.traces("data-classes")] == counts.T.tolist()
    assert "The image set has its own validation images." in page.text


def test_on_to_training_with_a_network_that_fits(page: Page, pets: ImageSet) -> None:
    page.press("data-train")
    assert page.title == "Train"
    me = page.me
    assert (me.training.dataset, me.training.validation) == (pets.id, "split")
    assert (me.network.input_shape, getattr(me.network.layers[-1], "units", None)) == ((8, 8, 1), 2)


def test_shape_and_division_can_be_changed(page: Page, lab: Lab, pets: ImageSet) -> None:
    page.app.session_state["data-tabs-own"] = "Shape and division"
    page.run()
    assert page.app.button(key=f"set-apply-{pets.id}").disabled
    page.app.number_input(key=f"set-size-{pets.id}").set_value(12)
    page.app.get_by_key(f"set-color-{pets.id}").set_value(True)
    page.app.number_input(key=f"set-{pets.id}-2").set_value(30)
    page.run()
    # Ten images before and after; those after are enlarged by a whole factor.
    shown = page.charts(f"set-preview-{pets.id}")["figures"]
    assert [figure["title"] for figure in shown] == ["Before", "After"]
    pressed(page, lab, f"set-apply-{pets.id}")
    changed = lab.image_sets.get(pets.id)
    assert (changed.shape, changed.shares) == (Shape(12, True), Shares(test=0.3))
    assert "12×12×3 pixels" in page.text


def test_a_division_that_cannot_be_is_said_and_changes_nothing(page: Page, lab: Lab, pets: ImageSet) -> None:
    page.app.session_state["data-tabs-own"] = "Shape and division"
    page.run()
    for part in (1, 2):
        page.app.number_input(key=f"set-{pets.id}-{part}").set_value(45)
    page.run()
    assert "together at most 0.8" in page.text
    assert lab.image_sets.get(pets.id) == pets


def test_images_are_moved_removed_and_brought_back(
    page: Page, lab: Lab, pets: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which images are selected, only a browser can say.
    monkeypatch.setattr("cnnlab.ui.components.picture_grid.select", lambda *_args: [2, 3])
    correct(page)
    assert page.app.selectbox(key=f"fix-class-{pets.digest[:16]}").options == [
        "cat (10)", "dog (11)", "Near-duplicates (2)",
    ]  # fmt: skip
    assert page.app.button(key="fix-move").disabled and page.app.button(key="fix-undo").disabled
    page.app.selectbox(key=f"fix-target-{pets.digest[:16]}").set_value("dog")
    page.run()
    pressed(page, lab, "fix-move")
    moved = lab.image_sets.get(pets.id)
    assert [sum(count) for count in moved.counts] == [8, 13]
    pressed(page, lab, "fix-remove")
    assert [sum(count) for count in lab.image_sets.get(pets.id).counts] == [8, 11]
    pressed(page, lab, "fix-undo")
    pressed(page, lab, "fix-undo")
    assert lab.image_sets.get(pets.id).digest == pets.digest


def test_near_duplicates_say_their_class(page: Page, pets: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, str, str]] = []

    def select(pictures: list[tuple[int, str, bytes, str]], *_args: str) -> list[int]:
        seen[:] = [(number, name, caption) for number, name, _file, caption in pictures]
        return []

    monkeypatch.setattr("cnnlab.ui.components.picture_grid.select", select)
    correct(page)
    page.app.selectbox(key=f"fix-class-{pets.digest[:16]}").set_value(-1)
    page.run()
    assert [(number, caption) for number, _name, caption in seen] == [(0, "1: cat"), (20, "1: dog")]
    assert seen[0][1].startswith("cat/0.png: cat, ")


def test_it_is_described_renamed_exported_and_deleted(tmp_path: Path, page: Page, lab: Lab, pets: ImageSet) -> None:
    for key in ("about", "export", "delete"):
        page.app.session_state[f"own-{key}-{pets.id}"] = True
    page.run()
    fields = {field.label: field for field in page.app.text_input}
    fields["Name"].set_value("Our pets")
    fields["License"].set_value("CC0")
    page.app.text_area[0].set_value("Class 3b,\nat home")
    next(box for box in page.app.selectbox if box.label == "People in the images").set_value("nobody")
    next(button for button in page.app.button if button.label == "Save").click()
    page.run()
    found = lab.image_sets.get(pets.id)
    assert (found.name, found.description) == ("Our pets", Description("Class 3b, at home", "CC0", "nobody"))
    assert "Class 3b, at home" in page.text and "Nobody can be recognized in the images" in page.text
    (menu,) = (box for box in page.app.selectbox if box.label == "Data")
    assert (menu.value, "Our pets" in menu.options) == (pets.id, True)
    page.press(f"own-prepare-{pets.id}")
    exported = page.state(DataState).exported
    assert exported
    (tmp_path / "again.zip").write_bytes(exported[2])
    again = lab.image_sets.create(tmp_path / "again.zip")
    assert (again.name, again.digest, again.description) == ("Our pets", pets.digest, found.description)
    page.press(f"own-gone-{pets.id}")
    assert pets.id not in [one.id for one in lab.image_sets.all()]
    (menu,) = (box for box in page.app.selectbox if box.label == "Data")
    assert (menu.value, page.app.error) == ("mnist-5k", [])


def new_set(page: Page) -> NewSetState:
    page.press("set-new")
    return page.state(NewSetState)


def test_drawings_of_a_collection_become_an_image_set(lab: Lab) -> None:
    page = Page("data", data="digits-8x8")
    making = new_set(page)
    page.app.get_by_key("set-way").set_value("drawings")
    page.run()
    assert "There are no drawings yet." in page.text
    rng = np.random.default_rng(0)
    for label in (3, 7):
        for _ in range(8):
            lab.drawings.keep("Mine", label, rng.random((28, 28), np.float32))
    page.run()
    page.press("set-create")
    ended(page, lab, making.job)
    assert "Mine: 16 images of 2 classes." in page.text.replace("**", "")
    job = lab.image_set_jobs.get(making.job)
    assert job
    made = lab.image_sets.get(job.image_set)
    assert (made.class_names, made.shape) == (("3", "7"), Shape(28, False))
    page.press("set-show")
    assert page.app.query_params["data"] == made.id
    assert "28×28×1 pixels" in page.text and not page.state(NewSetState).open


def test_classes_put_together_by_hand(lab: Lab) -> None:
    page = Page("data", data="digits-8x8")
    making = new_set(page)
    page.app.get_by_key("set-way").set_value("classes")
    page.run()
    page.press("set-create")
    ended(page, lab, making.job)
    assert "There are no files." in page.text
    page.press("set-again")
    page.press("set-add")
    assert [one.number for one in making.classes] == [0, 1, 2]
    page.press("set-drop-2")
    for one, name in zip(making.classes, ("a/b", "."), strict=True):
        page.app.text_input(key=f"set-class-{one.number}").set_value(name)
        one.photos = [Upload(f"{k}-photo.jpg", png(100 * one.number + k, 90, 90)) for k in range(6)]
    making.classes[1].photos.append(Upload("6-notes.jpg", b"no image"))
    page.app.text_input(key="set-name").set_value("By hand")
    page.run()
    page.press("set-un-0")
    page.press("set-create")
    ended(page, lab, making.job)
    assert "By hand: 11 images of 2 classes." in page.text.replace("**", "")


def test_a_table_whose_labels_are_unclear_is_asked_for(lab: Lab) -> None:
    page = Page("data", data="digits-8x8")
    making = new_set(page)
    table = "\n".join(f"{k % 2},{k},{k + 1},{k + 2},{k % 3}" for k in range(30)).encode()
    making.begin(
        lab.image_set_jobs.start(Task("create", new_id()), [Upload("t.csv", table)]), [Upload("t.csv", table)], "t"
    )
    ended(page, lab, making.job)
    assert "Which column holds the labels?" in [radio.label for radio in page.app.radio]
    page.app.radio(key="set-label-column").set_value("last")
    page.press("set-retry")
    ended(page, lab, making.job)
    assert "t: 30 images of 3 classes." in page.text.replace("**", "")


def test_a_hostile_file_is_refused_with_the_reason(lab: Lab) -> None:
    page, before = Page("data", data="digits-8x8"), lab.image_sets.all()
    making = new_set(page)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in (*class_files("cat", "dog"), "../../outside.png"):
            archive.writestr(name, png(0))
    files = [Upload("pets.zip", whole.getvalue())]
    making.begin(lab.image_set_jobs.start(Task("create", new_id()), files), files, "pets")
    ended(page, lab, making.job)
    assert "pets.zip is refused: its file “../../outside.png” points outside the folder." in page.text
    assert lab.image_sets.all() == before
    page.press("set-again")
    assert making.files == [] and page.app.get_by_key("set-way")


def test_a_reload_finds_what_is_being_read(lab: Lab) -> None:
    files = [Upload(name, content) for name, content in class_files("cat", "dog").items()]
    job = lab.image_set_jobs.start(Task("create", new_id(), name="Back"), files)
    page = ended(Page("data", data="digits-8x8", reading=job), lab, job)
    assert "Back: 20 images of 2 classes." in page.text.replace("**", "")
    page.press("set-close")
    assert "reading" not in page.app.query_params


def test_names_of_classes_become_folders() -> None:
    assert [by_class.folder_name(name) for name in ("cat", "a/b", "..", ".x", "고양이")] == [
        "cat",
        "a∕b",
        "_",
        "x",
        "고양이",
    ]
    assert by_class.title(Class(1, "  ")) == "Class 2"


def test_a_stop_keeps_nothing(lab: Lab) -> None:
    page = Page("data", data="digits-8x8")
    making = new_set(page)
    before = lab.image_sets.all()
    job = lab.image_set_jobs.start(Task("create", new_id()), [Upload("a.zip", b"PK" + bytes(100))])
    making.begin(job, [], "a")
    lab.image_set_jobs.stop(job)
    page.run()
    assert "Stopped. Nothing was kept." in page.text
    assert lab.image_sets.all() == before
