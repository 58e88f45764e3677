"""Lab: the single object that pages use, composed of parts that each get only what they need."""

from __future__ import annotations

from cnnlab.datasets.image_sets import ImageSets
from cnnlab.lab.datasets import Datasets
from cnnlab.lab.evaluation import Evaluator
from cnnlab.lab.exports import Exports
from cnnlab.lab.histories import Histories
from cnnlab.lab.image_set_jobs import ImageSetJobs
from cnnlab.lab.imports import Imports
from cnnlab.lab.inference import Inference
from cnnlab.lab.live_networks import LiveNetworks
from cnnlab.lab.run_control import RunControl
from cnnlab.lab.runs import Runs
from cnnlab.lab.scheduler import Scheduler
from cnnlab.lab.snapshots import Snapshots
from cnnlab.lab.start_weights import StartWeights
from cnnlab.lab.test_sets import TestSets
from cnnlab.runs.annotations import Annotations
from cnnlab.runs.drawings import Drawings
from cnnlab.runs.lesson_progress import LessonProgress
from cnnlab.runs.saved_networks import SavedNetworks
from cnnlab.runs.seals import Seals
from cnnlab.runs.store import RunStore
from cnnlab.settings import Settings


class Lab:
    """Everything in one Lab's folder, and its workers. Safe to use from several threads.

    Attributes:
        store: the database and the folders of runs.
        engine: the worker processes.
        scheduler: decides which run trains when, and stores what the engine reports.
        runs: start, find and continue runs.
        control: pause, step and stop training runs.
        snapshots: saved weights of runs.
        start_weights: the weights of other runs that networks start with.
        inference: run a network on one image.
        live_networks: networks for the browser to run.
        evaluation: evaluate a network on many images.
        datasets: the datasets' images.
        image_sets: image sets made from your own files.
        image_set_jobs: create and change them in the background.
        drawings: saved drawings, in collections.
        networks: networks saved under a name.
        annotations: names, notes and tags of runs; deleting and restoring runs.
        test_sets: which test sets are still sealed.
        exports, imports: files for other programs or another Lab.
        progress: readers' progress in the lessons.

    Args:
        settings: folders and limits.
        start_engine: False for a Lab that only reads (tests, scripts).
    """

    def __init__(self, settings: Settings, start_engine: bool = True) -> None:
        self.settings = settings
        self.store = RunStore(settings.home)
        self.annotations = Annotations(self.store)
        self.drawings = Drawings(self.store)
        self.networks = SavedNetworks(self.store)
        self.progress = LessonProgress(self.store)
        self.test_sets = TestSets(self.store, Seals(self.store))
        histories = Histories(self.store)
        self.scheduler = Scheduler(settings, self.store, histories)
        self.engine = self.scheduler.engine
        self.datasets = Datasets(settings, self.engine)
        self.image_sets = ImageSets(settings)
        self.image_set_jobs = ImageSetJobs(settings, self.image_sets)
        self.snapshots = Snapshots(self.store, histories)
        self.start_weights = StartWeights(self.store, self.snapshots)
        self.runs = Runs(
            settings, self.store, self.scheduler, histories, self.snapshots, self.drawings, self.start_weights
        )
        self.control = RunControl(self.store, self.scheduler)
        self.inference = Inference(self.engine, self.snapshots)
        self.live_networks = LiveNetworks(settings, self.snapshots, self.inference)
        self.evaluation = Evaluator(self.engine, self.snapshots, self.datasets, self.drawings)
        self.exports = Exports(self.store, self.engine, self.snapshots, histories)
        self.imports = Imports(settings, self.store, self.engine)
        self.scheduler.mark_interrupted()
        self.annotations.purge()
        if start_engine:
            self.engine.start()

    def close(self) -> None:
        """End the workers. Training runs are interrupted and can be resumed."""
        self.image_set_jobs.close()
        self.scheduler.close()
        self.store.close()
