"""Learn page: work through the study notes with hands-on lessons."""

from cnnlab.ui import page_header
from cnnlab.ui.learn import lesson
from cnnlab.ui.text import _

page_header.enter("learn")
page_header.title(_("Learn"), _("Hands-on lessons: make a prediction, run the experiment, then see why."))
lesson.body()
