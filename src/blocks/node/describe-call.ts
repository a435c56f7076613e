/**
 * A call as `GET /v1/nodes/{id}/calls` shows it.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallState, NodeCallDescription } from './node-api.ts';

/** Of the row of a call. */
interface CallRow {
  readonly facts: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly at: number;
}

/** Neither order nor output is opened for it. */
export function describeCall({ facts, state, outcome, at }: CallRow): NodeCallDescription {
  const { callKey, node, tool }: CallFacts = JSON.parse(facts);
  const end: ToolOutcome | null = outcome === null ? null : JSON.parse(outcome);
  const word = end && (end.kind === 'ok' ? 'ok' : end.reason);
  return { callKey, node, tool, state: state as CallState, at, ...(word && { outcome: word }) };
}
