"""The report as a parser of HTML reads it: what stands in it, that it fetches nothing, that names are texts."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.evaluation.not_finite import not_finite
from cnnlab.export import html_report
from cnnlab.export.html_report import Content
from cnnlab.network.layers import BatchNormalization, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.events import Batch, Epoch, Started
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec

HOSTILE = "</title></script><script>alert('x')</script><img src=x onerror=y> \"&amp;\ud800"


class Page(HTMLParser):
    """The texts, tables, figures and elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self.figures: dict[str, str] = {}
        self.scripts: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self._inside.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        attributes = self.elements[-1][1] if self.elements else {}
        if self._inside[-1:] == ["script"]:
            if attributes.get("type") == "application/json":
                name = str(attributes["id"])
                self.figures[name] = self.figures.get(name, "") + data
            else:
                self.scripts.append(data)
        elif self._inside[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += data
        elif self._inside[-1:] in (["h1"], ["h2"]):
            self.headings.append(data)

    def facts(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self.rows if len(row) == 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    store = RunStore(tmp_path_factory.mktemp("home"))
    one = store.create("my digits", "Ada", tiny, quick, "here", running=True)
    store.close()
    return replace(one, started=86_400.0 * 365, note="seen")


def history() -> History:
    found = History()
    found.add(Started(epochs=2, steps=5, train_images=240, validation_images=60, parameters=750))
    for number in (1, 2):
        found.add(Batch(epoch=number, step=3, steps=5, loss=2.0, accuracy=0.1, examples_per_second=9))
        figures = {"loss": 2.0 / number, "accuracy": 0.25 * number, "val_loss": 1.5, "val_accuracy": 0.125}
        found.add(Epoch(epoch=number, seconds=3.0, learning_rate=0.001, examples_per_second=9, **figures))
    return found


def weights() -> Weights:
    kernels = np.arange(18, dtype=np.float32).reshape(3, 3, 1, 2) - 9
    return {"conv2d": (kernels, np.zeros(2, np.float32)), "dense": (np.zeros((72, 10)), np.zeros(10))}


def evaluation() -> Evaluation:
    labels = np.array([0, 1, 1, 2])
    probabilities = np.eye(10, dtype=np.float32)[[0, 1, 2, 2]]
    return Evaluation(probabilities, labels, np.zeros((4, 8, 8, 1), np.uint8))


def test_everything_that_there_is(run: Run) -> None:
    page = Page(html_report.report(Content(run, history(), Moment(2), weights(), evaluation())))
    assert page.headings == [
        *("my digits", "Training", "Confusion matrix", "Kernels of the first layer", "Layers", "Settings")
    ]
    assert page.facts() == {
        "Data": "Tiny digits, 8×8",
        "Network": "tiny",
        "Parameters": "750",
        "Multiply-adds per image": "1,368",
        "Started (UTC)": "1971-01-01 00:00",
        "Epochs": "2 / 2",
        "Seconds per epoch": "3.0",
        "Final loss (training, validation)": "1.0000, 1.5000",
        "Final accuracy (training, validation)": "50.00%, 12.50%",
        "Accuracy on the validation images": "75.00%",
        "Weights shown": "after epoch 2",
        "Note": "seen",
    }
    assert page.rows[page.rows.index(["conv2d (Conv2D)", "6×6×2", "20", "648", "3×3"]) + 1 :][:2] == [
        ["flatten (Flatten)", "72", "0", "0", "3×3"],
        ["dense (Dense)", "10", "730", "720", "8×8"],
    ]
    settings = {row[0]: row[1:] for row in page.rows if len(row) == 3}
    assert settings["Batch size"] == [
        "50",
        "batch_size: Images per weight update.",
    ]
    assert settings["Optimizer"][0] == "Adam" and settings["Early stopping"][0] == "false"
    assert "version" not in settings


def test_figures_that_plotly_takes(run: Run) -> None:
    page = Page(html_report.report(Content(run, history(), Moment(2), weights(), evaluation())))
    figures = {name: go.Figure(json.loads(text)) for name, text in page.figures.items()}
    assert list(figures) == ["loss-figure", "accuracy-figure", "confusion-figure", "kernels-figure"]
    drawn = [attributes for tag, attributes in page.elements if attributes.get("data-figure")]
    assert [node["data-figure"] for node in drawn] == list(figures)
    assert all(node["role"] == "img" and node["aria-label"] for node in drawn)
    assert figures["loss-figure"].data[1].y == (2.0, 1.0) and figures["loss-figure"].data[2].y == (1.5, 1.5)
    assert figures["accuracy-figure"].data[1].y == (0.25, 0.5)
    numbers = figures["confusion-figure"].data[-1]
    assert dict(zip(zip(numbers.x, numbers.y, strict=True), numbers.text, strict=True))[2, 1] == "1"
    kernels = figures["kernels-figure"]
    assert kernels.layout.width == 180 and kernels.data[0].source.startswith("data:image/png;base64,")
    assert list(kernels.data[1].text) == ["0", "1"]


def test_nothing_is_fetched(run: Run) -> None:
    page = Page(html_report.report(Content(run, history(), Moment(2), weights(), evaluation())))
    for tag, attributes in page.elements:
        assert not {"src", "href", "action", "data", "background"} & set(attributes), tag
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "table", "tr", "td", "th"),
        *("script", "figure", "figcaption", "div"),
    }
    (policy,) = [a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and policy.startswith("default-src 'none'; ") and "http" not in policy
    # Plotly's script once, then the few lines that draw.
    library, drawing = page.scripts
    assert library.startswith("/**\n* plotly.js v") and len(library) > 3_000_000 and "Plotly.newPlot" in drawing


def test_names_are_texts(run: Run) -> None:
    hostile = replace(run, name=HOSTILE, note=HOSTILE, network=run.network.replace(name=HOSTILE[:70]))
    page = Page(html_report.report(Content(hostile, history(), Moment(2), weights(), evaluation()), language='en"><b'))
    shown = HOSTILE.replace("\ud800", "?")
    assert page.headings[0] == shown and page.facts()["Note"] == shown and page.facts()["Network"] == HOSTILE[:70]
    assert len(page.scripts) == 2 and not {"img", "b"} & {tag for tag, _ in page.elements}
    assert page.elements[0] == ("html", {"lang": 'en"><b'})


def test_in_the_readers_language(run: Run) -> None:
    def translate(text: str) -> str:
        return f"«{text}»"

    text = html_report.report(Content(run, history(), Moment(0, 3), weights(), evaluation()), translate, "ko")
    page = Page(text)
    assert page.elements[0] == ("html", {"lang": "ko"})
    assert page.headings[1:] == [
        *("«Training»", "«Confusion matrix»", "«Kernels of the first layer»", "«Layers»", "«Settings»")
    ]
    assert page.facts()["«Weights shown»"] == "«after 3 batches of epoch 1»"
    assert "«validation»" in json.loads(page.figures["loss-figure"])["data"][2]["name"]


def test_a_run_that_has_nothing_to_show(run: Run) -> None:
    page = Page(html_report.report(Content(replace(run, started=None, note=""), History())))
    assert page.headings == ["my digits", "Layers", "Settings"] and page.figures == {}
    assert page.facts() == {
        "Data": "Tiny digits, 8×8",
        "Network": "tiny",
        "Parameters": "750",
        "Multiply-adds per image": "1,368",
        "Epochs": "0 / 2",
    }


def test_kernels_of_the_first_layer_that_has_some(run: Run) -> None:
    dense = run.network.replace(layers=(BatchNormalization(), Flatten(), Dense(units=3), Dense(units=10)))
    normal = {"batch_normalization": (np.ones(1),) * 4}
    later = {"dense": (np.full((64, 3), np.nan), np.zeros(3)), "dense_1": (np.zeros((3, 10)), np.zeros(10))}
    page = Page(html_report.report(Content(replace(run, network=dense), History(), Moment(0), {**normal, **later})))
    assert "kernels-figure" not in page.figures and page.facts()["Weights shown"] == "before training"
    flat = run.network.replace(layers=(Flatten(), Dense(units=3), Dense(units=10)))
    page = Page(html_report.report(Content(replace(run, network=flat), History(), Moment(0), later)))
    # Weights that are no numbers any more are drawn as nothing.
    assert len(json.loads(page.figures["kernels-figure"])["data"][1]["text"]) == 3
    assert re.search("The 3 kernels of dense; ", " ".join(str(a.get("aria-label")) for _, a in page.elements))


def test_the_script_is_plotlys_own() -> None:
    import plotly

    script = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    # Inside a page it would end at such a tag.
    assert "</script" not in script.lower() and "<!--" not in script


def test_weights_that_are_no_numbers_are_named_instead_of_drawn(run: Run) -> None:
    lost = {name: tuple(np.full_like(array, np.nan) for array in arrays) for name, arrays in weights().items()}
    told = history()
    told.epochs[-1] = told.epochs[-1].model_copy(update={"loss": math.nan, "accuracy": math.nan})
    content = Content(run, told, Moment(2), lost, problem=not_finite("weights", 2))
    text = html_report.report(content)
    assert "<strong>Since epoch 2, the network&#x27;s weights are NaN or infinite: its training diverged" in text
    page = Page(text)
    assert "kernels-figure" not in page.figures and "Confusion matrix" not in page.headings
    assert page.facts()["Final loss (training, validation)"] == "NaN, 1.5000"
    assert page.facts()["Final accuracy (training, validation)"] == "NaN, 12.50%"
