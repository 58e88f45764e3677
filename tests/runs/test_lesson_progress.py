"""How far readers are: one value a part, by who they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnlab.runs.lesson_progress import LessonProgress
from cnnlab.runs.store import RunStore


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[LessonProgress]:
    store = RunStore(tmp_path)
    yield LessonProgress(store)
    store.close()


def test_each_reader_has_their_own_and_the_last_value_counts(progress: LessonProgress) -> None:
    progress.note("Ada", "relu", "question", "0")
    progress.note("Ada", "relu", "question", "1")
    progress.note("나리", "relu", "question", "2")
    assert progress.of("Ada") == {("relu", "question"): "1"}
    assert progress.of("나리") == {("relu", "question"): "2"}
    assert progress.of("nobody") == {}


def test_a_lesson_begins_anew(progress: LessonProgress) -> None:
    for lesson in ("relu", "pooling"):
        progress.note("Ada", lesson, "question", "0")
    progress.forget("Ada", "relu")
    assert progress.of("Ada") == {("pooling", "question"): "0"}


def test_a_name_takes_over_what_the_session_did(progress: LessonProgress) -> None:
    progress.note("Ada", "relu", "question", "0")
    progress.note("session", "relu", "question", "1")
    progress.note("session", "relu", "train", "run")
    progress.adopt("Ada", "session")
    assert progress.of("Ada") == {("relu", "question"): "0", ("relu", "train"): "run"}
    assert progress.of("session") == {}


def test_it_lasts(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    LessonProgress(store).note("Ada'; DROP TABLE progress; --", "relu", "question", "0")
    store.close()
    again = RunStore(tmp_path)
    assert LessonProgress(again).of("Ada'; DROP TABLE progress; --") == {("relu", "question"): "0"}
    again.close()
