import { describe, expect, test } from 'vitest';
import { ModelFault } from '../../src/agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../../src/agent/ports.ts';
import { BREAKER_LIMITS } from '../../src/core/policy/breaker.ts';
import type { ProviderFailure } from '../../src/core/policy/provider-failure.ts';
import { type Candidate, createFailoverModel } from '../../src/models/failover-model.ts';
import { ProviderBreakers } from '../../src/models/provider-health.ts';
import { requestOf, user } from './support/request.ts';

const REQUEST = requestOf([user('Hi')], { models: ['a/x', 'a/z', 'b/y', 'c/z'] });
const usage = (costMicroUsd: number) => ({ inputTokens: 1, outputTokens: 2, costMicroUsd });

function fault(failure?: ProviderFailure): ModelFault {
  return new ModelFault('broken', { retryable: true, ...(failure && { failure }) });
}

/** Says these, or throws. */
function port(steps: readonly (string | Error)[], cost = 1): ModelPort {
  return {
    async *stream() {
      for (const step of steps) {
        if (step instanceof Error) throw step;
        yield { kind: 'text', text: step } as const;
      }
      yield { kind: 'end', usage: usage(cost) } as const;
    },
    reserve: () => usage(cost),
    price: () => usage(cost),
  };
}

type Link = Pick<Candidate, 'id' | 'port'>;

function chain(links: readonly Link[], breakers = new ProviderBreakers(), now = 0) {
  const candidates = links.map((link) => ({ ...link, facts: { tools: true } }));
  return createFailoverModel({ candidates, breakers, workspace: 'w', now: () => now });
}

async function read(
  model: ModelPort,
  signal = new AbortController().signal,
  request: ModelRequest = REQUEST,
) {
  const chunks: ModelChunk[] = [];
  for await (const chunk of model.stream(request, signal)) chunks.push(chunk);
  return chunks;
}

describe('createFailoverModel()', () => {
  test('asks none that may not be asked any more', async () => {
    const model = chain([
      { id: 'a/x', port: port(['No.']) },
      { id: 'b/y', port: port(['Yes.'], 7) },
    ]);
    const readWith = (models: readonly string[]) => read(model, undefined, { ...REQUEST, models });
    expect(await readWith(['b/y'])).toMatchObject([{ text: 'Yes.' }, { model: 'b/y' }]);
    await expect(readWith([])).rejects.toMatchObject({ code: 'denied' });
  });

  test.each(['rate-limited', 'failing', 'unreachable', 'timed-out'] as const)(
    'asks the next one when a provider is %s, and says who answered',
    async (failure) => {
      const model = chain([
        { id: 'a/x', port: port([fault(failure)]) },
        { id: 'b/y', port: port(['Hello.'], 7) },
      ]);
      expect(await read(model)).toEqual([
        { kind: 'text', text: 'Hello.' },
        { kind: 'end', usage: usage(7), model: 'b/y' },
      ]);
    },
  );

  test.each([
    ['a request was refused', [fault()]],
    ['an answer was cut off at its beginning', [fault('cut-off')]],
    ['an answer was cut off later', ['Hel', fault('cut-off')]],
    ['a provider failed in the middle', ['Hel', fault('failing')]],
  ])('asks nobody else when %s', async (_, steps) => {
    let isAsked = false;
    const other = port(['Never.']);
    const model = chain([
      { id: 'a/x', port: port(steps) },
      {
        id: 'b/y',
        port: {
          ...other,
          stream(...args) {
            isAsked = true;
            return other.stream(...args);
          },
        },
      },
    ]);
    await expect(read(model)).rejects.toThrow('broken');
    expect(isAsked).toBe(false);
  });

  test('breaks with the last one if all do', async () => {
    const last = fault('unreachable');
    const model = chain([
      { id: 'a/x', port: port([fault('failing')]) },
      { id: 'b/y', port: port([last]) },
    ]);
    await expect(read(model)).rejects.toBe(last);
  });

  test('reserves what the dearest one may cost', () => {
    const model = chain([
      { id: 'a/x', port: port([], 3) },
      { id: 'b/y', port: port([], 9) },
    ]);
    expect(model.reserve(REQUEST).costMicroUsd).toBe(9);
    expect(model.price(1, 1).costMicroUsd).toBe(9);
  });

  test('leaves a provider alone that has failed too often, until one has tried it again', async () => {
    const breakers = new ProviderBreakers();
    const bad = { id: 'a/x', port: port([fault('failing')]) };
    for (let turn = 0; turn < BREAKER_LIMITS.opensAt; turn++) {
      await expect(read(chain([bad], breakers))).rejects.toThrow('broken');
    }
    const good = { id: 'a/x', port: port(['Hello.']) };
    await expect(read(chain([good], breakers))).rejects.toMatchObject({
      retry: { retryable: false, retryAfterMs: 5_000 },
    });
    const spare = { id: 'b/y', port: port(['Spare.']) };
    expect(await read(chain([good, spare], breakers))).toContainEqual({
      kind: 'text',
      text: 'Spare.',
    });
    expect(breakers.healthOf('w', 'a', 0)).toMatchObject({ state: 'failing', retryAt: 5_000 });
    expect(breakers.healthOf('other', 'a', 0)).toEqual({ state: 'available' });
    expect(await read(chain([good], breakers, 5_000))).toHaveLength(2);
    expect(breakers.waitMs('w', 'a', 0)).toBe(0);
  });

  test('counts each way to fail by itself', async () => {
    const breakers = new ProviderBreakers();
    for (let turn = 0; turn < BREAKER_LIMITS.opensAt - 1; turn++) {
      for (const failure of ['failing', 'rate-limited'] as const) {
        await read(chain([{ id: 'a/x', port: port([fault(failure)]) }], breakers)).catch(() => {});
      }
    }
    expect(breakers.waitMs('w', 'a', 0)).toBe(0);
  });

  test('learns nothing from who was cancelled, and lets the next one try', async () => {
    const breakers = new ProviderBreakers();
    const bad = [{ id: 'a/x', port: port([fault('failing')]) }];
    for (let turn = 0; turn < BREAKER_LIMITS.opensAt; turn++)
      await read(chain(bad, breakers)).catch(() => {});
    const abort = new AbortController();
    abort.abort();
    await expect(read(chain(bad, breakers, 5_000), abort.signal)).rejects.toThrow('broken');
    expect(breakers.waitMs('w', 'a', 5_000)).toBe(0);
  });
});
