import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExitReason } from '../../../src/core/supervision/exit-reason.ts';
import { isOrderly } from '../../../src/core/supervision/exit-reason.ts';
import { RESTART_TYPES, STRATEGIES } from '../../../src/core/supervision/supervisor-spec.ts';
import { child, Family, spec } from './support/family.ts';

const reason = fc.constantFrom<ExitReason>('normal', 'shutdown', 'killed', { crash: 'x' });
const children = fc
  .array(fc.constantFrom(...RESTART_TYPES), { minLength: 1, maxLength: 6 })
  .map((types) => types.map((restart, index) => child(`c${index}`, { restart })));

/** What must be alive after each exit, said without plans: the reference. */
function expectedAlive(family: Family, alive: ReadonlySet<string>, name: string, why: ExitReason) {
  const order = family.state.children.map(({ spec: each }) => each);
  const place = order.findIndex((each) => each.name === name);
  const { restart } = order[place]!;
  const isBack = restart === 'permanent' || (restart === 'transient' && !isOrderly(why));
  if (!isBack) return new Set([...alive].filter((each) => each !== name));
  const { strategy } = family.state.spec;
  const reached = order.filter(
    (_, index) =>
      index === place ||
      strategy === 'one-for-all' ||
      (strategy === 'rest-for-one' && index > place),
  );
  const next = new Set(alive);
  for (const each of reached) {
    if (each.restart === 'temporary') next.delete(each.name);
    else next.add(each.name);
  }
  return next;
}

test('after each end exactly those are alive whom strategy and restart types name', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STRATEGIES),
      children,
      fc.array(fc.tuple(fc.nat(5), reason), { maxLength: 30 }),
      (strategy, specs, exits) => {
        const family = new Family(spec({ strategy, intensity: 1_000 }), specs);
        for (const [pick, why] of exits) {
          const alive = [...family.alive.keys()];
          const name = alive[pick % alive.length];
          if (name === undefined) return;
          const expected = expectedAlive(family, new Set(alive), name, why);
          family.exit(name, why);
          expect(new Set(family.alive.keys())).toEqual(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});

/** Commands are carried out late and in any order, and children end whenever they like. */
test('no child has two lives at once, and every plan comes to its end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STRATEGIES),
      children,
      fc.array(fc.tuple(fc.nat(), reason), { maxLength: 60 }),
      (strategy, specs, choices) => {
        const family = new Family(spec({ strategy, intensity: 8 }), specs, false);
        const todo: (() => void)[] = [];
        const lives = new Map<string, number>();
        const take = () => {
          for (const word of family.news()) {
            const [verb, name = ''] = word.split(' ');
            if (verb === 'start') {
              expect(family.alive.has(name)).toBe(false);
              const life = (lives.get(name) ?? 0) + 1;
              lives.set(name, life);
              todo.push(() => {
                family.alive.set(name, life);
                family.hear({ kind: 'started', name, life });
              });
            } else if (verb === 'shutdown' || verb === 'kill') {
              todo.push(() => family.alive.has(name) && family.exit(name, 'shutdown'));
            }
          }
        };
        take();
        for (const [choice, why] of choices) {
          const alive = [...family.alive.keys()];
          if (choice % 3 === 0 && alive.length > 0) family.exit(alive[choice % alive.length]!, why);
          else todo.splice(choice % (todo.length || 1), 1)[0]?.();
          take();
        }
        while (todo.length > 0) {
          todo.shift()?.();
          take();
        }
        if (family.ended !== undefined) expect(family.alive.size).toBe(0);
        else {
          expect(family.state.plan).toEqual([]);
          for (const { spec: each } of family.state.children) {
            if (each.restart === 'permanent') expect(family.alive.has(each.name)).toBe(true);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
