/**
 * The official inspector's command line lists the tools of the gateway and calls one.
 *
 * @module
 */

import type { Gateway } from '../support/gateway.ts';
import { run } from './run.ts';

/** What it did not do, in words. */
export async function findInspectorProblems(gateway: Gateway): Promise<readonly string[]> {
  const inspect = (...args: readonly string[]) =>
    run('mcp-inspector', [
      ...['--cli', `${gateway.url}/mcp`, '--transport', 'http'],
      ...['--header', `Authorization: Bearer ${gateway.token}`, ...args],
    ]);
  const listed = await inspect('--method', 'tools/list');
  const called = await inspect('--method', 'tools/call', '--tool-name', 'test_simple_text');
  return [
    ...(says(listed, '"test_simple_text"') ? [] : ['the inspector lists no tools']),
    ...(says(called, 'This is a simple text response') ? [] : ['the inspector calls no tool']),
  ];
}

function says({ status, output }: Awaited<ReturnType<typeof run>>, words: string): boolean {
  return status === 0 && output.includes(words);
}
