"""What has been drawn, over strokes, undo and page switches."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnlab.ui.remembered import MOST_STROKES, Drawn, Sketch
from cnnlab.ui.state import Session


def drawn(*strokes: str) -> Drawn:
    content: dict[str, Any] = {"objects": [{"path": stroke} for stroke in strokes]}
    return Drawn(content, np.full((2, 2, 4), len(strokes), np.uint8))


def ink(sketch: Sketch) -> int | None:
    return None if sketch.pixels is None else int(sketch.pixels[0, 0, 0])


def test_strokes_can_be_undone_one_by_one() -> None:
    sketch = Sketch()
    assert ink(sketch) is None
    sketch.take(drawn("a"))
    sketch.take(drawn("a", "b"))
    sketch.take(drawn("a", "b"))
    assert ink(sketch) == 2
    sketch.undo()
    assert (ink(sketch), sketch.begun, sketch.edition) == (1, drawn("a").strokes, 1)
    sketch.undo()
    assert (ink(sketch), sketch.begun, sketch.edition) == (None, None, 2)


def test_clearing_can_be_undone_where_the_canvas_did_it() -> None:
    sketch = Sketch()
    sketch.take(drawn("a"))
    sketch.take(drawn())
    assert ink(sketch) is None
    sketch.undo()
    assert ink(sketch) == 1


def test_only_so_many_strokes_are_remembered() -> None:
    sketch = Sketch()
    for count in range(MOST_STROKES + 20):
        sketch.take(drawn(*"x" * (count + 1)))
    assert len(sketch.past) == MOST_STROKES
    assert sketch.past[-1].strokes == drawn(*"x" * (MOST_STROKES + 20)).strokes


def test_another_page_begins_a_canvas_with_the_same_drawing() -> None:
    session = Session()
    session.open("draw")
    session.sketch.take(drawn("a"))
    edition = session.sketch.edition
    session.open("draw")
    assert session.sketch.edition == edition
    session.open("filters")
    assert (session.sketch.begun, ink(session.sketch)) == (drawn("a").strokes, 1)
    assert session.sketch.edition == edition + 1
