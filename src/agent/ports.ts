/**
 * What one turn needs from the world. The loop knows these and nothing of the platform.
 *
 * @module
 */

import type { ClientTool, ClientWishes, ToolChoice } from '../core/conversation/client-wishes.ts';
import type {
  JournalBatch,
  JournalReceipt,
  JournalRefusal,
} from '../core/conversation/journal-entry.ts';
import type { Message, VendorEcho } from '../core/conversation/message.ts';
import type { ApprovedToolCall, WrittenToolCall } from '../core/conversation/tool-call.ts';
import type { ToolOutcome } from '../core/conversation/tool-result.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import type { Usage } from '../core/conversation/usage.ts';
import type { ToolDefinition } from '../core/manifest/tool-definition.ts';
import type { Authority } from '../core/policy/authority.ts';
import type { Result } from '../core/primitives/result.ts';
import type { KnownValues } from '../core/scan/known-values.ts';

/** `recent`: as they were a moment ago. `present`: a call has used some, and may have had one renewed. */
export type Freshness = 'recent' | 'present';

/**
 * The session's journal. One RPC for each method; a refusal is a value, a lost block a Fault.
 *
 * After `cancelled` and `lease_lost` a run may still send one batch of `call-finished` entries and a
 * `turn-failed` of the code `cancelled`, its last words: refused like any other, but what they cost is
 * settled, and what they say of calls is on the record. Of a batch that is refused otherwise nothing is.
 */
export interface JournalPort {
  commit(batch: JournalBatch): Promise<Result<JournalReceipt, JournalRefusal>>;
  /** The newest authority of the turn's principal, after `authority_stale`. */
  refreshAuthority(): Promise<Authority>;
  /**
   * Keeps the lease for as long as it is awaited, a few seconds at most, and tells at once when
   * the run must stop.
   */
  holdLease(): Promise<'held' | 'cancelled' | 'lease_lost'>;
}

/** A tool as a model is shown it, of the workspace or of the client. */
export type OfferedTool = Pick<ToolDefinition, 'name' | 'description' | 'inputSchema'> &
  Pick<ClientTool, 'isStrict'>;

export interface ModelRequest
  extends Pick<ClientWishes, 'singleCall' | 'temperature' | 'topP' | 'stopSequences' | 'format'> {
  readonly model: string;
  /** Those that the name stands for and that may be asked by now. */
  readonly models: readonly string[];
  readonly messages: readonly Message[];
  readonly tools: readonly OfferedTool[];
  /**
   * `none`: the tools are shown, since vendors want them beside earlier calls, but the reply must
   * be text.
   */
  readonly toolChoice: ToolChoice;
  /** Most tokens that the reply may have, taken from the turn's slice. */
  readonly maxOutputTokens: number;
}

export type ModelChunk =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool-call'; readonly call: WrittenToolCall }
  | {
      readonly kind: 'end';
      readonly usage: Usage;
      readonly echo?: VendorEcho;
      /** Which model answered, where the name that was asked for may stand for several. */
      readonly model?: string;
      readonly cut?: Cut;
    };

/** A model, by whatever provider. */
export interface ModelPort {
  /**
   * Ends with exactly one `end` chunk; throws a `ModelFault`, which may be worth a retry, or another
   * `Fault`, whose code ends the turn. Stops soon after `signal` aborts.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk>;
  /** Worst-case price of a request, reserved before it is sent; integer micro-USD and tokens. */
  reserve(request: ModelRequest): Usage;
  /** What so many tokens cost: settles a call that ended without the provider's own figures. */
  price(inputTokens: number, outputTokens: number): Usage;
}

/** The tiers behind one door. */
export interface DispatchPort {
  dispatch(
    call: ApprovedToolCall,
    receipt: JournalReceipt,
    signal: AbortSignal,
  ): Promise<ToolOutcome>;
  /**
   * Lines that the tier hears of a call while it runs; absent where no tier has any. Answers what ends
   * it.
   */
  hearProgress?(callKey: string, hear: (text: string) => void): () => void;
  /** What became of a call that an earlier run started; `undefined` if the tier cannot tell. */
  recall(claims: ApprovedToolCall['claims']): Promise<ToolOutcome | undefined>;
}

export interface TurnPorts {
  readonly journal: JournalPort;
  readonly model: ModelPort;
  readonly tiers: DispatchPort;
  readonly now: () => number;
  readonly sha256: (bytes: Uint8Array) => string;
  /** HMAC-SHA256 under the workspace's audit key, hex; of canonical arguments only. */
  readonly argumentsHmac: (canonicalJson: string) => string;
  /** The workspace's own secrets, which neither results nor replies may show. */
  readonly known?: (freshness: Freshness) => Promise<KnownValues | undefined>;
  /** Resolves after that many milliseconds, or as soon as `signal` aborts; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Hears of a mistake of ours that ended the turn. What was thrown may hold what a user wrote. */
  readonly onMistake?: (thrown: unknown) => void;
}
