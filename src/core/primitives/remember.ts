/**
 * A bounded memory: what was put there longest ago is forgotten first.
 *
 * @module
 */

/** As the newest, and no more than `most` of them; at least that one. */
export function remember<K, V>(
  memory: Map<K, V>,
  entry: readonly [key: K, value: V],
  most: number,
): V {
  const [key, value] = entry;
  memory.delete(key);
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > most && oldest !== undefined) memory.delete(oldest);
  return value;
}
