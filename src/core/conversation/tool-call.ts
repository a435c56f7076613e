/**
 * A tool call on its way through the gate. It changes its type as it gains trust:
 * {@link WrittenToolCall} (what the model wrote) → {@link ProposedToolCall} (parsed) →
 * {@link ApprovedToolCall} (all seven checks passed; only `approveCall` makes one).
 *
 * @module
 */

import type { Capability } from '../capabilities/pattern.ts';
import type { TicketClaims } from '../executor-protocol/ticket.ts';
import type { PlacedTier } from '../manifest/tier.ts';
import type { TurnId } from '../primitives/ids.ts';
import type { JsonObject } from '../primitives/json.ts';
import type { HandedOn } from '../provenance/resolve-handles.ts';

/** A call exactly as the model wrote it; nothing about it is known to be true. */
export interface WrittenToolCall {
  /** The model's own id: echoed back to it, never used as a key. */
  readonly id: string;
  readonly name: string;
  /** Whose tool a program means. No model says so: there, whoever serves the name is meant. */
  readonly plugin?: string;
  /** JSON text of the arguments, unparsed. */
  readonly argumentsText: string;
}

/** The gateway's own ordinal of a call, and its idempotency key: `turnId/round/index`. */
export interface CallPlace {
  readonly turnId: TurnId;
  /** Zero-based number of the model reply within the turn. */
  readonly round: number;
  /** Zero-based place within that reply. */
  readonly index: number;
}

export function toCallKey(place: CallPlace): string {
  return `${place.turnId}/${place.round}/${place.index}`;
}

/** A call that passed check 1: arguments are a JSON object, and nothing more is known. */
export interface ProposedToolCall {
  readonly place: CallPlace;
  readonly modelCallId: string;
  readonly name: string;
  /** As it was written. */
  readonly plugin?: string;
  readonly arguments: JsonObject;
  /** What in the arguments handles stood for; absent where there were none. */
  readonly handedOn?: HandedOn;
}

declare const approved: unique symbol;

/** A call that passed all seven checks. What is here is what runs; raw arguments are gone. */
export interface ApprovedToolCall {
  readonly [approved]: true;
  readonly place: CallPlace;
  readonly modelCallId: string;
  readonly tool: string;
  readonly plugin: string;
  readonly tier: PlacedTier;
  readonly canonicalArguments: JsonObject;
  /** Every capability that was decided for this call; host functions may use no other family. */
  readonly capabilities: readonly Capability[];
  readonly claims: TicketClaims;
  /** Settings of its plugin, whose hash the claims hold. */
  readonly config?: JsonObject;
  /** Hash of the human approval that it needs; used up when its start is journaled. */
  readonly approval?: string;
}
