// The snapshots that this page has received, as messages, by run and snapshot. The module is loaded once per page, so
// they outlive the nodes that show them.

import { keyOf, readNetwork } from "../live_network/message.js";

export const MOST_BYTES = 64_000_000; // Those that were used least recently are let go.

const messages = new Map(); // Key -> message (Uint8Array), in the order of their last use.
const opened = new Map(); // Key -> network, of the message that was read last.
const waiting = new Set(); // Called with the key of each message that arrives.

// Keeps the network of a message (Uint8Array).
export function keepSnapshot(bytes) {
  const key = keyOf(bytes);
  messages.delete(key);
  // A copy: the message belongs to Streamlit.
  messages.set(key, bytes.slice());
  let total = [...messages.values()].reduce((sum, message) => sum + message.length, 0);
  for (const [oldest, message] of messages) {
    if (total <= MOST_BYTES || oldest === key) break;
    total -= message.length;
    messages.delete(oldest);
  }
  waiting.forEach((call) => call(key));
}

// Returns whether a snapshot is here.
export const hasSnapshot = (key) => messages.has(key);

// Returns the message of a snapshot, which becomes the one used most recently.
export function snapshotOf(key) {
  const message = messages.get(key);
  messages.delete(key);
  messages.set(key, message);
  return message;
}

// Returns the network of a snapshot; see `readNetwork`.
export function networkOf(key) {
  if (!opened.has(key)) {
    opened.clear();
    opened.set(key, readNetwork(snapshotOf(key)));
  }
  return opened.get(key);
}

// Calls `call(key)` whenever a snapshot arrives. Returns a function that ends that.
export function whenSnapshotComes(call) {
  waiting.add(call);
  return () => waiting.delete(call);
}
