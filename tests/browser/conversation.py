"""Whether a page has asked its server for something that is not answered yet, read from their messages."""

from __future__ import annotations

from playwright.sync_api import Error, Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

TWO_FRAMES = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


class Conversation:
    """What one tab and the server say to each other.

    A page says "running" only once the server has begun to answer. On a busy machine that comes long after a click.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._socket: WebSocket | None = None
        self._asked: set[str] = set()
        self._begun = False
        page.on("websocket", self._connected)

    def settle(self, timeout: float) -> None:
        """Wait until the last thing that a person did is answered, for at most `timeout` milliseconds."""
        # A widget sends its value within a frame.
        self._page.evaluate(TWO_FRAMES)
        if self._socket and self._asked:
            self._wait(self._socket, timeout)
        idle = "[data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
        self._page.locator(f"[data-testid=stApp]{idle}").wait_for()
        self._page.evaluate(TWO_FRAMES)

    def _wait(self, socket: WebSocket, timeout: float) -> None:
        try:
            socket.wait_for_event("framereceived", lambda _: not self._asked, timeout=timeout)
        except Error:
            # What was asked before a page is loaded anew, nobody answers.
            if not socket.is_closed():
                raise

    def _connected(self, socket: WebSocket) -> None:
        self._socket, self._asked, self._begun = socket, set(), False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload: bytes | str) -> None:
        message = BackMsg.FromString(_bytes(payload))
        if message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun:
            # The fragment that is to run, or "" for the whole page.
            self._asked.add(message.rerun_script.fragment_id)
            self._begun = False

    def _received(self, payload: bytes | str) -> None:
        message = ForwardMsg.FromString(_bytes(payload))
        match message.WhichOneof("type"):
            case "new_session":
                # A timer's run of another fragment, which began before the server heard of this, is no answer.
                ran = set(message.metadata.run.fragment_ids)
                self._begun = not ran or ("" not in self._asked and bool(self._asked & ran))
            case "script_finished" if self._begun and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._asked.clear()


def _bytes(payload: bytes | str) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload
