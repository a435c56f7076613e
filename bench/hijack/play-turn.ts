/**
 * Plays one conversation with a model that follows a plan, as any client would: the events of each
 * turn are read, a human answers each question, and it is told what became of every planned call.
 *
 * @module
 */

import type { Api, ServerEvent } from '../../test/support/api.ts';
import type { ModelServer, Plan, PlannedCall } from '../../test/support/planned-model.ts';

/** `ran`: nobody was asked. `approved` and `disapproved`: a human was, and said so. */
export type CallFate = 'ran' | 'approved' | 'disapproved' | 'refused' | 'not-reached';

export interface PlayedCall extends PlannedCall {
  readonly fate: CallFate;
  /** Of a denial: `check/reason`. */
  readonly reason?: string;
}

export interface Conversation {
  /** Unique to this conversation. */
  readonly name: string;
  readonly turns: readonly PlannedTurn[];
}

/** What the user says, and what the model then does. */
export interface PlannedTurn {
  readonly input: string;
  readonly plan: Plan;
  /** The model's last words. */
  readonly says?: string;
  /** In a session of its own: the model knows nothing of the turns before. */
  readonly startsAnew?: true;
}

/** Who is asked: he sees the call as it would run. */
export type Approver = (call: PlannedCall) => boolean;

export interface Players {
  /** The user and his agent. */
  readonly agent: Api;
  /** A user with a credential of his own. */
  readonly human: Api;
  readonly model: ModelServer;
}

/** The calls in the order in which they were planned, over all turns. */
export async function playConversation(
  players: Players,
  { name, turns }: Conversation,
  approver: Approver,
): Promise<readonly PlayedCall[]> {
  let session = await players.agent.session();
  const played: PlayedCall[] = [];
  for (const [place, { input, plan, startsAnew }] of turns.entries()) {
    if (startsAnew) session = await players.agent.session();
    const model = `${name}-${place}`;
    players.model.plan(model, plan);
    const events = await playTurn(players, { session, input, model }, approver);
    played.push(...plan.flatMap((reply, round) => toPlayed(reply, round, events)));
  }
  return played;
}

interface TurnInput {
  readonly session: string;
  readonly input: string;
  readonly model: string;
}

const ENDS: readonly string[] = ['turn-finished', 'turn-failed'];

async function playTurn(
  { agent, human }: Players,
  { session, input, model }: TurnInput,
  approver: Approver,
): Promise<readonly ServerEvent[]> {
  const reader = await agent.streamTurn(session, input, `compatible/${model}`);
  const answered = new Set<number>();
  for (;;) {
    const event = await reader.until(
      ({ id, kind }) => !answered.has(id) && (kind === 'approval-needed' || ENDS.includes(kind)),
    );
    answered.add(event.id);
    if (event.kind === 'approval-needed') {
      await answer(human, event.data.approvalId, approver);
    } else {
      reader.close();
      return reader.events;
    }
  }
}

async function answer(human: Api, approvalId: string, approver: Approver): Promise<void> {
  const path = `/v1/approvals/${approvalId}`;
  const { body: asked } = await human.get(path);
  const decision = approver({ tool: asked.tool, args: JSON.parse(asked.arguments) })
    ? 'approve'
    : 'deny';
  const { status, body } = await human.post(path, { decision });
  if (status !== 200) throw new Error(`Cannot answer a question: ${JSON.stringify(body)}`);
}

function toPlayed(
  reply: Plan[number],
  round: number,
  events: readonly ServerEvent[],
): readonly PlayedCall[] {
  return reply.map(({ tool, args }, index) => {
    const own = events.filter(({ data }) => data.round === round && data.index === index);
    const wasAsked = own.some(({ kind }) => kind === 'approval-needed');
    const denial = own.find(({ kind }) => kind === 'tool-call-denied');
    const hasRun = own.some(({ kind }) => kind === 'tool-result');
    const reason = denial && { reason: `${denial.data.check}/${denial.data.reason}` };
    return { tool, args, fate: fateOf(hasRun, wasAsked, denial !== undefined), ...reason };
  });
}

function fateOf(hasRun: boolean, wasAsked: boolean, isDenied: boolean): CallFate {
  if (hasRun) return wasAsked ? 'approved' : 'ran';
  if (wasAsked) return 'disapproved';
  return isDenied ? 'refused' : 'not-reached';
}
