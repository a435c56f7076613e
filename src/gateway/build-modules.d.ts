/**
 * What `scripts/build.mjs` makes.
 */

/** The code of plugins that call remote MCP servers, to be filled in. */
declare module '*/remote-mcp.txt' {
  const source: string;
  export default source;
}
