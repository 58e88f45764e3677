"""Train on with mistakes: a new run from this one's weights, with the chosen images added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _

if TYPE_CHECKING:
    from cnnlab.ui.evaluate import Examined


def offer(examined: Examined, places: np.ndarray) -> None:
    """Offer to train on with the mistakes in `places`, the worst first."""
    label = _("Train on with these mistakes")
    with st.popover(label, icon=":material/school:", key="more", on_change="rerun") as opened:
        if not opened.open:
            return
        count = st.number_input(_("How many of them, the worst first"), 1, len(places), len(places), key="more-count")
        weight = st.number_input(_("How often each is shown in an epoch"), 1, 100, 5, key="more-weight")
        epochs = st.number_input(_("Epochs"), 1, 100, 3, key="more-epochs")
        st.caption(
            _(
                "A new run begins with the weights of this moment and learns these images besides its own. Since it "
                "has then seen them, its accuracy on the images evaluated here says less than before."
            )
        )
        if st.button(_("Start"), icon=":material/play_arrow:", type="primary", key="more-start"):
            _start(examined, places[: int(count)], int(weight), int(epochs))


def _start(examined: Examined, chosen: np.ndarray, weight: int, epochs: int) -> None:
    run, found = examined.run, examined.found
    training = run.training.replace(epochs=epochs)
    try:
        begun = lab().fork(
            run.id, examined.moment, training, who=session().who,
            extra=(found.images[chosen], found.labels[chosen], weight),
        )  # fmt: skip
    except CNNLabError as error:
        errors.show(error)
        return
    session().run = begun
    st.switch_page("pages/train.py", query_params={"run": begun})
