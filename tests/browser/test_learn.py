"""Lessons as a reader works through them: predict, train, compare; class links; saved progress."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from cnnlab.datasets import load, scaled
from cnnlab.lessons.quiz import Case
from cnnlab.network.arithmetic import Window
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.events import Epoch
from cnnlab.vision.convolution import correlate
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS, LOOK_MS, LabPage
from tests.browser.server import AppServer


def answer(page: LabPage, part: str, choice: str) -> None:
    """Choose an answer and submit it."""
    question = page.key(f"question-{part}")
    page.settle()
    question.get_by_text(choice).click()
    page.settle()
    question.get_by_role("button", name="Submit").click()
    expect(question.get_by_text("(your answer)")).to_be_visible()
    page.settle()


def train(page: LabPage, part: str) -> None:
    page.settle()
    page.key(f"train-{part}").get_by_role("button").click()
    page.settle()


def wait_for_end(page: LabPage, part: str) -> None:
    """Wait for the table of final results, which appears when all runs have ended."""
    table = page.key(f"experiment-{part}").get_by_role("cell", name="Validation loss")
    expect(table).to_be_visible(timeout=BEGIN_MS)
    page.settle()


def newest(server: AppServer, name: str) -> tuple[Run, list[Epoch]]:
    """Return the newest run of this name with its epochs, from the store."""
    store = RunStore(server.home)
    run = next(run for run in store.runs() if run.name == name)
    epochs = [event for _, event in store.events(run.id) if isinstance(event, Epoch)]
    store.close()
    return run, epochs


def test_relu_is_guessed_trained_and_compared(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=relu&length=quick")
    expect(page.main.get_by_role("heading", name="3. ReLU vs. sigmoid")).to_be_visible()
    # A term shows its definition on keyboard focus.
    term = page.main.locator(".cnnlab-term").first
    definition = term.get_by_role("tooltip")
    expect(definition).to_be_hidden()
    # A redraw could take the focus away.
    page.settle()
    term.focus()
    expect(definition).to_be_visible()
    expect(definition).to_have_text(re.compile("^A small calculator"))
    # Nothing covers it or cuts it off.
    page.page.wait_for_function(
        """node => {
          const { x, y, width, height } = node.getBoundingClientRect();
          node.style.pointerEvents = "auto";
          return document.elementFromPoint(x + width / 2, y + height / 2) === node;
        }""",
        arg=definition.element_handle(),
    )
    # Moving the point updates the figures.
    charts = page.key("relu-slopes-charts")
    expect(charts.get_by_text("0.731")).to_be_visible()
    page.slide("Sum x", "ArrowRight")
    expect(charts.get_by_text("0.750")).to_be_visible()
    # The curves stay hidden until the reader has made a prediction.
    train(page, "train")
    expect(page.main.get_by_text("The curves appear once you have answered")).to_be_visible()
    assert page.key("lesson-relu-train").count() == 0
    answer(page, "faster", "The one with ReLU")
    page.see("lesson-relu-train", "node => node.data.length === 4 && node.data[0].x.length > 0", timeout=BEGIN_MS)
    wait_for_end(page, "train")
    expect(page.key("question-faster").get_by_text("Correct.", exact=True)).to_be_visible()
    # The results next to those of the notes come from the store.
    run, epochs = newest(lab_server, "With ReLU")
    assert (run.training.train_size, len(epochs)) == (1000, 3)
    # The number of images is shown with the results and below the comparison.
    expect(page.main.get_by_role("row", name="Images").get_by_role("cell")).to_have_text(["Images", "1,000", "1,000"])
    expect(page.main.get_by_text("Your runs: 1,000 images, 3 epochs.")).to_be_visible()
    row = page.main.get_by_role("row", name="ReLU: final accuracy")
    expect(row.get_by_role("cell")).to_have_text(["ReLU: final accuracy", "92.99%", f"{epochs[-1].val_accuracy:.2%}"])
    # The run opens on another page, and the lesson is still open afterward.
    page.settle()
    page.key("open-train-relu").get_by_role("button").click()
    page.page.get_by_role("menuitem", name="Train").or_(page.page.get_by_role("option", name="Train")).first.click()
    page.page.wait_for_url(f"**/train?run={run.id}*")
    expect(page.main.get_by_role("heading", name="With ReLU")).to_be_visible()
    page.go("Learn")
    expect(page.main.get_by_role("heading", name="3. ReLU vs. sigmoid")).to_be_visible()
    expect(page.main.get_by_text("2 of 3 done")).to_be_visible()
    page.key("all-lessons").get_by_role("button").click()
    expect(page.key("lesson-relu").get_by_text("2 of 3 done")).to_be_visible()
    expect(page.key("lesson-bugs")).to_be_visible()
    # The length is remembered, even without the link that set it.
    page.settle()
    page.key("open-lesson-relu").get_by_role("button").click()
    expect(page.main.get_by_role("radio", name="Quick run")).to_be_checked()


def test_filters_are_tried_and_the_quiz_makes_new_cases(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=filters&who=Nari")
    answer(page, "edge", "In the middle of thick strokes")
    expect(page.key("question-edge").get_by_text("Not quite")).to_be_visible()
    image = scaled(load("mnist-5k").x_train[2])[:, :, 0]
    for title, name in (("Horizontal edges", "notes-horizontal"), ("Laplacian", "laplacian")):
        page.main.get_by_role("button", name=re.compile(f"^{title}")).click()
        expected = correlate(image, KERNELS[name].array, Window((3, 3), (1, 1)), "same")
        page.see_painted("The result, ", expected, "signed")
    seen: set[Case] = set()
    for wrong in (0, 1):
        page.settle()
        case = read_case(page)
        seen.add(case)
        page.key("widget-quiz").get_by_role("spinbutton", name="Pixels").fill(str(case.answer + wrong))
        page.key("widget-quiz").get_by_role("button", name="Check").click()
        told = (
            f"Your answer was {case.answer + 1}; the result is {case.answer}." if wrong else f"Correct: {case.answer}."
        )
        expect(page.key("widget-quiz").get_by_text(told)).to_be_visible()
        expect(page.key("widget-quiz").get_by_text(case.written)).to_be_visible()
        page.settle()
        page.key("widget-quiz").get_by_role("button", name="Next exercise").click()
        expect(page.key("widget-quiz").get_by_text(case.written)).to_be_hidden()
        page.settle()
    assert len(seen) == 2
    expect(page.key("widget-quiz").get_by_text("1 of 2 correct so far.")).to_be_visible()
    # Another browser, same nickname: the progress is still there.
    again = visit(lab_server, "learn?lesson=filters&who=Nari")
    expect(again.key("question-edge").get_by_text("(your answer)")).to_be_visible()
    expect(again.key("widget-quiz").get_by_text("1 of 2 correct so far.")).to_be_visible()


def read_case(page: LabPage) -> Case:
    """Return the case that the quiz shows."""
    text = page.key("widget-quiz").get_by_text("How many pixels wide").inner_text()
    found = re.search(r"An image of (\d+)×\d+ pixels, a kernel of (\d+)×\d+, padding (\w+), stride (\d+)", text)
    assert found, text
    length, kernel, padding, stride = found.groups()
    return Case(int(length), int(kernel), int(stride), "same" if padding == "same" else "valid")


def test_the_whole_workflow_on_digits(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=fashion&length=quick")
    page.settle()
    # Two clicks in successive frames, before the page has responded to the first: both count.
    both = [page.key(key).get_by_role("button").element_handle() for key in ("skip-stop", "train-train")]
    page.page.evaluate(
        """async buttons => {
            for (const button of buttons) {
                button.click();
                await new Promise(frame => requestAnimationFrame(() => setTimeout(frame)));
            }
        }""",
        both,
    )
    wait_for_end(page, "train")
    # Training and validation curves, but no running means within epochs.
    page.see("lesson-fashion-train", "node => node.data.length === 2")
    # Without Fashion-MNIST on this computer there is no choice of data.
    expect(page.main.get_by_role("combobox", name="Data")).to_have_count(0)
    run, epochs = newest(lab_server, "The whole workflow")
    assert run.training.dataset == "mnist-5k" and run.training.early_stopping
    # One prediction: an image of the dataset, and ten bars that add up to one.
    bars = page.chart("fashion-bars-bars", "node.data[0].y")
    assert len(bars) == 10 and abs(sum(bars) - 1) < 0.01
    shown = page.values("fashion-bars-image")
    assert any((shown == image[:, :, 0]).all() for image in load("mnist-5k").x_train[:1000])
    assert np.ptp(shown) > 0
    # The test set is opened once, and its accuracy is stored with the run.
    page.settle()
    page.key("widget-seal").get_by_role("button", name="I’m done: open the test set").click()
    expect(page.key("widget-seal").get_by_text("From now on, this test set")).to_be_visible(timeout=LOOK_MS)
    found, _epochs = newest(lab_server, "The whole workflow")
    assert found.test_accuracy is not None
    row = page.main.get_by_role("row", name="Test accuracy")
    expect(row.get_by_role("cell")).to_have_text(["Test accuracy", "90.94%", f"{found.test_accuracy:.2%}"])
    expect(page.main.get_by_role("row", name="Epochs trained").get_by_role("cell").nth(2)).to_have_text(
        str(len(epochs))
    )


def test_a_class_gets_a_link_that_hides_and_fixes(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "learn?lesson=relu&hide=faster,length,lessons,nonsense&length=quick")
    expect(page.main.get_by_text("names parts that this lesson does not have (nonsense)")).to_be_visible()
    page.settle()
    assert page.key("question-faster").count() == 0 and page.key("all-lessons").count() == 0
    assert page.main.get_by_text("Quick run").count() == 0
    # With its question hidden, the experiment shows its curves at once, at the length set by the link.
    train(page, "train")
    page.see("lesson-relu-train", "node => node.data.length === 4", timeout=BEGIN_MS)
    wait_for_end(page, "train")
    assert newest(lab_server, "With sigmoid")[0].training.train_size == 1000
    # A popover creates the link.
    page.key("class-link").get_by_role("button").first.click()
    link = page.page.get_by_test_id("stPopoverBody").locator("code")
    expect(link).to_contain_text("learn?lesson=relu&hide=faster,length,lessons")
    # A link to an unknown lesson shows a warning and the list.
    other = visit(lab_server, "learn?lesson=nosuch")
    expect(other.main.get_by_text("There is no lesson called “nosuch”")).to_be_visible()
    expect(other.key("lesson-digits")).to_be_visible()
