"""Feature maps: follow one image through every layer."""

from cnnlab.ui import frame, maps, pictures, timemachine
from cnnlab.ui.text import _

frame.come_in("maps")
frame.title(_("Feature maps"), _("Follow one picture through every layer of a network, from the pixels to the answer."))


def body() -> None:
    """The whole page is one fragment: a change draws no more than this anew."""
    picture = pictures.choose("maps")
    if picture is not None:
        maps.body(picture)


timemachine.follow(body)
