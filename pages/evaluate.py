"""Evaluate page: find out where a network is wrong, and why."""

from cnnlab.ui import page_header
from cnnlab.ui.evaluate import evaluation
from cnnlab.ui.shared import moment_picker
from cnnlab.ui.text import _

page_header.enter("evaluate")
page_header.title(_("Evaluate"), _("Find out where a network is wrong, and why."))
moment_picker.follow(evaluation.body, training=False)
