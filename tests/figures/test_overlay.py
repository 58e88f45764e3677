import numpy as np

from cnnlab.figures.overlay import overlay


def test_without_heat_the_picture_is_as_it_is() -> None:
    image = np.array([[0.0, 0.5], [1.0, 0.25]])
    painted = overlay(image, np.zeros((2, 2)), zoom=2)
    assert painted.shape == (4, 4, 4)
    assert painted[::2, ::2, 0].tolist() == [[0, 128], [255, 64]]
    assert (painted[..., 0] == painted[..., 2]).all()
    assert (painted[..., 3] == 255).all()


def test_what_speaks_for_it_is_orange_and_what_speaks_against_it_blue() -> None:
    painted = overlay(np.zeros((1, 3)), np.array([[1.0, -1.0, 2.0]]))
    red, green, blue = (painted[0, :, k].astype(int) for k in range(3))
    assert red[0] > green[0] > blue[0]
    assert blue[1] > green[1] > red[1]
    assert painted[0, 2].tolist() == painted[0, 0].tolist()


def test_a_colour_picture_keeps_its_colours() -> None:
    image = np.zeros((1, 1, 3))
    image[..., 1] = 1
    assert overlay(image, np.zeros((1, 1)))[0, 0].tolist() == [0, 255, 0, 255]
