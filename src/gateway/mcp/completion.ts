/**
 * Completion over MCP: the values that an argument can have, as far as they are listed anywhere.
 *
 * @module
 */

import type { CompleteRequest, CompleteResult } from '@modelcontextprotocol/server';
import type { McpRequest } from './mcp-request.ts';
import { listedValues, readOffers } from './offers.ts';

/** Most values of one answer, by the protocol. */
const MAX_VALUES = 100;

export async function complete(
  request: McpRequest,
  { params: { ref, argument } }: CompleteRequest,
): Promise<CompleteResult> {
  const { prompts, resources } = await readOffers(request);
  const found =
    ref.type === 'ref/prompt'
      ? prompts.find(({ offer }) => offer.name === ref.name)
      : resources.find(({ offer }) => offer.uri === ref.uri);
  const listed = found === undefined ? [] : listedValues(found, argument.name);
  const fitting = listed.filter((value) => value.startsWith(argument.value));
  const values = fitting.slice(0, MAX_VALUES);
  return {
    completion: { values, total: fitting.length, hasMore: fitting.length > values.length },
  };
}
