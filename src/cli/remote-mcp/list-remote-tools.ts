/**
 * Asks a remote MCP server for its tools, as the official client does.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises';
import {
  Client,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client';
import { CommandFailure } from '../command-failure.ts';

/** Longest that a server may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Longest that it may take to end its session, in milliseconds. */
const GOODBYE_MS = 2_000;

/** Most tools that are looked at. */
const MAX_TOOLS = 256;

/** @throws CommandFailure if it is not reached, does not speak MCP, or has too many tools. */
export async function listRemoteTools(
  server: URL,
  token: string | undefined,
): Promise<readonly Tool[]> {
  const client = new Client({ name: 'sallyport', version: '1.0.0' });
  const headers: HeadersInit = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(server, { requestInit: { headers } });
  try {
    await client.connect(transport, { timeout: TIMEOUT_MS });
    const { tools } = await client.listTools({}, { timeout: TIMEOUT_MS });
    if (tools.length > MAX_TOOLS) {
      throw CommandFailure.finding(
        `Cannot use the server: it must have at most ${MAX_TOOLS} tools`,
      );
    }
    return tools;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw CommandFailure.finding(`Cannot use the server: ${sayWhy(error)}`);
  } finally {
    // A server may keep a session until it is told. What it makes of that is waited for no longer.
    const told = transport.terminateSession().catch(() => {});
    await Promise.race([told, setTimeout(GOODBYE_MS, undefined, { ref: false })]);
    await client.close().catch(() => {}); // what has been said is known by then
  }
}

/** What whoever typed the command can change; nothing that the server says. */
function sayWhy(error: unknown): string {
  if (error instanceof SdkHttpError) {
    const { status } = error;
    if (status === 401 || status === 403) {
      return `it answers ${status}, so it wants a token: MCP_TOKEN, or --sign-in where people sign in`;
    }
    return `it must answer as an MCP server, and answers ${status}`;
  }
  // What `fetch` throws where nobody has answered.
  if (error instanceof TypeError) return 'it must be there, and be reached from here';
  return 'it must answer as an MCP server';
}
