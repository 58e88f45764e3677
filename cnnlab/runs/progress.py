"""How far readers are in the lessons: what they answered and which runs they trained there, by who they are.

There are no accounts: `who` is a nickname, or the id of a session where none was given. What a part's value means is
the lessons' business (`cnnlab.lessons`).
"""

from __future__ import annotations

import time

from cnnlab.runs.store import RunStore

Marks = dict[tuple[str, str], str]
"""(lesson, part) -> value."""


class LessonProgress:
    """Every method can raise StoreError, as the store's own do."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def of(self, who: str) -> Marks:
        """All that is noted of one reader."""
        rows = self._store.rows("SELECT lesson, part, value FROM progress WHERE who = ?", who)
        return {(row["lesson"], row["part"]): row["value"] for row in rows}

    def note(self, who: str, lesson: str, part: str, value: str) -> None:
        """Note a part of a lesson; what was noted before is replaced."""
        with self._store.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", (who, lesson, part, value, time.time())
            )

    def forget(self, who: str, lesson: str) -> None:
        """Begin a lesson anew."""
        with self._store.transaction() as database:
            database.execute("DELETE FROM progress WHERE who = ? AND lesson = ?", (who, lesson))

    def adopt(self, who: str, session: str) -> None:
        """Give what a session did without a name to the reader who has just taken one; what they had done stays."""
        with self._store.transaction() as database:
            database.execute("UPDATE OR IGNORE progress SET who = ? WHERE who = ?", (who, session))
            database.execute("DELETE FROM progress WHERE who = ?", (session,))
