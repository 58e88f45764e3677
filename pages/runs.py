"""Runs: find a run again, compare some, keep order."""

from cnnlab.ui import frame, runs
from cnnlab.ui.text import _

frame.come_in("runs")
frame.title(_("Runs"), _("Find a run again, compare some, and keep order: choose one or several rows of the table."))
frame.say_damage()
runs.follow()
