"""Lessons as a learner goes through them: guess, train, see; links of a teacher; progress that stays."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from cnnlab.datasets import load, scaled
from cnnlab.lessons.quiz import Case
from cnnlab.network.arithmetic import Window
from cnnlab.runs.record import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.events import Epoch
from cnnlab.vision.convolution import correlate
from cnnlab.vision.kernels import KERNELS
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS, LOOK_MS, LabPage
from tests.browser.server import AppServer


def answer(page: LabPage, part: str, choice: str) -> None:
    """Choose an answer and give it."""
    question = page.key(f"question-{part}")
    question.get_by_text(choice).click()
    question.get_by_role("button", name="This is my answer").click()
    expect(question.get_by_text("(your answer)")).to_be_visible()
    page.settle()


def train(page: LabPage, part: str) -> None:
    page.key(f"train-{part}").get_by_role("button").click()
    page.settle()


def wait_for_end(page: LabPage, part: str) -> None:
    """The table of last figures comes when all runs have ended."""
    table = page.key(f"experiment-{part}").get_by_role("cell", name="Validation loss")
    expect(table).to_be_visible(timeout=BEGIN_MS)
    page.settle()


def newest(server: AppServer, name: str) -> tuple[Run, list[Epoch]]:
    """The newest run of this name, with its epochs, as the store has them."""
    store = RunStore(server.home)
    run = next(run for run in store.runs() if run.name == name)
    epochs = [event for _, event in store.events(run.id) if isinstance(event, Epoch)]
    store.close()
    return run, epochs


def test_relu_is_guessed_trained_and_compared(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=relu&length=quick")
    expect(page.main.get_by_role("heading", name="3. ReLU against sigmoid")).to_be_visible()
    # A term says what it means when the keyboard reaches it.
    term = page.main.locator(".cnnlab-term").first
    definition = term.get_by_role("tooltip")
    expect(definition).to_be_hidden()
    term.focus()
    expect(definition).to_have_text(re.compile("^A small calculator"))
    # Nothing covers it, and nothing cuts it off.
    assert definition.evaluate(
        """node => {
          const { x, y, width, height } = node.getBoundingClientRect();
          node.style.pointerEvents = "auto";
          return document.elementFromPoint(x + width / 2, y + height / 2) === node;
        }"""
    )
    # The point moves, and the figures with it.
    charts = page.key("relu-slopes-charts")
    expect(charts.get_by_text("0.731")).to_be_visible()
    page.slide("Sum x", "ArrowRight")
    expect(charts.get_by_text("0.750")).to_be_visible()
    # It trains, but shows nothing before the reader has guessed.
    train(page, "train")
    expect(page.main.get_by_text("The curves appear when you have answered")).to_be_visible()
    assert page.key("lesson-relu-train").count() == 0
    answer(page, "faster", "The one with ReLU")
    page.see("lesson-relu-train", "node => node.data.length === 4 && node.data[0].x.length > 0", timeout=BEGIN_MS)
    wait_for_end(page, "train")
    expect(page.key("question-faster").get_by_text("Right.", exact=True)).to_be_visible()
    # What stands beside the notes' figures is what the store has.
    run, epochs = newest(lab_server, "With ReLU")
    assert (run.training.train_size, len(epochs)) == (1000, 3)
    # How it was got is said with the figures and below the comparison.
    expect(page.main.get_by_role("row", name="Images").get_by_role("cell")).to_have_text(["Images", "1,000", "1,000"])
    expect(page.main.get_by_text("Yours: 1,000 images, 3 epochs.")).to_be_visible()
    row = page.main.get_by_role("row", name="ReLU, accuracy at the end")
    expect(row.get_by_role("cell")).to_have_text(
        ["ReLU, accuracy at the end", "92.99%", f"{epochs[-1].val_accuracy:.2%}"]
    )
    # The run can be opened elsewhere, and the lesson is still there afterwards.
    page.key("open-train-relu").get_by_role("button").click()
    page.page.get_by_role("menuitem", name="Train").or_(page.page.get_by_role("option", name="Train")).first.click()
    page.page.wait_for_url(f"**/train?run={run.id}*")
    expect(page.main.get_by_role("heading", name="With ReLU")).to_be_visible()
    page.go("Learn")
    expect(page.main.get_by_role("heading", name="3. ReLU against sigmoid")).to_be_visible()
    expect(page.main.get_by_text("2 of 3 done")).to_be_visible()
    page.key("all-lessons").get_by_role("button").click()
    expect(page.key("lesson-relu").get_by_text("2 of 3 done")).to_be_visible()
    assert page.key("lesson-bugs").count() == 1
    # The length begins as it was the last time, without the link that asked for it.
    page.key("open-lesson-relu").get_by_role("button").click()
    expect(page.main.get_by_role("radio", name="A quick look")).to_be_checked()


def test_filters_are_tried_and_the_quiz_makes_new_cases(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=filters&who=Nari")
    answer(page, "edge", "In the middle of thick strokes")
    expect(page.key("question-edge").get_by_text("Not quite")).to_be_visible()
    image = scaled(load("mnist-5k").x_train[2])[:, :, 0]
    for title, name in (("Horizontal edges", "notes-horizontal"), ("Laplacian", "laplacian")):
        page.choose("Kernel", re.compile(f"^{title}"))
        expected = correlate(image, KERNELS[name].array, Window((3, 3), (1, 1)), "same")
        page.see_values("filters-kernels-Result", expected)
    seen: set[Case] = set()
    for wrong in (0, 1):
        case = read_case(page)
        seen.add(case)
        page.key("widget-quiz").get_by_role("spinbutton", name="Pixels").fill(str(case.answer + wrong))
        page.key("widget-quiz").get_by_role("button", name="Check").click()
        told = f"You said {case.answer + 1}; it is {case.answer}." if wrong else f"Right: {case.answer}."
        expect(page.key("widget-quiz").get_by_text(told)).to_be_visible()
        expect(page.key("widget-quiz").get_by_text(case.written)).to_be_visible()
        page.key("widget-quiz").get_by_role("button", name="Another one").click()
        expect(page.key("widget-quiz").get_by_text(case.written)).to_be_hidden()
        page.settle()
    assert len(seen) == 2
    expect(page.key("widget-quiz").get_by_text("1 of 2 right so far.")).to_be_visible()
    # Another browser, the same name: what was done is still there.
    again = visit(lab_server, "learn?lesson=filters&who=Nari")
    expect(again.key("question-edge").get_by_text("(your answer)")).to_be_visible()
    expect(again.key("widget-quiz").get_by_text("1 of 2 right so far.")).to_be_visible()


def read_case(page: LabPage) -> Case:
    """The case that the quiz shows."""
    text = page.key("widget-quiz").get_by_text("How many pixels wide").inner_text()
    found = re.search(r"A picture of (\d+)×\d+ pixels, a kernel of (\d+)×\d+, padding (\w+), stride (\d+)", text)
    assert found, text
    length, kernel, padding, stride = found.groups()
    return Case(int(length), int(kernel), int(stride), "same" if padding == "same" else "valid")


def test_the_whole_workflow_on_digits(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=fashion&length=quick")
    # Two presses before the page has answered the first one: both count.
    both = [page.key(key).get_by_role("button").element_handle() for key in ("skip-stop", "train-train")]
    page.page.evaluate("buttons => buttons.forEach(button => button.click())", both)
    wait_for_end(page, "train")
    # Training and validation, and no running means within epochs.
    page.see("lesson-fashion-train", "node => node.data.length === 2")
    # Without the clothes at hand there is nothing to choose.
    assert page.main.get_by_role("combobox", name="Data").count() == 0
    run, epochs = newest(lab_server, "The whole workflow")
    assert run.training.dataset == "mnist-5k" and run.training.early_stopping
    # One prediction: the image's own label, and ten bars that add up to one.
    bars = page.chart("fashion-bars-bars", "node.data[0].y")
    assert len(bars) == 10 and abs(sum(bars) - 1) < 0.01
    shown = page.values("fashion-bars-image")
    assert any((shown == image[:, :, 0]).all() for image in load("mnist-5k").x_train[:1000])
    assert np.ptp(shown) > 0
    # The test set is opened once, and the figure is kept with the run.
    page.key("widget-seal").get_by_role("button", name="I am done: open the test set").click()
    expect(page.key("widget-seal").get_by_text("That was it")).to_be_visible(timeout=LOOK_MS)
    found, _epochs = newest(lab_server, "The whole workflow")
    assert found.test_accuracy is not None
    row = page.main.get_by_role("row", name="Test accuracy")
    expect(row.get_by_role("cell")).to_have_text(["Test accuracy", "90.94%", f"{found.test_accuracy:.2%}"])
    expect(page.main.get_by_role("row", name="Epochs trained").get_by_role("cell").nth(2)).to_have_text(
        str(len(epochs))
    )


def test_a_class_gets_a_link_that_hides_and_fixes(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=relu&hide=faster,length,lessons,nonsense&length=quick")
    expect(page.main.get_by_text("asks for something that this lesson does not have (nonsense)")).to_be_visible()
    assert page.key("question-faster").count() == 0 and page.key("all-lessons").count() == 0
    assert page.main.get_by_text("A quick look").count() == 0
    # With its question hidden the experiment shows its curves at once, as short as the link says.
    train(page, "train")
    page.see("lesson-relu-train", "node => node.data.length === 4", timeout=BEGIN_MS)
    wait_for_end(page, "train")
    assert newest(lab_server, "With sigmoid")[0].training.train_size == 1000
    # The link is made in a popover.
    page.key("class-link").get_by_role("button").first.click()
    link = page.page.get_by_test_id("stPopoverBody").locator("code")
    expect(link).to_contain_text("learn?lesson=relu&hide=faster,length,lessons")
    # An address that names no lesson is answered calmly.
    other = visit(lab_server, "learn?lesson=nosuch")
    expect(other.main.get_by_text("There is no lesson called “nosuch”")).to_be_visible()
    expect(other.key("lesson-digits")).to_be_visible()
