"""`python -m benchmarks.store`: the server's part of the Runs page with 500 runs and 10,000 events.

Everything happens in this process, in a temporary Lab without workers; the browser is not included.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from statistics import median

from benchmarks.report import Figure, arguments, describe_machine, say, show
from cnnlab.evaluation.run_differences import differences, leaderboard
from cnnlab.figures.history import history_data, history_figure
from cnnlab.figures.pareto import COSTS, pareto_data, pareto_figure
from cnnlab.figures.style import to_json
from cnnlab.i18n.marks import untranslated
from cnnlab.lab.lab import Lab
from cnnlab.runs.store import RunStore
from cnnlab.settings import Settings
from cnnlab.training.events import AnyEvent, Batch, Epoch, Finished, Started
from cnnlab.training.recipes import RECIPES
from cnnlab.ui.runs.run_table import row
from cnnlab.ui.shared.run_curves import branch
from cnnlab.ui.shared.run_labels import METRICS

RUNS, EVENTS, COMPARED = 500, 10_000, 5
MAX_MILLISECONDS = 1000
REPEATS = 5


def fill(store: RunStore, runs: int, events: int) -> float:
    """Write synthetic runs with the same number of events each; return the events appended per second."""
    chance = random.Random(1)
    recipes = list(RECIPES.values())
    each = events // runs
    seconds, before = 0.0, None
    for number in range(runs):
        recipe = recipes[number % len(recipes)]
        training = recipe.training.replace(learning_rate=chance.choice((0.1, 0.01, 0.001)), seed=number)
        run = store.create(
            f"run {number}", f"person {number % 30}", recipe.network, training, "benchmark",
            running=True, parent=(before, 2) if before and number % 10 == 0 else None,
        ).id  # fmt: skip
        began = time.perf_counter()
        for event in _events(each, chance):
            store.append(run, event)
        seconds += time.perf_counter() - began
        store.set_state(run, "finished")
        before = run
    return runs * each / seconds


def _events(count: int, chance: random.Random) -> Iterator[AnyEvent]:
    """Yield the events of a run of several epochs, half of them batches."""
    yield Started(epochs=count // 2, steps=100, train_images=4000, validation_images=1000, parameters=1000)
    for k in range(count - 2):
        epoch, loss = k // 2 + 1, 2.0 / (k + 1) + chance.random() / 10
        accuracy = min(0.5 + k / 100 + chance.random() / 10, 1.0)
        if k % 2 == 0:
            yield Batch(epoch=epoch, step=50, steps=100, loss=loss, accuracy=accuracy, examples_per_second=9000.0)
        else:
            yield Epoch(
                epoch=epoch, loss=loss, accuracy=accuracy, val_loss=loss, val_accuracy=accuracy, seconds=1.0,
                learning_rate=0.001, examples_per_second=9000.0,
            )  # fmt: skip
    yield Finished(reason="done", kept_epoch=count // 2 - 1)


def _milliseconds(action: Callable[[Lab], None], lab: Lab) -> float:
    began = time.perf_counter()
    action(lab)
    return (time.perf_counter() - began) * 1000


def _open_table(lab: Lab) -> None:
    """Compute what the page needs for its table and for the leaderboard below it."""
    runs = lab.runs.all()
    lab.runs.active()
    lab.annotations.deleted()
    [row(run, untranslated, UTC) for run in runs]
    leaderboard(runs, max_parameters=1_000_000)


def _compare(lab: Lab) -> None:
    """Compute what the page needs for a comparison: both curves, the differences, accuracy against each cost."""
    runs = lab.runs.all()[:COMPARED]
    for metric in METRICS:
        curves = [
            history_data(lab.runs.history(run.id), metric, run.name, branch(lab, run), run.best_epoch) for run in runs
        ]
        to_json(history_figure(curves, metric))
    differences(runs)
    for cost in COSTS:
        to_json(pareto_figure(pareto_data(runs, cost)))


def measure(runs: int, events: int) -> Iterator[Figure]:
    """Yield the figures for a Lab that has just been opened and for one that has been used."""
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        store = RunStore(home)
        say(f"writing {runs} runs with {events:,} events")
        yield Figure("store.events_appended_per_second", fill(store, runs, events), "1/s", digits=0)
        store.close()
        megabytes = sum(path.stat().st_size for path in home.glob("cnnlab.sqlite3*")) / 1e6
        yield Figure("store.database_megabytes", megabytes, "MB")
        for name, action in (("table", _open_table), ("comparison", _compare)):
            began = time.perf_counter()
            lab = Lab(Settings(home=home), start_engine=False)
            if name == "table":
                yield Figure("store.open_milliseconds", (time.perf_counter() - began) * 1000, "ms")
            # The first call is that of a Lab that has not read anything yet.
            first, *later = [_milliseconds(action, lab) for _ in range(REPEATS + 1)]
            yield Figure(f"store.{name}_first_milliseconds", first, "ms", MAX_MILLISECONDS)
            yield Figure(f"store.{name}_milliseconds", median(later), "ms", MAX_MILLISECONDS)
            lab.close()


def main() -> int:
    """Run the benchmark and return its exit status."""
    parser = arguments("The server's part of the Runs page: the table, a comparison, events, the size of the database.")
    options = parser.parse_args()
    describe_machine()
    runs, events = (20, 400) if options.quick else (RUNS, EVENTS)
    return int(show(measure(runs, events), options.quick))


if __name__ == "__main__":
    sys.exit(main())
