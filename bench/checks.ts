/**
 * What the seven checks cost for one call: 1 KB of arguments, three required capabilities, 50
 * grants, 200 registered tools. Prints one JSON line.
 *
 *   npx node bench/checks.ts [seconds]
 *
 * `cpuMicros` is the CPU time of one call when its turn has made some already, and
 * `firstCallMicros` that of the first call of a turn, whose authority was just read. The floor is
 * to write these arguments as canonical JSON and to hash them, which no gate could leave out.
 */

import { createHash } from 'node:crypto';
import { expandGrants } from '../src/core/capabilities/expand.ts';
import { approveCall } from '../src/core/checks/approve-call.ts';
import type { CheckContext } from '../src/core/checks/check-context.ts';
import { parseCalls } from '../src/core/checks/parse.ts';
import type { RegisteredPlugin } from '../src/core/manifest/registered-plugin.ts';
import type { ToolDefinition } from '../src/core/manifest/tool-definition.ts';
import { DEFAULT_WASM_LIMITS } from '../src/core/manifest/wasm-limits.ts';
import type { Authority } from '../src/core/policy/authority.ts';
import { PRINCIPAL_LABEL } from '../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../src/core/policy/policy.ts';
import { canonicalJson } from '../src/core/primitives/canonical-json.ts';
import { issueSessionId, parseWorkspaceId, toTurnId } from '../src/core/primitives/ids.ts';
import type { JsonObject } from '../src/core/primitives/json.ts';
import { toUtf8 } from '../src/core/primitives/utf8.ts';
import { HeardValues } from '../src/core/provenance/heard-values.ts';

const PHASE_MS = Number(process.argv[2] ?? 2) * 1_000;
const WARM_UP_MS = 500;
const NOW = 1_800_000_000_000;
const TARGET_MICROS = 200;

const workspace = parseWorkspaceId('bench');
if (workspace === undefined) throw new Error('Cannot run: "bench" must be a workspace id');

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const ARGUMENTS: JsonObject = {
  source: '/reports/2026/./november/summary.csv',
  target: '/reports/2026/november/summary.md',
  url: 'https://API.Example.net:443/v1/reports?month=11',
  title: 'Summary of November',
  rows: 120,
  tags: ['finance', 'monthly', 'draft'],
  options: { format: 'markdown', withTotals: true, columns: ['region', 'revenue', 'change'] },
  note: 'The quick brown fox jumps over the lazy dog, and writes down what it saw.\n'.repeat(9),
};

const text = (more: JsonObject = {}): JsonObject => ({ type: 'string', ...more });

const PUBLISH: ToolDefinition = {
  name: 'publish-report',
  description: 'Reads a report, writes it in another format and publishes it.',
  inputSchema: {
    type: 'object',
    properties: {
      source: text({ format: 'path' }),
      target: text({ format: 'path' }),
      url: text({ format: 'uri' }),
      title: text({ maxLength: 120 }),
      rows: { type: 'integer', minimum: 0, maximum: 10_000 },
      tags: { type: 'array', items: text({ maxLength: 40 }), maxItems: 20 },
      options: {
        type: 'object',
        properties: {
          format: { enum: ['markdown', 'html', 'csv'] },
          withTotals: { type: 'boolean' },
          columns: { type: 'array', items: text(), maxItems: 50 },
        },
        required: ['format'],
        additionalProperties: false,
      },
      note: text(),
    },
    required: ['source', 'target', 'url', 'title'],
  },
  annotations: { openWorldHint: true },
  requires: [
    'tool:file:read:{source}',
    'tool:file:write:{target}',
    'tool:network:http:{url.host}:{url.port}',
  ],
  entry: 'publish_report',
};

const CAPABILITIES = ['tool:call', 'tool:file:read', 'tool:file:write', 'tool:network:http'];

