/**
 * The way from a block to what writes summaries: an entrypoint of the gateway, since blocks know no models.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { SummariserExports } from '../../core/memory/summary-order.ts';

/** @throws Fault where the Worker has none. */
export function summariserOf(
  ctx: Pick<DurableObjectState, 'exports'>,
): NonNullable<SummariserExports['Summariser']> {
  const { Summariser } = ctx.exports as unknown as SummariserExports;
  if (Summariser === undefined) throw new Fault('internal', 'Cannot summarise: no Summariser');
  return Summariser;
}
