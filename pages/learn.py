"""Learn: work through the study notes by doing."""

from cnnlab.ui import frame, learn
from cnnlab.ui.text import _

frame.come_in("learn")
frame.title(_("Learn"), _("Lessons that are done, not read: guess first, try it out, then see what is behind it."))
learn.body()
