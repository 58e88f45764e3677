import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from cnnlab.figures.data_url import data_url
from cnnlab.figures.prediction_grid import predictions_data, predictions_figure


def test_images_are_laid_out_in_rows_of_twelve() -> None:
    images = np.arange(13, dtype=np.uint8).reshape(13, 1, 1, 1).repeat(28, 1).repeat(28, 2)
    data = predictions_data(images, np.zeros(13, int), tuple([0] * 12 + [1]), ("zero", "one"))
    assert data.montage.shape == (2 * 43, 12 * 34, 4)
    assert data.corners[0] == (3, 3)
    assert data.corners[12] == (3, 46)
    assert data.montage[46, 3].tolist() == [12, 12, 12, 255]
    assert data.montage[0, 0].tolist() == [0, 0, 0, 0]
    assert data.wrong == (12,)


def test_a_wrong_answer_is_framed_and_named() -> None:
    images = np.zeros((3, 8, 8, 1), np.uint8)
    data = predictions_data(images, np.array([0, 1, 1]), (0, 1, 0), tuple("01"))
    figure = go.Figure(predictions_figure(data))
    assert len(figure.layout.shapes) == 1
    assert list(figure.data[1].text) == ["0", "1"]
    assert list(figure.data[2].text) == ["0 ≠ 1"]


def test_long_names_stand_only_where_the_answer_is_wrong() -> None:
    images = np.zeros((2, 8, 8, 3), np.uint8)
    data = predictions_data(images, np.array([0, 1]), (0, 0), ("Coat", "Bag"))
    figure = go.Figure(predictions_figure(data, str.upper))
    assert list(figure.data[1].text) == [""]
    assert list(figure.data[1].hovertext) == ["COAT"]
    assert list(figure.data[2].text) == ["COAT ≠ BAG"]


def test_pixels_reach_the_browser_as_they_are() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    kind, packed = data_url(pixels).split(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(packed)))), pixels)


def test_nothing_is_predicted_from_nan() -> None:
    data = predictions_data(np.zeros((2, 8, 8, 1), np.uint8), np.array([0, 1]), (-1, 1), ("0", "1"))
    assert data.wrong == (0,)
    assert list(go.Figure(predictions_figure(data)).data[2].text) == ["NaN ≠ 0"]
