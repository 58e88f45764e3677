import plotly.graph_objects as go
import pytest

from cnnlab.figures.schedule import POINTS, ScheduleData, schedule_data, schedule_figure
from cnnlab.figures.style import to_json
from cnnlab.training.spec import TrainingSpec

COSINE = TrainingSpec(epochs=10, learning_rate=0.5, schedule="cosine", warmup_epochs=2)


def test_from_the_beginning_to_the_end() -> None:
    data = schedule_data(COSINE)
    assert len(data.epochs) == len(data.rates) == POINTS + 1
    assert data.epochs[:2] == (0, 0.05) and data.epochs[-1] == 10
    assert (data.rates[0], data.rates[20], data.rates[40], max(data.rates)) == (0, 0.25, 0.5, 0.5)
    assert data.rates[-1] == pytest.approx(0)
    # Up, then down.
    assert list(data.rates[:41]) == sorted(data.rates[:41])
    assert list(data.rates[40:]) == sorted(data.rates[40:], reverse=True)


@pytest.mark.parametrize("epochs", [1, 1000])
@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine"])
def test_the_figure(schedule: str, epochs: int) -> None:
    data = schedule_data(COSINE.replace(schedule=schedule, epochs=epochs))
    figure = go.Figure(schedule_figure(data))
    assert (figure.data[0].x, figure.data[0].y) == data
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Epoch", "Learning rate")
    assert figure.layout.xaxis.dtick == (1 if epochs == 1 else None)
    to_json(schedule_figure(data))


def test_titles_are_translated() -> None:
    korean = {"Epoch": "에폭", "Learning rate": "학습률"}
    figure = schedule_figure(ScheduleData((0.0, 1.0), (1.0, 1.0)), korean.__getitem__)
    assert figure["layout"]["xaxis"]["title"]["text"] == "에폭"
    assert figure["layout"]["yaxis"]["title"]["text"] == "학습률"


def test_odd_settings_of_a_stranger_are_drawn() -> None:
    odd = COSINE.replace(schedule="step", decay_epochs=5e-324, learning_rate=5e-324)
    assert schedule_data(odd).rates[0] == 5e-324
    go.Figure(schedule_figure(schedule_data(odd)))
