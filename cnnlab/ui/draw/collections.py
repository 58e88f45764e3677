"""The Collections tab: label and save drawings, browse a collection, test a network on it, train on it, export it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.runs.run import Run
from cnnlab.training import drawings_file
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.draw.state import DrawState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import session, state
from cnnlab.ui.text import _, translate
from cnnlab.vision.digit_preprocessing import Digit
from cnnlab.vision.drawing_checks import WHITE, Correction, UnusualDrawings

if TYPE_CHECKING:
    from cnnlab.runs.drawings import Drawing

DIGITS = range(10)
GRID_COLUMNS, MAX_SHOWN = 12, 96
TILE_PX = 56
"""Width of a drawing in the grid."""
SELECTED_FRAME = "#ff9f1c"


def body(digit: Digit | None, run: Run, moment: Moment) -> None:
    """Draw the controls that save the current drawing, and the selected collection below."""
    names = [name for name, _count in lab().drawings.collections()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page = state(DrawState)
        page.collection = st.selectbox(
            _("Collection"),
            names,
            index=names.index(page.collection) if page.collection in names else (0 if names else None),
            accept_new_options=True,
            placeholder=_("Type a name to create one"),
            key=f"keep-collection-{len(names)}",
            width=300,
        ) or ""  # fmt: skip
    if digit is not None:
        _save(digit)
    if page.collection in names:
        _collection(page.collection, run, moment)
    _import()


def _save(digit: Digit) -> None:
    page = state(DrawState)
    label = st.pills(_("Label"), list(DIGITS), key="keep-label")
    clicked = st.button(
        _("Save drawing"), icon=":material/bookmark_add:", type="primary", disabled=label is None, key="keep-it"
    )
    if clicked and label is not None:
        with errors.shown():
            lab().drawings.keep(page.collection or _("My drawings"), label, digit.image, session().who)
            page.collection = page.collection or _("My drawings")
            redraw()


def _collection(name: str, run: Run, moment: Moment) -> None:
    drawings = lab().drawings.of(name)
    shown = drawings[-MAX_SHOWN:]
    left, right = st.columns([3, 2], gap="large")
    with left:
        counts = [sum(drawing.label == digit for drawing in drawings) for digit in DIGITS]
        st.markdown(
            _("**{name}** ({count}) · :small[click a drawing to relabel or remove it]", name=errors.plain(name),
              count=len(drawings))
        )  # fmt: skip
        _browse(shown)
        if len(shown) < len(drawings):
            st.caption(_("Showing the latest {shown} of {count}.", shown=len(shown), count=len(drawings)))
        per_digit = ", ".join(f"{digit} ({count}×)" for digit, count in zip(DIGITS, counts, strict=True) if count)
        if per_digit:
            st.caption(_("Per digit: {counts}", counts=per_digit))
        with st.container(horizontal=True):
            st.download_button(
                _("Export .npz"), lambda: lab().drawings.as_npz(name), f"{name}.npz", icon=":material/download:",
                on_click="ignore", key="keep-npz",
            )  # fmt: skip
            st.download_button(
                _("Export PNG"), lambda: lab().drawings.as_pngs(name), f"{name}.zip", icon=":material/download:",
                on_click="ignore", key="keep-png",
            )  # fmt: skip
            if st.button(_("Train on this collection"), icon=":material/school:", key="keep-train"):
                session().training = session().training.replace(dataset="mnist-5k", drawings=name)
                go("train")
    if drawings:
        with right:
            _accuracy(name, run, moment)


def _browse(shown: list[Drawing]) -> None:
    """Draw the grid of drawings, and the controls for the selected one."""
    page = state(DrawState)
    selected = next((drawing for drawing in shown if drawing.id == page.drawing), None)
    cells = [
        Cell(
            paint(drawing.image, "gray", 255.0),
            caption=str(drawing.label),
            hover=_("{label}, drawn by {who}", label=drawing.label, who=drawing.nickname or "–"),
            frame=SELECTED_FRAME if drawing is selected else "",
        )
        for drawing in shown
    ]
    if not cells:
        st.caption(_("This collection is empty."))
    else:
        data = montage_data(cells, min(GRID_COLUMNS, max(len(cells), 6)), label=0.5)
        alt = _("The drawings of the collection with their labels.")
        chart = Chart(montage_figure(data, size=13), alt, data.aspect)
        width = TILE_PX * min(len(cells), GRID_COLUMNS)
        click = live_charts([chart], key=f"keep-grid-{len(cells)}", width=width, clickable=True)
        if click:
            page.drawing = shown[int(click.index)].id
            redraw()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if selected:
            label = st.pills(
                _("Change label"), list(DIGITS), default=selected.label, required=True, key=f"relabel-{selected.id}"
            )
            if label is not None and label != selected.label:
                lab().drawings.relabel(selected.id, label)
                redraw()
            if st.button(_("Remove"), icon=":material/delete:", key="keep-remove"):
                lab().drawings.remove([selected.id])
                page.removed.append(selected.id)
                redraw()
        if page.removed and st.button(_("Restore"), icon=":material/undo:", key="keep-restore"):
            lab().drawings.restore([page.removed.pop()])
            redraw()


def _accuracy(name: str, run: Run, moment: Moment) -> None:
    found = lab().evaluation.evaluate_drawings(run, moment, name)
    st.markdown(
        _("**Accuracy of the first network:** {right:.1%} of {count}", right=found.accuracy,
          count=len(found.labels))
    )  # fmt: skip
    data = confusion_data(found.confusion, tuple(str(digit) for digit in DIGITS))
    alt = _("Confusion matrix: rows are true classes, columns are predictions.")
    live_charts([Chart(confusion_figure(data, translate), alt, 1.0)], key="keep-confusion")


def _import() -> None:
    """Draw the control that imports drawings from an exported file."""
    with st.expander(_("Import drawings"), key="keep-take-in"):
        uploaded = st.file_uploader(
            _("An .npz file with arrays x (n, 28, 28) and y, as exported here"),
            type="npz",
            max_upload_size=drawings_file.MAX_BYTES // 10**6,
            key="keep-file",
        )
        page = state(DrawState)
        if uploaded is not None and uploaded.file_id != page.imported:
            with errors.shown():
                if _add(uploaded.getvalue(), page.collection or uploaded.name.rpartition(".")[0]):
                    page.imported = uploaded.file_id
                    redraw()


def _add(content: bytes, collection: str) -> bool:
    """Import drawings, and return whether it is done; unusual ones only once the user has said how."""
    try:
        lab().drawings.add_npz(content, collection, session().who)
    except UnusualDrawings as question:
        corrections = _ask(question)
        if corrections is None:
            return False
        lab().drawings.add_npz(content, collection, session().who, corrections)
    return True


def _ask(question: UnusualDrawings) -> tuple[Correction, ...] | None:
    """Show unusual drawings as they are and corrected; return the corrections that the user chose, or None so far."""
    problem, remedy = question.sentences(translate)
    st.warning(f"**{errors.plain(problem)}** {errors.plain(remedy)}", icon=":material/help:")
    first = min(len(question.before), GRID_COLUMNS)
    both = [*question.before[:first], *question.after[:first]]
    data = montage_data([Cell(paint(image[..., 0], "gray", float(WHITE))) for image in both], first)
    alt = _("The first drawings: above as they are, below corrected.")
    live_charts([Chart(montage_figure(data), alt, data.aspect)], key=f"keep-question-{first}", width=TILE_PX * first)
    st.caption(alt)
    with st.container(horizontal=True):
        if st.button(_("Correct and import"), type="primary", icon=":material/auto_fix_high:", key="keep-correct"):
            return question.corrections
        if st.button(_("Import as they are"), icon=":material/upload:", key="keep-as-they-are"):
            return ()
    return None
