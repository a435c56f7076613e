/**
 * What a client sees of a turn. Events are journaled before they are sent; `id` counts from 1
 * within the turn without gaps, and is what `Last-Event-ID` takes.
 *
 * @module
 */

import type { ErrorCode } from '../errors/codes.ts';
import type { CheckName, CheckReason } from '../errors/reasons.ts';
import type { Label } from '../policy/labels.ts';
import type { JsonObject } from '../primitives/json.ts';
import type { HiddenValues } from '../provenance/handle.ts';
import type { TrustedFields } from '../provenance/trusted-fields.ts';
import type { CallRef } from './call-ref.ts';
import type { Receipt, RunCost } from './tool-result.ts';
import type { Usage } from './usage.ts';

/** Why a reply ends before its end: at `maxOutputTokens`, or by what the provider does not let it say. */
export type Cut = 'length' | 'filter';

export type TurnEventBody =
  | { readonly kind: 'turn-started'; readonly turnId: string; readonly model: string }
  | { readonly kind: 'text-delta'; readonly round: number; readonly text: string }
  | ({ readonly kind: 'tool-call-proposed'; readonly argumentsText: string } & CallRef)
  | ({ readonly kind: 'tool-call-approved'; readonly arguments: JsonObject } & CallRef)
  /** The client runs it, and answers in the next turn. The turn ends with the round. */
  | ({
      readonly kind: 'tool-call-handed-over';
      readonly callId: string;
      readonly argumentsText: string;
    } & CallRef)
  | ({
      readonly kind: 'tool-call-denied';
      readonly check: CheckName;
      readonly reason: CheckReason;
      /** Of a scanner: the names of what policy does not let pass. */
      readonly findings?: readonly string[];
      readonly retryAfterMs?: number;
      /** Set where a tier had the call. */
      readonly cost?: RunCost;
    } & CallRef)
  /** What the plugin says on its way; nobody vouches for it. */
  | ({ readonly kind: 'tool-progress'; readonly text: string } & CallRef)
  | ({
      readonly kind: 'tool-result';
      readonly content: string;
      readonly truncated: boolean;
      readonly label: Label;
      /** As in the result. */
      readonly fields?: TrustedFields;
      /** What the handles in the content stand for. */
      readonly handles?: HiddenValues;
      readonly cost: RunCost;
      readonly receipt?: Receipt;
    } & CallRef)
  | { readonly kind: 'round-finished'; readonly round: number; readonly usage: Usage }
  | { readonly kind: 'round-restarted'; readonly round: number }
  /** The call waits for a human until then, in epoch milliseconds. */
  | ({
      readonly kind: 'approval-needed';
      readonly approvalId: string;
      readonly expiresAt: number;
    } & CallRef)
  | {
      readonly kind: 'turn-finished';
      readonly output: string;
      readonly usage: Usage;
      /** The last reply would have been longer. */
      readonly isCut?: true;
      /** It was the provider's own filter that cut it, or its model that refused to go on. */
      readonly isFiltered?: true;
    }
  | {
      readonly kind: 'turn-failed';
      readonly code: ErrorCode | 'cancelled';
      readonly usage: Usage;
      /** Before that, asking again is in vain. */
      readonly retryAfterMs?: number;
    };

export interface TurnEvent {
  readonly id: number;
  /** Epoch milliseconds at which it was journaled. */
  readonly at: number;
  readonly body: TurnEventBody;
}
