"""Whether a page has asked its server for something that is not answered yet, read from their messages."""

from __future__ import annotations

import time

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

TWO_FRAMES = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


class Conversation:
    """What one tab and the server say to each other.

    A page says "running" only once the server has begun to answer. On a busy machine that comes long after a click.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked = self._begun = False
        page.on("websocket", self._connected)

    def settle(self, timeout: float) -> None:
        """Wait until the last thing that a person did is answered, for at most `timeout` milliseconds."""
        # A widget sends its value within a frame.
        self._page.evaluate(TWO_FRAMES)
        deadline = time.monotonic() + timeout / 1000
        # Asked again and again: a wait for the answer's frame would miss one that comes just before it.
        while self._asked:
            assert time.monotonic() < deadline, f"not answered after {timeout / 1000:g} s: {self._page.url}"
            self._page.evaluate(TWO_FRAMES)
        idle = "[data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
        self._page.locator(f"[data-testid=stApp]{idle}").wait_for()
        self._page.evaluate(TWO_FRAMES)

    def _connected(self, socket: WebSocket) -> None:
        # What was asked before a page is loaded anew, nobody answers.
        self._asked = self._begun = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload: bytes | str) -> None:
        message = BackMsg.FromString(_bytes(payload))
        if message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun:
            self._asked, self._begun = True, False

    def _received(self, payload: bytes | str) -> None:
        message = ForwardMsg.FromString(_bytes(payload))
        match message.WhichOneof("type"):
            case "new_session":
                self._begun = True
            case "script_finished" if self._begun and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._asked = False


def _bytes(payload: bytes | str) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload
