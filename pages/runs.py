"""Runs page: find, compare and organize runs."""

from cnnlab.ui import lab, page_header
from cnnlab.ui.runs import run_table
from cnnlab.ui.text import _

page_header.enter("runs")
page_header.title(_("Runs"), _("Find, compare and organize your runs. Select one or more rows."))
lab.show_damage()
run_table.follow()
