"""What has been drawn, over strokes, undo and page switches."""

from __future__ import annotations

import numpy as np

from cnnlab.ui.components.sketch import MAX_STEPS, Drawn, Sketch
from cnnlab.ui.session import Session


def drawn(*strokes: str) -> Drawn:
    return Drawn([{"path": stroke} for stroke in strokes], np.full((2, 2, 4), len(strokes), np.uint8))


def ink(sketch: Sketch) -> int | None:
    return None if sketch.pixels is None else int(sketch.pixels[0, 0, 0])


def sketch_of(*drawings: Drawn) -> Sketch:
    sketch = Sketch()
    for one in drawings:
        sketch.take(one)
    return sketch


def test_strokes_are_undone_and_redone_one_by_one() -> None:
    sketch = sketch_of(drawn("a"), drawn("a", "b"), drawn("a", "b"))
    assert ink(sketch) == 2
    sketch.undo()
    assert (ink(sketch), sketch.initial, sketch.edition) == (1, drawn("a").strokes, 1)
    sketch.undo()
    assert (ink(sketch), sketch.initial, sketch.edition) == (None, [], 2)
    sketch.undo()
    assert (ink(sketch), sketch.edition) == (None, 2), "there is nothing before"
    sketch.redo()
    sketch.redo()
    sketch.redo()
    assert (ink(sketch), sketch.initial, sketch.edition) == (2, drawn("a", "b").strokes, 4)


def test_a_stroke_after_an_undo_replaces_what_was_undone() -> None:
    sketch = sketch_of(drawn("a"), drawn("a", "b"))
    sketch.undo()
    sketch.take(drawn("a", "c", "d"))
    sketch.redo()
    assert ink(sketch) == 3
    sketch.undo()
    assert ink(sketch) == 1


def test_the_canvas_undoes_and_redoes_by_itself() -> None:
    nothing = Drawn([], np.zeros((2, 2, 4), np.uint8))
    sketch = sketch_of(drawn("a"), drawn("a", "b"), drawn("a"), nothing)
    assert (ink(sketch), sketch.edition) == (None, 0)
    sketch.redo()
    assert ink(sketch) == 1
    sketch.take(drawn("a", "b"))
    sketch.undo()
    assert ink(sketch) == 1


def test_a_stroke_that_was_undone_before_the_server_heard_of_it_alone_is_a_step() -> None:
    sketch = sketch_of(drawn("a", "b"), drawn("a"))
    sketch.undo()
    assert ink(sketch) is None
    sketch.redo()
    sketch.redo()
    assert ink(sketch) == 2


def test_clearing_can_be_undone() -> None:
    sketch = sketch_of(drawn("a"))
    sketch.clear()
    sketch.clear()
    assert (ink(sketch), sketch.initial, sketch.edition) == (None, [], 1)
    sketch.undo()
    assert ink(sketch) == 1


def test_only_so_many_steps_are_remembered() -> None:
    strokes = [*"x" * (MAX_STEPS + 20)]
    sketch = sketch_of(*(drawn(*strokes[: count + 1]) for count in range(len(strokes))))
    assert (len(sketch.steps), ink(sketch)) == (MAX_STEPS, MAX_STEPS + 20)


def test_another_page_begins_a_canvas_with_the_same_drawing() -> None:
    sketch = Sketch()
    sketch.visited(1)
    sketch.take(drawn("a"))
    edition = sketch.edition
    sketch.visited(1)
    assert sketch.edition == edition
    sketch.visited(2)
    assert (sketch.initial, ink(sketch)) == (drawn("a").strokes, 1)
    assert sketch.edition == edition + 1


def test_a_reload_begins_with_the_picture_that_the_browser_kept() -> None:
    sketch = Sketch()
    assert not sketch.begun
    sketch.restore("data:image/png;base64,AAAA")
    assert (sketch.begun, sketch.edition, sketch.initial[0]["src"]) == (True, 0, "data:image/png;base64,AAAA")


def test_every_switch_of_pages_is_a_visit() -> None:
    session = Session()
    session.open("draw")
    session.open("draw")
    assert session.visit == 1
    session.open("filters")
    assert session.visit == 2
