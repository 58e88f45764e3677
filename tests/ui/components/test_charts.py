"""What the browser is given of a chart."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def page() -> None:
    from cnnlab.ui.components.charts import Chart, live_charts

    figure = {"data": [{"y": [0.5, None]}], "layout": {"height": 3}}
    live_charts([Chart(figure, "A falling line.", title="Loss")], key="chart", numbers=[("Epochs", "1")])


def test_a_figure_reaches_the_browser_as_one_text() -> None:
    app = AppTest.from_function(page, default_timeout=180).run()
    assert not app.exception, app.exception
    (drawn,) = app.get("bidi_component")
    given = json.loads(drawn.proto.json)
    (chart,) = given["figures"]
    assert chart["figure"] == '{"data":[{"y":[0.5,null]}],"layout":{"height":3}}'
    assert (chart["alt"], chart["title"], chart["thumbnails"]) == ("A falling line.", "Loss", None)
    assert given["numbers"] == [["Epochs", "1"]]
