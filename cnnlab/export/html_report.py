"""Write a report of a run: a single HTML page that opens offline and without CNN Lab.

Plotly's script is embedded once; nothing is fetched, which a content security policy enforces. Every text is escaped,
since names and notes are untrusted.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.metrics import Evaluation
from cnnlab.evaluation.not_finite import format_figure
from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.figures.history import Metric, history_data, history_figure
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.style import Figure, to_json
from cnnlab.i18n.marks import N_, Translate, nN_, untranslated
from cnnlab.network.summary import format_shape, summarize
from cnnlab.runs.origin import MAYBE_SEEN, UNKNOWN_IMAGES, Origin
from cnnlab.runs.run import Run
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec
from cnnlab.vision.filters import filters, has_filters

PAGE_PX = 720
"""Width of the text column and of the figures."""
KERNEL_COLUMNS = 8
"""Kernels per row."""
KERNEL_PX = 48
"""Approximate size of a kernel."""

_STYLE = f"""
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1c2733; background: #fff; max-width: {PAGE_PX}px;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }}
td:first-child {{ white-space: nowrap; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
th, td {{ text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid #d9dfe5; vertical-align: top; }}
td.number, th.number {{ text-align: right; }}
figure {{ margin: 1rem 0; }} figcaption {{ font-size: 14px; color: #55606b; }}
@media print {{ figure, tr {{ break-inside: avoid; }} }}
"""
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_DRAW = """
for (const node of document.querySelectorAll("[data-figure]")) {
  const { data, layout } = JSON.parse(document.getElementById(node.dataset.figure).textContent);
  Plotly.newPlot(node, data, layout, { responsive: true, displaylogo: false });
}
"""

_METRICS: tuple[tuple[Metric, str], ...] = (
    ("loss", N_("Training and validation loss per epoch.")),
    ("accuracy", N_("Training and validation accuracy per epoch.")),
)


@dataclass(frozen=True, eq=False)
class Content:
    """Content of a report.

    Attributes:
        moment, weights: the snapshot whose kernels are shown; None if the run has none.
        evaluation: on the validation images, for the confusion matrix; None omits it.
        problem: what is wrong with the weights, if they are NaN or infinite; then there are no kernels to show.
        origin: where the network was trained.
    """

    run: Run
    history: History
    moment: Moment | None = None
    weights: Weights | None = None
    evaluation: Evaluation | None = None
    problem: CNNLabError | None = None
    origin: Origin = "here"


def report(content: Content, translate: Translate = untranslated, language: str = "en") -> str:
    """Return the report as HTML."""
    parts = [
        f"<h1>{_escaped(content.run.name)}</h1>",
        _facts(content, translate),
        *_origin(content, translate),
        *_problem(content, translate),
        *_curves(content.history, translate),
        *_confusion(content, translate),
        *_kernels(content, translate),
        _heading(N_("Layers"), translate),
        _layers(content.run, translate),
        _heading(N_("Settings"), translate),
        _settings(content.run.training, translate),
    ]
    script = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_escaped(content.run.name)}</title>",
        f"<style>{_STYLE}</style>",
    ]
    body = [*parts, f"<script>{script}</script>", f"<script>{_DRAW}</script>"]
    start = f'<!doctype html>\n<html lang="{_escaped(language)}">\n'
    return "\n".join([f"{start}<head>", *head, "</head>\n<body>", *body, "</body>\n</html>\n"])


def _facts(content: Content, translate: Translate) -> str:
    run, epochs = content.run, content.history.epochs
    info = run.dataset
    summary = summarize(run.network)
    facts = [
        (N_("Data"), translate(info.title)),
        (N_("Network"), run.network.name),
        (N_("Parameters"), f"{summary.parameters:,}"),
        (N_("Multiply-adds per image"), f"{summary.multiply_adds:,}"),
        (N_("Started (UTC)"), _time(run.started)),
        (N_("Epochs"), f"{len(epochs)} / {run.training.epochs}"),
    ]
    if epochs:
        facts += [
            (N_("Seconds per epoch"), f"{sum(epoch.seconds for epoch in epochs) / len(epochs):.1f}"),
            (N_("Final loss (training, validation)"), _pair(epochs[-1].loss, epochs[-1].val_loss, ".4f")),
            (N_("Final accuracy (training, validation)"), _pair(epochs[-1].accuracy, epochs[-1].val_accuracy, ".2%")),
        ]
    if content.evaluation:
        facts.append((N_("Accuracy on the validation images"), f"{content.evaluation.accuracy:.2%}"))
    if content.moment is not None:
        facts.append((N_("Weights shown"), _moment(content.moment, translate)))
    if run.note:
        facts.append((N_("Note"), run.note))
    return _table([], [(translate(name), value) for name, value in facts if value])


def _pair(training: float, validation: float, form: str) -> str:
    return f"{format_figure(training, form)}, {format_figure(validation, form)}"


def _moment(moment: Moment, translate: Translate) -> str:
    if moment == Moment(0):
        return translate(N_("before training"))
    batches = nN_("after {step} batch of epoch {next}", "after {step} batches of epoch {next}", moment.step)
    template = batches if moment.step else N_("after epoch {epoch}")
    return translate(template).format(epoch=moment.epoch, step=moment.step, next=moment.epoch + 1)


def _origin(content: Content, translate: Translate) -> Iterable[str]:
    if content.origin != "here":
        yield f"<p>{_escaped(translate(UNKNOWN_IMAGES[content.origin]))} {_escaped(translate(MAYBE_SEEN))}</p>"


def _problem(content: Content, translate: Translate) -> Iterable[str]:
    if content.problem:
        sentence, _remedy = content.problem.sentences(translate)
        yield f"<p><strong>{_escaped(sentence)}</strong></p>"


def _curves(history: History, translate: Translate) -> Iterable[str]:
    if not history.epochs:
        return
    yield _heading(N_("Training"), translate)
    for metric, alt in _METRICS:
        shown = history_figure([history_data(history, metric)], metric, translate)
        yield _figure(metric, shown, translate(alt))


def _confusion(content: Content, translate: Translate) -> Iterable[str]:
    if content.evaluation is None:
        return
    yield _heading(N_("Confusion matrix"), translate)
    names = content.run.dataset.class_names
    shown = confusion_figure(confusion_data(content.evaluation.confusion, names), translate)
    alt = N_("Confusion matrix: rows are true classes, columns are predictions.")
    yield _figure("confusion", shown, translate(alt))


def _kernels(content: Content, translate: Translate) -> Iterable[str]:
    """Yield the kernels of the first layer that has any."""
    rows = summarize(content.run.network).rows
    row = next((row for row in rows if has_filters(row, rows[: row.index])), None)
    if row is None or content.problem or content.weights is None or row.name not in content.weights:
        return
    found = filters(row, content.weights, content.run.network.input_shape)
    strengths = [np.abs(one.kernel).max() for one in found]
    limit = float(max((strength for strength in strengths if np.isfinite(strength)), default=0.0))
    zoom = max(KERNEL_PX // found[0].kernel.shape[0], 1)
    cells = [Cell(paint(one.kernel, "signed", limit, zoom), str(one.index)) for one in found]
    data = montage_data(cells, KERNEL_COLUMNS, label=0.3)
    shown = montage_figure(data)
    width = PAGE_PX * min(len(cells), KERNEL_COLUMNS) // KERNEL_COLUMNS
    shown["layout"] |= {"height": round(width * data.aspect), "width": width}
    yield _heading(N_("Kernels of the first layer"), translate)
    alt = nN_(
        "The kernel of {layer}; blue is positive, red negative.",
        "The {count} kernels of {layer}; blue is positive, red negative.",
        len(found),
    )
    yield _figure("kernels", shown, translate(alt).format(count=len(found), layer=row.name))


def _layers(run: Run, translate: Translate) -> str:
    heads = [N_("Layer (type)"), N_("Output shape"), N_("Parameters"), N_("Multiply-adds"), N_("Receptive field")]
    lines = []
    for row in summarize(run.network).rows:
        field = format_shape(row.receptive_field.size) if row.receptive_field else ""
        shape = format_shape(row.output_shape) if row.output_shape else "?"
        figures = f"{row.parameters:,}", f"{row.multiply_adds.value:,}", field
        lines.append((f"{row.name} ({row.layer.kind})", shape, *figures))
    return _table([translate(head) for head in heads], lines, numbers=frozenset({2, 3, 4}))


def _settings(training: TrainingSpec, translate: Translate) -> str:
    values = training.model_dump(mode="json", exclude={"version"})
    fields = type(training).model_fields
    lines = [
        (
            translate(fields[name].title or name),
            json.dumps(value, ensure_ascii=False).strip('"'),
            f"{name}: {translate(fields[name].description or '')}",
        )
        for name, value in values.items()
    ]
    return _table([translate(head) for head in (N_("Setting"), N_("Value"), N_("Description"))], lines)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()) -> str:
    def cells(kind: str, line: Sequence[str]) -> str:
        right = (' class="number"' if index in numbers else "" for index in range(len(line)))
        inside = (f"<{kind}{attribute}>{_escaped(text)}</{kind}>" for attribute, text in zip(right, line, strict=True))
        return f"<tr>{''.join(inside)}</tr>"

    return "\n".join(
        ["<table>", *([cells("th", heads)] if heads else []), *(cells("td", x) for x in lines), "</table>"]
    )


def _figure(name: str, shown: Figure, alt: str) -> str:
    # A closing tag in the JSON would end the script element.
    content = to_json(shown).replace("<", "\\u003c")
    return (
        f'<script type="application/json" id="{name}-figure">{content}</script>\n'
        f'<figure><div data-figure="{name}-figure" role="img" aria-label="{_escaped(alt)}"></div>'
        f"<figcaption>{_escaped(alt)}</figcaption></figure>"
    )


def _heading(text: str, translate: Translate) -> str:
    return f"<h2>{_escaped(translate(text))}</h2>"


def _time(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}" if seconds is not None else ""


def _escaped(text: str) -> str:
    return html.escape(text.encode(errors="replace").decode())
