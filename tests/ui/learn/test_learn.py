"""The Learn page: the list, questions, experiments with real runs, the comparison, progress, and links for a class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from cnnlab.lab.lab import Lab
from cnnlab.lessons import LESSONS
from cnnlab.lessons.lesson import Experiment
from cnnlab.lessons.quiz import Case
from cnnlab.runs.run import Run
from cnnlab.ui.learn.state import LearnState
from tests.trained import trained
from tests.ui.page import Page

RELU = LESSONS["relu"]
FASTER = RELU.texts("en").parts["faster"]
CASE = Case(28, 5, 2, "valid")


@pytest.fixture(scope="module")
def runs(lab: Lab) -> Mapping[str, Run]:
    """Both networks of the ReLU lesson, trained for two epochs of a few images."""
    found = {}
    for setup in RELU.experiment("train").setups:
        training = setup.prepared("small", "quick").replace(train_size=200, epochs=2, snapshots="none")
        found[setup.name] = trained(lab, setup.network, training, name=setup.title)
    return found


def learned(lab: Lab, who: str, runs: Mapping[str, Run]) -> None:
    """Note that this reader has trained the networks of the ReLU lesson."""
    marks = ",".join(f"{name}={run.id}" for name, run in runs.items())
    lab.progress.note(who, "relu", "train", marks)


def answer(page: Page, part: str, choice: int) -> Page:
    """Choose an answer and give it."""
    page.app.radio(key=f"choice-{page.state(LearnState).lesson}-{part}").set_value(choice)
    return page.press(f"answer-{part}")


def headers(page: Page) -> list[str]:
    return [str(one.value) for one in page.app.header]


def test_every_lesson_is_in_the_list_and_can_be_opened_and_left(lab: Lab) -> None:
    page = Page("learn")
    assert [key for key in page.buttons if key.startswith("open-lesson-")] == [
        f"open-lesson-{name}" for name in LESSONS
    ]
    page.press("open-lesson-relu")
    assert headers(page) == ["3. ReLU vs. sigmoid"] and page.app.query_params["lesson"] == "relu"
    page.press("all-lessons")
    assert headers(page) == [] and "lesson" not in page.app.query_params


def test_two_experiments_wait_for_workers_that_do_not_run(lab: Lab) -> None:
    page = Page("learn", lesson="bugs")
    first, second = [block.part for block in LESSONS["bugs"].blocks if isinstance(block, Experiment)][:2]
    page.press(f"train-{first}").press(f"train-{second}")
    restarts = [key for key in page.buttons if key.startswith("start-engine")]
    assert restarts == [f"start-engine-{first}", f"start-engine-{second}"]


def test_from_the_first_lesson_to_the_last(lab: Lab) -> None:
    page = Page("learn", lesson="digits")
    for lesson in LESSONS.values():
        assert headers(page) == [f"{lesson.number}. {lesson.texts('en').title}"]
        assert page.app.query_params["lesson"] == lesson.name
        page.press("next-lesson" if "next-lesson" in page.buttons else "after-last")
    assert headers(page) == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_is_there_in_korean(lab: Lab, name: str) -> None:
    lesson = LESSONS[name]
    assert headers(Page("learn", lesson=name, lang="ko")) == [f"{lesson.number}. {lesson.texts('ko').title}"]


def test_a_question_wants_an_answer_and_tells_after_the_experiment(lab: Lab, runs: Mapping[str, Run]) -> None:
    page = Page("learn", lesson="relu", who="Ada")
    assert not page.app.success
    page.press("answer-faster")
    assert page.app.warning and lab.progress.of("Ada") == {}
    wrong = next(k for k in range(len(FASTER.choices)) if k != FASTER.right)
    answer(page, "faster", wrong)
    assert lab.progress.of("Ada") == {("relu", "faster"): str(wrong)}
    # What is right is not said before the experiment, unless the reader asks for it.
    assert "cancel" not in page.text and "tell-faster" in page.buttons
    learned(lab, "Ada", runs)
    again = Page("learn", lesson="relu", who="Ada")
    assert ":red[:material/cancel:]" in again.text and ":green[:material/check_circle:]" in again.text
    assert not again.app.success


def test_the_right_answer_is_praised_and_a_question_can_be_skipped(lab: Lab, runs: Mapping[str, Run]) -> None:
    learned(lab, "Bo", runs)
    assert FASTER.right is not None
    page = answer(Page("learn", lesson="relu", who="Bo"), "faster", FASTER.right)
    assert len(page.app.success) == 1
    skipped = Page("learn", lesson="relu", who="Cy").press("skip-faster")
    assert lab.progress.of("Cy") == {("relu", "faster"): "?"}
    assert ":green[:material/check_circle:]" in skipped.text and not skipped.app.success


def test_curves_appear_after_the_guess_and_figures_are_those_of_the_runs(lab: Lab, runs: Mapping[str, Run]) -> None:
    learned(lab, "Di", runs)
    page = Page("learn", lesson="relu", who="Di")
    assert "lesson-relu-train" not in page.drawn
    answer(page, "faster", 0)
    epochs = {name: lab.runs.history(run.id).epochs for name, run in runs.items()}
    drawn = sorted(trace["y"] for trace in page.traces("lesson-relu-train"))
    kept = sorted([getattr(epoch, field) for epoch in epochs[name]] for name in runs for field in ("loss", "val_loss"))
    np.testing.assert_allclose(drawn, kept, rtol=1e-4)
    assert [row[1:] for row in page.table("200")] == [
        ["200", "200"],
        ["2", "2"],
        *([f"{getattr(epochs[name][-1], field):.2%}" for name in runs] for field in ("accuracy", "val_accuracy")),
        [f"{epochs[name][-1].val_loss:.4f}" for name in runs],
        [f"{sum(epoch.seconds for epoch in epochs[name]):.1f}" for name in runs],
    ]
    # Beside what the notes reported of ReLU's accuracy.
    assert page.table("92.99%")[3][1:] == ["92.99%", f"{epochs['relu'][-1].val_accuracy:.2%}"]


def test_training_starts_one_run_for_each_network(lab: Lab) -> None:
    page = Page("learn", lesson="relu", length="quick", who="Ed")
    before = {run.id for run in lab.runs.all()}
    page.press("train-train")
    begun = sorted((run for run in lab.runs.all() if run.id not in before), key=lambda run: run.created)
    assert [run.network.name for run in begun] == ["mlp-relu", "mlp-sigmoid"]
    assert {(run.who, run.state, run.training.train_size, run.training.epochs) for run in begun} == {
        ("Ed", "queued", 1000, 3)
    }
    assert lab.progress.of("Ed") == {("relu", "train"): f"relu={begun[0].id},sigmoid={begun[1].id}"}
    page.press("stop-train")
    assert {lab.runs.get(run.id).state for run in begun} == {"stopped"}


def test_progress_is_counted_kept_under_a_name_and_forgotten(lab: Lab, runs: Mapping[str, Run]) -> None:
    learned(lab, "Flo", runs)
    page = answer(Page("learn", lesson="relu", who="Flo"), "dead", 0)
    assert [one.proto.value for one in page.app.get("progress")] == [66]
    page.press("all-lessons")
    assert "2 of 3" in page.text
    other = Page("learn", lesson="relu", who="Flo").press("anew")
    assert lab.progress.of("Flo") == {} and [one.proto.value for one in other.app.get("progress")] == [0]
    assert {lab.runs.get(run.id).state for run in runs.values()} == {"finished"}


def test_what_was_done_before_a_name_was_given_goes_along(lab: Lab) -> None:
    page = answer(Page("learn", lesson="relu"), "dead", 1)
    page.app.text_input(key="nickname").set_value("Gus")
    page.run()
    assert lab.progress.of("Gus") == {("relu", "dead"): "1"}


def test_a_deleted_run_can_be_trained_again(lab: Lab) -> None:
    lab.progress.note("Hal", "relu", "train", "relu=0123456789ab,sigmoid=nosuch")
    page = Page("learn", lesson="relu", who="Hal")
    assert page.app.button(key="train-train").proto.type == "primary"


def test_a_link_for_a_class_hides_and_fixes(lab: Lab, runs: Mapping[str, Run]) -> None:
    learned(lab, "Ida", runs)
    page = Page("learn", lesson="relu", hide="faster,length,lessons,nonsense", length="quick", who="Ida")
    assert "(nonsense)" in page.app.info[0].value
    assert not {"answer-faster", "all-lessons", "next-lesson"} & set(page.buttons)
    assert "length-relu-train" not in [one.key for one in page.app.get("button_group")]
    # Nothing is asked, so the curves are there at once.
    assert "lesson-relu-train" in page.drawn
    (link,) = (one.value for one in page.app.code if "lesson=relu" in one.value)
    assert link.endswith("?lesson=relu&hide=faster,length,lessons")


def test_an_unknown_lesson_is_answered_with_the_list(lab: Lab) -> None:
    page = Page("learn", lesson="nosuch")
    assert "“nosuch”" in page.app.warning[0].value and "open-lesson-digits" in page.buttons


def test_the_quiz_checks_an_answer(lab: Lab) -> None:
    page = Page("learn", lesson="filters", who="Jo")
    page.state(LearnState).case = CASE
    page.run()
    for given, right in ((12, True), (13, False)):
        page.state(LearnState).case, page.state(LearnState).answered = CASE, None
        page.run()
        (pixels,) = (one for one in page.app.number_input if "quiz" in str(one.key))
        pixels.set_value(given)
        page.press("filters-quiz-check")
        assert bool(page.app.success) == right
        assert "⌊(28 - 5 + 2·0) / 2⌋ + 1 = 12" in [one.value for one in page.app.code]
