"""Feature maps: follow one image through every layer."""

from cnnlab.ui import page_header
from cnnlab.ui.feature_maps import layers
from cnnlab.ui.shared import moment_picker, picture_picker
from cnnlab.ui.text import _

page_header.enter("maps")
page_header.title(_("Feature maps"), _("Follow one image through every layer of a network, from pixels to prediction."))


def body() -> None:
    """Draw the whole page as one fragment, so that a change redraws nothing else."""
    picture = picture_picker.choose("maps")
    if picture is not None:
        layers.body(picture)


moment_picker.follow(body)
