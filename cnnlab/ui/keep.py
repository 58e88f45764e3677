"""Keeping drawings: label one, look through a collection, test a network on it, learn from it, take it along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab.drawing import Digit
from cnnlab.errors import CNNLabError
from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.style import to_json
from cnnlab.runs.record import Run
from cnnlab.training import drawn
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate

if TYPE_CHECKING:
    from cnnlab.runs.drawings import Drawing

DIGITS = range(10)
COLUMNS, MOST_SHOWN = 12, 96
CELL = 56
"""Pixels of a drawing in the collection."""
CHOSEN = "#ff9f1c"


def body(digit: Digit | None, canvas: np.ndarray | None, run: Run, moment: Moment) -> None:
    """Keep the present drawing; below, the collection."""
    names = [name for name, _count in lab().collections()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kept = session().kept
        kept.collection = st.selectbox(
            _("Collection"),
            names,
            index=names.index(kept.collection) if kept.collection in names else (0 if names else None),
            accept_new_options=True,
            placeholder=_("Type a name for a new one"),
            key=f"keep-collection-{len(names)}",
            width=300,
        ) or ""  # fmt: skip
    if digit is not None:
        _keep(digit, canvas)
    if kept.collection in names:
        _collection(kept.collection, run, moment)
    _take_in()


def _keep(digit: Digit, canvas: np.ndarray | None) -> None:
    kept = session().kept
    label = st.pills(_("This drawing is a"), list(DIGITS), key="keep-label")
    wanted = st.button(
        _("Keep it"), icon=":material/bookmark_add:", type="primary", disabled=label is None, key="keep-it"
    )
    if wanted and label is not None:
        try:
            lab().keep_drawing(kept.collection or _("My drawings"), label, digit.image, canvas, session().who)
        except CNNLabError as error:
            errors.show(error)
            return
        kept.collection = kept.collection or _("My drawings")
        redraw()


def _collection(name: str, run: Run, moment: Moment) -> None:
    drawings = lab().drawings(name)
    shown = drawings[-MOST_SHOWN:]
    left, right = st.columns([3, 2], gap="large")
    with left:
        counts = [sum(drawing.label == digit for drawing in drawings) for digit in DIGITS]
        st.markdown(
            _("**{name}** ({count}) · :small[click one to correct or remove it]", name=errors.plain(name),
              count=len(drawings))
        )  # fmt: skip
        _browse(shown)
        there = ", ".join(f"{digit} ({count}×)" for digit, count in zip(DIGITS, counts, strict=True) if count)
        if there:
            st.caption(_("By digit: {counts}", counts=there))
        with st.container(horizontal=True):
            st.download_button(
                ".npz", lambda: lab().drawings_npz(name), f"{name}.npz", icon=":material/download:",
                on_click="ignore", key="keep-npz",
            )  # fmt: skip
            st.download_button(
                "PNG", lambda: lab().drawings_pngs(name), f"{name}.zip", icon=":material/download:",
                on_click="ignore", key="keep-png",
            )  # fmt: skip
            if st.button(_("Train with these"), icon=":material/school:", key="keep-train"):
                session().training = session().training.replace(dataset="mnist-5k", drawings=name)
                st.switch_page("pages/train.py")
    if drawings:
        with right:
            _test(name, run, moment)


def _browse(shown: list[Drawing]) -> None:
    kept = session().kept
    chosen = next((drawing for drawing in shown if drawing.id == kept.drawing), None)
    cells = [
        Cell(
            paint(drawing.image, "grey", 255.0),
            caption=str(drawing.label),
            hover=_("{label}, by {who}", label=drawing.label, who=drawing.nickname or "–"),
            frame=CHOSEN if drawing is chosen else "",
        )
        for drawing in shown
    ]
    if not cells:
        st.caption(_("This collection is empty."))
    else:
        data = montage_data(cells, min(COLUMNS, max(len(cells), 6)), label=0.5)
        alt = _("The drawings of the collection with their labels.")
        chart = Chart(to_json(montage_figure(data, size=13)), alt, data.aspect)
        width = CELL * min(len(cells), COLUMNS)
        click = live_charts([chart], key=f"keep-grid-{len(cells)}", width=width, clickable=True)
        if click and click.at > kept.clicked:
            kept.clicked, kept.drawing = click.at, shown[int(click.index)].id
            redraw()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen:
            label = st.pills(
                _("It is a"), list(DIGITS), default=chosen.label, required=True, key=f"relabel-{chosen.id}"
            )
            if label is not None and label != chosen.label:
                lab().relabel_drawing(chosen.id, label)
                redraw()
            if st.button(_("Remove"), icon=":material/delete:", key="keep-remove"):
                lab().remove_drawings([chosen.id])
                kept.removed.append(chosen.id)
                redraw()
        if kept.removed and st.button(_("Bring back"), icon=":material/undo:", key="keep-restore"):
            lab().restore_drawings([kept.removed.pop()])
            redraw()


def _test(name: str, run: Run, moment: Moment) -> None:
    found = lab().evaluate_drawings(run, moment, name)
    st.markdown(
        _("**How well does the first network read them?** {right:.1%} of {count}", right=found.accuracy,
          count=len(found.labels))
    )  # fmt: skip
    data = confusion_data(found.confusion, tuple(str(digit) for digit in DIGITS))
    alt = _("Confusion matrix: rows are what the drawings are, columns what the network says.")
    live_charts([Chart(to_json(confusion_figure(data, translate)), alt, 1.0)], key="keep-confusion")


def _take_in() -> None:
    """Add drawings from a file that was downloaded here or elsewhere."""
    with st.expander(_("Add drawings from a file"), key="keep-take-in"):
        given = st.file_uploader(
            _("An .npz file with x (n, 28, 28) and y, as this page downloads it"),
            type="npz",
            max_upload_size=drawn.MOST_BYTES // 10**6,
            key="keep-file",
        )
        kept = session().kept
        if given is not None and given.file_id != kept.taken_in:
            try:
                lab().take_in_drawings(
                    given.getvalue(), kept.collection or given.name.rpartition(".")[0], session().who
                )
            except CNNLabError as error:
                errors.show(error)
                return
            kept.taken_in = given.file_id
            redraw()
