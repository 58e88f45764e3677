"""Readers' progress in the lessons: their answers and the runs they trained there.

There are no accounts: `who` is a nickname, or a session id if no nickname is set. The lessons define what a part's
value means (`cnnlab.lessons`).
"""

from __future__ import annotations

import time

from cnnlab.runs.store import RunStore

Marks = dict[tuple[str, str], str]
"""(lesson, part) -> value."""


class LessonProgress:
    """Stores the progress of each reader. Every method can raise StoreError."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def of(self, who: str) -> Marks:
        """Return everything recorded for one reader."""
        rows = self._store.rows("SELECT lesson, part, value FROM progress WHERE who = ?", who)
        return {(row["lesson"], row["part"]): row["value"] for row in rows}

    def note(self, who: str, lesson: str, part: str, value: str) -> None:
        """Record a value for a part of a lesson, replacing the previous one."""
        with self._store.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", (who, lesson, part, value, time.time())
            )

    def forget(self, who: str, lesson: str) -> None:
        """Delete a reader's progress in a lesson."""
        with self._store.transaction() as database:
            database.execute("DELETE FROM progress WHERE who = ? AND lesson = ?", (who, lesson))

    def adopt(self, who: str, session: str) -> None:
        """Move a session's progress to a nickname that was just set; existing progress of the nickname is kept."""
        with self._store.transaction() as database:
            database.execute("UPDATE OR IGNORE progress SET who = ? WHERE who = ?", (who, session))
            database.execute("DELETE FROM progress WHERE who = ?", (session,))
