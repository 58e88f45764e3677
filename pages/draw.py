"""Draw page: draw a digit and see what networks predict, and why."""

from cnnlab.ui import page_header
from cnnlab.ui.draw import prediction
from cnnlab.ui.shared import moment_picker
from cnnlab.ui.text import _

page_header.enter("draw")
page_header.title(_("Draw"), _("Draw a digit and see what the network predicts, and why."))
moment_picker.follow(prediction.body, training=False)
