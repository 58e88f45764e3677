"""Several digits on one photo: each is read by itself, from left to right."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnlab.evaluation.metrics import top_two
from cnnlab.ui import errors
from cnnlab.ui.draw import doubts
from cnnlab.ui.draw.network_prediction import InputImage, NetworkPrediction
from cnnlab.ui.shared import outputs
from cnnlab.ui.text import _, n_

UNKNOWN = "?"


def headline(predictions: Sequence[NetworkPrediction], sources: Sequence[InputImage]) -> None:
    """Draw the predicted digits in a row, with a question mark for each that is not sure."""
    read, notes = [], []
    for number, (prediction, source) in enumerate(zip(predictions, sources, strict=True), 1):
        kind, shares = prediction.kind, prediction.probabilities
        found = top_two(shares, kind)
        best, second = (errors.plain(prediction.classes[k]) for k in (found.best, found.second))
        label = prediction.classes[found.best]
        values = {"number": number, "best": best, "share": outputs.share(shares[found.best], kind)}
        if source.digit is not None and source.digit.doubt_as(label):
            read.append(UNKNOWN)
            notes.append(_("Digit {number}: {reason}.", number=number, reason=doubts.headline(source.digit, label)))
        elif found.confident:
            read.append(f"**{best}**")
            notes.append(_("Digit {number}: {best} ({share}).", **values))
        else:
            read.append(UNKNOWN)
            notes.append(_("Digit {number}: {best} ({share}) or {second} ({other}).", **values, second=second,
                           other=outputs.share(shares[found.second], kind)))  # fmt: skip
    digits = " ".join(read)
    if UNKNOWN in read:
        st.markdown(_("### Uncertain: {digits}", digits=digits))
    else:
        st.markdown(_("### Prediction: {digits}", digits=digits))
    count = n_("Read one by one: {count} digit.", "Read one by one, from left to right: {count} digits.",
               count=len(read))  # fmt: skip
    st.caption(" ".join([count, *notes]))
    outputs.note(predictions[0].kind)


def title(number: int, network: str) -> str:
    """Return the title of a digit's chart; `network` is "" if there is only one."""
    if not network:
        return _("Digit {number}", number=number)
    return _("Digit {number}: {network}", number=number, network=network)


def choose(count: int) -> int:
    """Draw the choice of the digit that the rest of the page is about, if there are several; return its index."""
    if count < 2:
        return 0
    chosen = st.segmented_control(
        _("Look closer at"), list(range(count)), default=0, format_func=lambda k: title(k + 1, ""), required=True,
        key=f"draw-digit-{count}",
    )  # fmt: skip
    return chosen or 0
