/**
 * Lists of patterns as a person would write them, where they were expanded.
 *
 * @module
 */

/**
 * Leaves out the `tool:call:*` of a list that has `tool:call`, which is expanded to both when it is granted.
 */
export function withoutExpansions(patterns: readonly string[]): readonly string[] {
  const all = new Set(patterns);
  return [...all].filter(
    (pattern) => !pattern.endsWith(':*') || !all.has(pattern.slice(0, -':*'.length)),
  );
}
