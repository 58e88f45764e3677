"""The Learn page: the blocks of lessons, and the interactive widgets in `widgets`."""
