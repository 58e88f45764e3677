// What the server has found out about snapshots, after it has sent them: why one cannot be shown, dead maps, and what
// changed filters do to the accuracy.

const facts = new Map(); // Key of a snapshot -> its facts.

// Adds facts (each with the key of its snapshot) to those that are known.
export function learn(found) {
  for (const fact of found) facts.set(fact.key, { ...facts.get(fact.key), ...fact });
}

// Returns the facts about a snapshot.
export const factsOf = (key) => facts.get(key) ?? {};
