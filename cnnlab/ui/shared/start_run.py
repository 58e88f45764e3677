"""Start a run, and download its dataset first if needed."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DatasetUnavailable, Progress
from cnnlab.errors import NetworkError
from cnnlab.lab.start_weights import FROM_SCRATCH
from cnnlab.network.quick_fixes import QUICK_FIXES
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.text import _, translate


def start(network: NetworkSpec, training: TrainingSpec) -> str | None:
    """Start a run and return its id; None (with a message) if that fails. Downloads the dataset if needed."""
    with errors.shown():
        # Checked before anything is downloaded.
        check_classes(training, len(lab().datasets.info(training.dataset).class_names))
        try:
            fetch(training.dataset)
            return lab().runs.start(network, training, session().who)
        except DatasetUnavailable as error:
            session().offer = error.offer
            raise
    return None


def missing_start(network: NetworkSpec) -> None:
    """Say that the weights that the network starts with are missing, if so, with a button that starts it at random."""
    try:
        lab().start_weights.check(network)
    except NetworkError as error:
        errors.show(error)
        if pressed(st.button, translate(QUICK_FIXES[FROM_SCRATCH].label), "from-scratch", icon=":material/build:"):
            session().design(network.replace(start=None))
            st.rerun()


def fetch(dataset: str) -> None:
    """Download a dataset with a progress bar, unless it is available. Raises DatasetError if that fails."""
    if lab().datasets.available(dataset):
        return
    with st.empty():
        bar = st.progress(0.0, text=_("Downloading {dataset} …", dataset=translate(lab().datasets.info(dataset).title)))

        def show(progress: Progress) -> None:
            share = progress.received / progress.total if progress.total else 0.0
            bar.progress(
                min(share, 1.0),
                text=_(
                    "{file}: {received:.1f} MB of {total:.1f} MB",
                    file=progress.file,
                    received=progress.received / 1e6,
                    total=(progress.total or 0) / 1e6,
                ),
            )

        lab().datasets.get(dataset, show)
