/** A turn as an OpenTelemetry collector sees it: one trace, whose id is in the turn's own. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

const CANARY = 'canary-of-telemetry-77';

let gateway: Gateway;
let api: Api;
let collector: Server;
let answers = 200;
const authorizations = new Set<string | undefined>();
const spans: Span[] = [];

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    authorizations.add(request.headers.authorization);
    if (answers === 200) {
      for (const { scopeSpans } of JSON.parse(body).resourceSpans)
        spans.push(...scopeSpans[0].spans);
    }
    response.writeHead(answers).end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  gateway = await startGateway({
    env: { SALLYPORT_OTLP_ENDPOINT: `http://127.0.0.1:${port}/v1/traces` },
    secrets: { SALLYPORT_OTLP_AUTHORIZATION: 'Bearer collector' },
  });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  collector?.closeAllConnections();
  collector?.close();
});

async function takeTurn(): Promise<string> {
  const call = { name: 'text-stats', arguments: { text: CANARY } };
  const steps = script({ toolCalls: [call] }, { text: `Said ${CANARY}.` });
  return (await api.turn(await api.session(), steps, SCRIPT_MODEL)).body.turnId;
}

const spansOf = (turnId: string) =>
  spans.filter(({ traceId }) => traceId === turnId.slice('turn_'.length));

test('a turn is one trace with the names of the GenAI conventions, below one span', async () => {
  const turnId = await takeTurn();
  await eventually(() => expect(spansOf(turnId).map(({ name }) => name)).toContain('invoke_agent'));
  const trace = spansOf(turnId);
  const root = trace.find(({ name }) => name === 'invoke_agent');
  expect(root?.parentSpanId).toBeUndefined();
  expect(new Set(trace.filter((span) => span !== root).map((span) => span.parentSpanId))).toEqual(
    new Set([root?.spanId]),
  );
  const tool = trace.find(({ name }) => name === 'execute_tool text-stats');
  expect(tool?.attributes).toContainEqual({
    key: 'gen_ai.tool.call.id',
    value: { stringValue: `${turnId}/0/0` },
  });
  expect(trace.map(({ name }) => name)).toContain(`chat ${SCRIPT_MODEL}`);
  expect([...authorizations]).toEqual(['Bearer collector']);
  expect(JSON.stringify(spans)).not.toContain(CANARY);
});

test('a collector that fails holds nothing up, and gets everything once it is back', async () => {
  answers = 503;
  const turnId = await takeTurn();
  expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
  answers = 200;
  await vi.waitFor(() => expect(spansOf(turnId).length).toBeGreaterThan(3), 15_000);
  const ids = spans.map(({ spanId, traceId }) => `${traceId}/${spanId}`);
  expect(new Set(ids).size).toBe(ids.length);
});
