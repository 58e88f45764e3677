"""What the server process costs: it never loads TensorFlow, whatever its pages were used for.

Every server's `close` looks again at its end; here the look itself is tried on the processes that do load it.
"""

from __future__ import annotations

import psutil
import pytest

from tests.browser.conftest import Visit
from tests.browser.server import AppServer, tensorflow_in
from tests.waiting import wait_until

MAX_MEGABYTES = 600
"""Of the server after use, with a data set in memory; with TensorFlow it would be more than twice this."""


def test_server_has_no_tensorflow_after_training(
    lab_server: AppServer, visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    page = visit(lab_server, "train")
    page.start(1)
    page.expect_state("finished")

    # A worker that trains and one that answers, which loads TensorFlow in its own time.
    wait_until(lambda: sum(_has_tensorflow(child) for child in lab_server.descendants()) >= 2)
    assert tensorflow_in(lab_server.pid) == []
    megabytes = psutil.Process(lab_server.pid).memory_info().rss / 1e6
    with capsys.disabled():
        print(f"\nserver after use: {megabytes:.0f} MB resident")
    assert megabytes < MAX_MEGABYTES


def _has_tensorflow(process: psutil.Process) -> bool:
    try:
        return bool(tensorflow_in(process.pid))
    except psutil.NoSuchProcess:
        # It has ended since the list was made.
        return False
