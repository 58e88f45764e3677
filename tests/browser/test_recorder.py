"""A script's own training in the browser: it appears by itself while it runs, and ends there when it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cnnlab.runs.store import RunStore
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS, TRAIN_MS
from tests.browser.server import ROOT, AppServer
from tests.browser.test_runs import points, tick
from tests.waiting import wait_until

SCRIPT = """
import sys, time
from pathlib import Path
import keras
import numpy as np
import cnnlab

class Waits(keras.callbacks.Callback):
    # After two epochs it waits for whoever looks.
    def on_epoch_begin(self, epoch, logs=None):
        while epoch == 2 and not Path(sys.argv[2]).exists():
            time.sleep(0.05)

x, y = np.random.rand(64, 8, 8, 1).astype("float32"), np.arange(64) % 10
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
recorder = cnnlab.Recorder("from a script", home=sys.argv[1], who="Bo", dataset="digits-8x8")
model.fit(x, y, validation_split=0.25, epochs=4, verbose=0, callbacks=[Waits(), recorder])
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file for which the script waits."""
    return tmp_path / "go on"


def test_a_script_is_seen_while_it_trains(visit: Visit, lab_server: AppServer, gate: Path) -> None:
    store = RunStore(lab_server.home)
    before = len(store.runs())
    # Both pages are open before the script begins.
    page = visit(lab_server, "runs")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", SCRIPT, str(lab_server.home), str(gate)]
    with subprocess.Popen(command, env=environment) as process:
        try:
            wait_until(lambda: len(store.runs()) > before, BEGIN_MS / 1000)
            run = store.runs()[0]
            tick(page, 0, before + 1)
            expect(page.main.get_by_role("heading", level=3)).to_have_text("from a script")
            expect(page.badge.first).to_have_text("running")
            wait_until(lambda: points(page).get("training") == [1, 2])
            train = visit(lab_server, f"train?run={run.id}")
            train.expect_state("running")
            train.see_points(run.id, 1)
            assert store.get(run.id).state == "running"
            gate.touch()
            train.expect_state("finished")
            wait_until(lambda: train.traces(run.id)[1].points == 4)
            expect(page.badge.first).to_have_text("finished", timeout=TRAIN_MS)
            wait_until(lambda: points(page).get("training") == [1, 2, 3, 4])
            assert process.wait(300) == 0
        finally:
            process.kill()
            store.close()
