"""`python -m cnnlab.datasets.image_sets`: create or change one image set in a process of its own.

The app writes one line of JSON, a `tasks.Task`, to its standard input, and reads lines of JSON from its standard
output: how far it is, and how it ended. When standard input is closed, because the app has ended, this process ends.
"""

from __future__ import annotations

import os
import sys
import threading

from cnnlab import settings
from cnnlab.datasets.image_sets import tasks
from cnnlab.datasets.image_sets.store import ImageSets
from cnnlab.errors import CNNLabError

PRIORITY = 10
"""Pages and drawing stay responsive while thousands of photos are read."""


def _end_with_the_app() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    task = tasks.read(sys.stdin.readline())
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(PRIORITY)
    report = tasks.Reporter(sys.stdout)
    try:
        made = tasks.run(task, ImageSets(settings.from_environment()), report.progress)
    except CNNLabError as error:
        report.failed(error)
    else:
        report.finished(made)


if __name__ == "__main__":
    main()
