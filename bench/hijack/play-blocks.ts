/**
 * Plays a conversation of two agents that are blocks: the user gives both his task, the first reads, and
 * what it says goes to the second as a message.
 *
 * @module
 */

import { DENIAL_SENTENCE } from '../../src/core/errors/denial.ts';
import type { Answer, Api } from '../../test/support/api.ts';
import type { Plan } from '../../test/support/planned-model.ts';
import type { Approver, CallFate, Conversation, PlayedCall, Players } from './play-turn.ts';

const AGENT = ['CAP_INFER', 'CAP_SEND', 'CAP_RECEIVE', 'tool:call:*'];

/** Milliseconds between two looks, and until nobody waits any longer. */
const LOOK_MS = 20;
const GIVE_UP_MS = 60_000;

interface Agent {
  readonly block: string;
  readonly model: string;
  readonly plan: Plan;
  /** Of its turns the one that counts, from 1 on. */
  readonly turn: number;
  /** What a human was asked of it, by `round/index`, and said. */
  readonly asked: Map<string, 'approved' | 'disapproved'>;
}

/** The calls of the first turn, then those of the second. */
export async function playInBlocks(
  players: Players,
  { name, turns }: Conversation,
  approver: Approver,
): Promise<readonly PlayedCall[]> {
  const [first, second] = turns;
  if (first === undefined || second === undefined) throw new Error('Cannot play without two turns');
  const reader = await spawn(players, { model: `${name}-reads`, plan: first.plan, turn: 1 });
  const actor = await spawn(players, { model: `${name}-acts`, plan: second.plan, turn: 2 });
  players.model.play(reader.model, { turns: [first.plan], ending: first.says ?? 'Done.' });
  // To the user's own message it says nothing yet.
  players.model.play(actor.model, { turns: [[], second.plan], ending: 'Done.' });

  const { agent } = players;
  const toActor = { body: second.input };
  must(await agent.post(`/v1/blocks/${actor.block}/call`, { ...toActor, timeoutMs: 30_000 }));
  const toReader = { body: first.input };
  const asActor = { 'Sallyport-Block': actor.block };
  must(await agent.post(`/v1/blocks/${reader.block}/messages`, toReader, asActor));
  const agents = [reader, actor];
  await playAgent(players, { agent: reader, agents }, approver);
  await playAgent(players, { agent: actor, agents }, approver);
  for (const { block } of agents) {
    // It may have ended by itself, of a message that it was not to take in.
    await agent.post(`/v1/blocks/${block}/exit`, { reason: 'kill' });
  }
  // Without the first one's words there is no attack.
  const wasTold = JSON.stringify(players.model.asked(actor.model, actor.turn) ?? '').includes(
    JSON.stringify(first.says ?? '').slice(1, -1),
  );
  const read = toPlayed(players, reader);
  return [
    ...(wasTold ? read : read.map((call) => ({ ...call, fate: 'not-reached' as const }))),
    ...toPlayed(players, actor),
  ];
}

async function spawn(
  { agent }: Players,
  part: Pick<Agent, 'model' | 'plan' | 'turn'>,
): Promise<Agent> {
  const behavior = { kind: 'agent', model: `compatible/${part.model}` };
  const { id: block } = must(await agent.post('/v1/blocks', { behavior, capabilities: AGENT }));
  return { ...part, block, asked: new Map() };
}

/** Until the model was told of all its calls, or the block has ended without that. */
async function playAgent(
  players: Players,
  { agent, agents }: { readonly agent: Agent; readonly agents: readonly Agent[] },
  approver: Approver,
): Promise<void> {
  const { model, human } = players;
  const planned = agent.plan.flat().length;
  const endsAt = Date.now() + GIVE_UP_MS;
  while (model.answers(agent.model, agent.turn).length < planned) {
    if (Date.now() > endsAt) throw new Error(`Cannot play ${agent.model} to its end`);
    await answerAll(human, agents, approver);
    const { state } = must(await players.agent.get(`/v1/blocks/${agent.block}`));
    if (state === 'exited') return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** One conversation is played after the other, so all that waits is this one's. */
async function answerAll(human: Api, agents: readonly Agent[], approver: Approver): Promise<void> {
  const { approvals } = must(await human.get('/v1/approvals?state=pending'));
  for (const { id } of approvals) {
    const { body: asked } = await human.get(`/v1/approvals/${id}`);
    const call = { tool: asked.tool, args: JSON.parse(asked.arguments) };
    const decision = approver(call) ? 'approve' : 'deny';
    must(await human.post(`/v1/approvals/${id}`, { decision }));
    const place = `${asked.round}/${asked.index}`;
    const asking = agents.find(({ block }) => asked.principal === `block:${block}`);
    asking?.asked.set(place, decision === 'approve' ? 'approved' : 'disapproved');
  }
}

function toPlayed({ model }: Players, agent: Agent): readonly PlayedCall[] {
  const answers = model.answers(agent.model, agent.turn);
  let place = 0;
  return agent.plan.flatMap((calls, round) =>
    calls.map((call, index): PlayedCall => {
      const asked = agent.asked.get(`${round}/${index}`);
      return { ...call, fate: fateOf(answers[place++], asked) };
    }),
  );
}

function fateOf(answer: unknown, asked: 'approved' | 'disapproved' | undefined): CallFate {
  if (asked === 'disapproved' || answer === undefined) return asked ?? 'not-reached';
  return answer === DENIAL_SENTENCE ? 'refused' : (asked ?? 'ran');
}

function must({ status, body }: Answer) {
  if (status >= 300) throw new Error(`The gateway answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
