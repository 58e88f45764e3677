"""Evaluate: find out where a network is wrong, and why."""

from cnnlab.ui import evaluate, frame, timemachine
from cnnlab.ui.text import _

frame.come_in("evaluate")
frame.title(_("Evaluate"), _("Find out where a network is wrong, and why."))
timemachine.follow(evaluate.body, training=False)