/** 50 plugins of four tools each; the last tool is the one that is called. */
function makePlugins(): RegisteredPlugin[] {
  return Array.from({ length: 50 }, (_, p) => ({
    name: `plugin-${p}`,
    version: '1.0.0',
    codeHash: 'c'.repeat(64),
    tier: 'wasm',
    state: 'running',
    allow: expandGrants(CAPABILITIES).patterns,
    deny: expandGrants(['tool:file:read:/etc/*']).patterns,
    tools: Array.from({ length: 4 }, (_, t) =>
      p === 49 && t === 3 ? PUBLISH : { ...PUBLISH, name: `tool-${p}-${t}` },
    ),
    wasm: DEFAULT_WASM_LIMITS,
  }));
}

function makeAuthority(): Authority {
  const narrow = Array.from({ length: 46 }, (_, i) => `tool:file:read:/team-${i}/*`);
  const wanted = [
    ...['tool:call:*', 'tool:file:read:/reports/*', 'tool:file:write:/reports/*'],
    'tool:network:http:*.example.net:443',
  ];
  return {
    revision: 1,
    principal: { kind: 'user', id: 'alice', workspace: workspace!, tokenId: 'tok_1' },
    grants: expandGrants([...narrow, ...wanted]).patterns.map((pattern, i) =>
      i % 5 === 0 ? { pattern, expiresAt: NOW + 60_000 } : { pattern },
    ),
    policy: DEFAULT_POLICY,
    plugins: makePlugins(),
  };
}

function makeContext(authority: Authority): CheckContext {
  return {
    authority,
    turn: {
      sessionId: issueSessionId(workspace!, '1'.repeat(32), () => 'c'.repeat(12)),
      workspace: workspace!,
      epoch: 1,
      deadlineAt: NOW + 120_000,
    },
    label: PRINCIPAL_LABEL,
    heard: new HeardValues([]),
    slice: { toolCalls: 16, tokens: 100_000, costMicroUsd: 100_000, perTool: {} },
    history: [],
    approvals: new Set(),
    now: NOW,
    sha256,
  };
}

const argumentsText = JSON.stringify(ARGUMENTS);
const written = [{ id: 'call_1', name: PUBLISH.name, argumentsText }];
const parseContext = { turnId: toTurnId('0'.repeat(32)), round: 0, callsLeft: 16 };

function sevenChecks(context: CheckContext): void {
  const [proposed] = parseCalls(written, parseContext);
  if (proposed?.ok !== true) throw new Error('Cannot measure: the call must be parsed');
  const approved = approveCall(proposed.value, context);
  if (!approved.ok) {
    throw new Error(`Cannot measure: the call must pass, but ${approved.error.reason}`);
  }
}

/**
 * CPU microseconds of one run, user and system, in the fastest of ten parts: whatever else the
 * machine does only adds to it.
 */
function measure(run: () => void, phaseMs: number): number {
  const parts = Array.from({ length: 10 }, () => {
    const before = process.cpuUsage();
    const endsAt = performance.now() + phaseMs / 10;
    let runs = 0;
    do {
      run();
      runs += 1;
    } while (performance.now() < endsAt);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / runs;
  });
  return Math.min(...parts);
}

const context = makeContext(makeAuthority());
const warm = () => sevenChecks(context);
const fresh = JSON.stringify(makeAuthority());
const readAuthority = () => JSON.parse(fresh) as Authority;
const floor = () => sha256(toUtf8(canonicalJson(ARGUMENTS)));

for (const run of [warm, floor]) measure(run, WARM_UP_MS);
const cpuMicros = measure(warm, PHASE_MS);
const floorMicros = measure(floor, PHASE_MS);
const readMicros = measure(readAuthority, PHASE_MS);
const firstCallMicros =
  measure(() => sevenChecks(makeContext(readAuthority())), PHASE_MS) - readMicros;

const digits = (value: number) => Math.round(value * 10) / 10;
console.log(
  JSON.stringify({
    bench: 'checks',
    argumentBytes: argumentsText.length,
    capabilities: PUBLISH.requires.length + 1,
    grants: context.authority.grants.length,
    tools: context.authority.plugins.flatMap(({ tools }) => tools).length,
    cpuMicros: digits(cpuMicros),
    firstCallMicros: digits(firstCallMicros),
    floorMicros: digits(floorMicros),
    ratioToFloor: digits(cpuMicros / floorMicros),
    targetMicros: TARGET_MICROS,
    holds: cpuMicros < TARGET_MICROS,
  }),
);
