import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.transform_sweep import SweepData, sweep_data, sweep_figure


def test_the_lines_of_two_networks() -> None:
    data = sweep_data(
        "degrees", np.array([-90.0, 0.0, 90.0]), [("CNN", np.array([0.1, 0.9, 0.2])), ("dense", np.ones(3))]
    )
    assert data == SweepData("degrees", (-90.0, 0.0, 90.0), (("CNN", (0.1, 0.9, 0.2)), ("dense", (1.0, 1.0, 1.0))))


def test_the_figure_says_what_it_shows() -> None:
    data = sweep_data("right", np.array([-1.0, 1.0]), [("CNN", np.array([np.nan, 0.5]))])
    figure = go.Figure(sweep_figure(data, at=0.5, label="3"))
    assert figure.layout.xaxis.title.text == "Shift to the right (pixels)"
    assert figure.layout.yaxis.title.text == "Probability of 3"
    assert figure.layout.shapes[0].x0 == 0.5
    assert figure.data[0].y == (None, 0.5)


def test_lines_can_be_told_apart_without_colour() -> None:
    data = sweep_data("scale", np.array([1.0]), [(str(k), np.ones(1)) for k in range(4)])
    dashes = [line.line.dash for line in go.Figure(sweep_figure(data, 1.0, "0")).data]
    assert len(set(dashes)) == 4


def test_scores_have_an_axis_of_their_own() -> None:
    data = sweep_data("right", np.array([-1.0, 1.0]), [("CNN", np.array([-12.9, 317.6]))])
    figure = go.Figure(sweep_figure(data, at=0.5, label="3", probable=False))
    assert figure.layout.yaxis.title.text == "Output for 3"
    assert (figure.layout.yaxis.range, figure.layout.yaxis.tickformat) == (None, None)
    assert figure.data[0].hovertemplate == "%{y:.4g}"
