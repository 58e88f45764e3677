"""Filters: edit a kernel and see the image change."""

from functools import partial

from cnnlab.ui import page_header
from cnnlab.ui.components.fragments import tabs
from cnnlab.ui.filters import kernel_design, learned_filters, pooling
from cnnlab.ui.shared import moment_picker, picture_picker
from cnnlab.ui.text import _

page_header.enter("filters")
page_header.title(
    _("Filters"), _("Edit a kernel, pool a feature map, or explore the filters that a network has learned.")
)


def body() -> None:
    """Draw the whole page as one fragment, so that a change redraws nothing else."""
    picture = picture_picker.choose("filters")
    views = {_("Design"): kernel_design.workspace, _("Pooling"): pooling.pooling, _("Learned"): learned_filters.body}
    # Without an image (for example, before a file is uploaded) the tabs are empty.
    tabs({title: partial(view, picture) if picture else lambda: None for title, view in views.items()}, "filter-tabs")


moment_picker.follow(body)
