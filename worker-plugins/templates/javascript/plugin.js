/**
 * The tool of this plugin: an exported function; `entry` in plugin.json names it.
 *
 * It gets the arguments, which have passed the tool's `inputSchema`, and returns its answer:
 * whatever JSON can hold. Every call starts afresh, so nothing is kept from one to the next.
 */
export function __entry__({ name }) {
  return { greeting: `Hello, ${name}!` };
}
