import base64
import io

import numpy as np
from PIL import Image

from cnnlab.figures.flow import flow_data
from cnnlab.network.layers import Conv2D, Dense, Flatten, MaxPooling2D
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec


def pixels(source: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))))


def test_every_convolution_and_pooling_is_a_stop_with_its_liveliest_maps() -> None:
    network = NetworkSpec(
        name="n",
        input_shape=(4, 4, 1),
        layers=(Conv2D(filters=5, padding="same"), MaxPooling2D(), Flatten(), Dense(units=2, activation="softmax")),
    )
    rows = summarize(network).rows
    image = np.zeros((4, 4, 1), np.float32)
    image[0, 0] = 1
    maps = np.zeros((4, 4, 5), np.float32)
    # From the flattest to the liveliest: the first map, which says nothing, is the one left out.
    for k in range(5):
        maps[0, 0, k] = -k
    outputs = dict(
        zip(
            [row.name for row in rows],
            [maps, maps[::2, ::2], maps[::2, ::2].ravel(), np.array([0.25, 0.75], np.float32)],
            strict=True,
        )
    )
    data = flow_data(image, rows, outputs)
    assert [(stage.kind, stage.shape) for stage in data.stages] == [
        ("Input", (4, 4, 1)),
        ("Conv2D", (4, 4, 5)),
        ("MaxPooling2D", (2, 2, 5)),
    ]
    assert data.probabilities == (0.25, 0.75)
    assert data.answer == 1
    assert pixels(data.stages[0].source)[0, :2, 0].tolist() == [255, 0]
    # Each map's least value is black and its greatest white; 14 pixels stand for one, with a gap of 4 between maps.
    shown = pixels(data.stages[1].source)
    assert shown.shape == (120, 120, 4)
    for y, x in ((2, 2), (2, 62), (62, 2), (62, 62)):
        assert shown[y : y + 14, x : x + 14].reshape(-1, 4).tolist() == [[0, 0, 0, 255]] * 196
        assert shown[y, x + 14].tolist() == [255, 255, 255, 255]
    assert shown[0, 0].tolist() == [0, 0, 0, 0]
