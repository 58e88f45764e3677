"""Draw: write a digit and see what the network thinks, and why."""

from cnnlab.ui import draw, frame, timemachine
from cnnlab.ui.text import _

frame.come_in("draw")
frame.title(_("Draw"), _("Write a digit and see what the network thinks, and why."))
timemachine.follow(draw.body, training=False)
