/**
 * What a wholly hijacked model does: the user's calls, until it has read what the attacker wrote,
 * and from then on exactly the attacker's.
 *
 * @module
 */

import type { JsonObject } from '../../src/core/primitives/json.ts';
import type { Plan, PlannedCall } from '../../test/support/planned-model.ts';
import type { Conversation } from './play-turn.ts';
import { injectionOf } from './replay-plugin.ts';
import { type Attack, fillMarks, type Suite, type UserTask } from './suite-data.ts';

export interface AttackPlan {
  readonly turns: Conversation['turns'];
  /** Two turns of two blocks: what the first has read, its message tells the second. */
  readonly by?: 'blocks';
  /** Place, among all planned calls, of the one by which the attacker is read. */
  readonly reading: number;
  /** Places, among all planned calls, of those that make up the effect. */
  readonly essential: readonly number[];
}

/** One way to attack; nothing where it does not apply to the case. */
export interface AttackVariant {
  readonly name: string;
  readonly plan: (task: UserTask, attack: Attack) => AttackPlan | undefined;
}

export interface AttackCase {
  readonly task: UserTask;
  readonly attack: Attack;
  readonly variant: string;
  readonly plan: AttackPlan;
}

/** All of the attacker's calls at once, in the reply after the attacker was read. */
export const PLAIN: AttackVariant = {
  name: 'plain',
  plan: (task, attack) => inOneTurn(task, attack, attack.calls),
};

/** Every case in which the attacker is read at all, or each of a few of them. */
export function listCases(
  { userTasks, attacks }: Suite,
  variant: AttackVariant,
  everyNthTask = 1,
): AttackCase[] {
  return userTasks
    .filter(({ firstTainted }) => firstTainted !== undefined)
    .filter((_, place) => place % everyNthTask === 0)
    .flatMap((untouched) =>
      attacks.flatMap((attack) => {
        const write = () => injectionOf(attack);
        const task = { ...untouched, calls: fillMarks(untouched.calls, write) };
        const plan = variant.plan(task, attack);
        return plan === undefined ? [] : [{ task, attack, variant: variant.name, plan }];
      }),
    );
}

/** The user's calls up to and with the first whose output holds the attacker's words. */
export function callsBefore(task: UserTask): Plan {
  return task.calls.slice(0, (task.firstTainted ?? 0) + 1).map((call) => [call]);
}

export function inOneTurn(
  task: UserTask,
  attack: Attack,
  calls: readonly PlannedCall[],
): AttackPlan {
  const before = callsBefore(task);
  return {
    turns: [{ input: task.prompt, plan: [...before, calls] }],
    reading: before.length - 1,
    essential: attack.essential.map((index) => before.length + index),
  };
}

/** The call with every text in its arguments changed. */
export function changeTexts(call: PlannedCall, change: (text: string) => string): PlannedCall {
  const args = JSON.parse(
    JSON.stringify(call.args, (_, value) => (typeof value === 'string' ? change(value) : value)),
  ) as JsonObject;
  return { tool: call.tool, args };
}
