/**
 * The audit as an outsider gets to see it: queried, exported, proved over HTTP, and verified offline
 * with the public key alone.
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Bytes } from '../core/audit/naive-tree.ts';
import { type Api, callApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { verifyConsistency, verifyInclusion } from '../support/merkle-proof.ts';

const run = promisify(execFile);

const CALLS = 20;

let gateway: Gateway;
let api: Api;
let folder: string;
let publicKey: string;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
  folder = mkdtempSync(join(tmpdir(), 'sallyport-export-'));
  publicKey = (await (await fetch(`${gateway.url}/v1/audit/key`)).json()).publicKey;
  await api.post('/v1/audit/checkpoints', {});
  for (let call = 0; call < CALLS; call++) {
    await api.post('/v1/tools/text-stats/call', { arguments: { text: `call ${call}` } });
  }
  await api.post('/v1/tools/no-such-tool/call', { arguments: {} });
  await eventually(async () => {
    expect(await records('action=tool-result')).toHaveLength(CALLS);
  });
});
afterAll(async () => {
  await gateway?.dispose();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

async function records(query: string) {
  return (await api.get(`/v1/audit?limit=500&${query}`)).body.records;
}

async function exported(format = 'ndjson'): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/audit/export?format=${format}`, {
    headers: { Authorization: `Bearer ${gateway.token}` },
  });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  return await response.text();
}

/** Without keeping this process from hearing that the gateway has closed an idle connection. */
async function verifyOffline(text: string, key = publicKey, ...options: readonly string[]) {
  const path = join(folder, 'export.ndjson');
  writeFileSync(path, text);
  const words = ['audit', 'verify', path, '--key', key, ...options, '--json'];
  const command = ['bin/sallyport.mjs', ...words];
  try {
    return JSON.parse((await run(process.execPath, command)).stdout);
  } catch (thrown) {
    const { code, stdout } = thrown as { code: number; stdout: string };
    expect(code).toBe(1);
    return JSON.parse(stdout);
  }
}

describe('GET /v1/audit', () => {
  test('finds records by tool, plugin, decision, turn and actor', async () => {
    const calls = await records('action=tool-call&tool=text-stats&decision=allowed');
    expect(calls).toHaveLength(CALLS);
    expect(await records('plugin=text-stats&action=tool-result')).toHaveLength(CALLS);
    const { turnId } = calls[7].event;
    const ofTurn = await records(`turn=${turnId}`);
    expect(ofTurn.map(({ event }: { event: { turnId: string } }) => event.turnId)).toEqual(
      ofTurn.map(() => turnId),
    );
    expect(ofTurn.length).toBeGreaterThanOrEqual(3);
    expect(await records('decision=denied&tool=text-stats')).toEqual([]);
    expect((await records('actor=user:root')).length).toBeGreaterThan(CALLS);
    expect(await records('actor=user:nobody')).toEqual([]);
  });

  test('finds records by time, from the first moment on and up to before the second', async () => {
    const all = await records('action=tool-call');
    const { at } = all[CALLS / 2].event;
    const before = await records(`action=tool-call&to=${at}`);
    const since = await records(`action=tool-call&from=${at}`);
    expect(before.length + since.length).toBe(all.length);
    expect(before.every(({ event }: { event: { at: number } }) => event.at < at)).toBe(true);
    expect(await records(`from=${Date.now() + 60_000}`)).toEqual([]);
  });

  test('refuses what it cannot be asked', async () => {
    for (const query of ['from=soon', 'actor=', 'colour=red', `turn=${'x'.repeat(129)}`]) {
      expect((await api.get(`/v1/audit?${query}`)).status).toBe(422);
    }
  });
});

describe('GET /v1/audit/export', () => {
  test('holds all records and checkpoints, and verifies offline', async () => {
    const text = await exported();
    const lines = text.trimEnd().split('\n');
    const verdict = await verifyOffline(text);
    expect(verdict).toMatchObject({ ok: true, workspace: 'default', publicKey });
    const checkpoints = lines.filter((line) => line.startsWith('{"format"')).length - 1;
    expect(checkpoints).toBeGreaterThanOrEqual(2);
    expect(verdict.count).toBe(lines.length - 1 - checkpoints);
    expect(lines.at(-1)).toContain('audit-checkpoint');
  });

  test('names exactly what was flipped, dropped or swapped in it', async () => {
    const lines = (await exported()).trimEnd().split('\n');
    const at = lines.findLastIndex((line) => line.includes('"action":"tool-call"'));
    const line = lines[at] ?? '';
    const { seq } = JSON.parse(line);
    const verdictOf = async (changed: readonly string[]) =>
      (await verifyOffline(`${changed.join('\n')}\n`)).firstBad;
    const flipped = lines.with(at, line.replace('user:root', 'user:roos'));
    expect(await verdictOf(flipped)).toEqual({ line: at + 1, problem: 'hash', seq });
    expect(await verdictOf(lines.toSpliced(at, 1))).toMatchObject({ problem: 'missing', seq });
    const swapped = lines.with(at, lines[at - 1] ?? '').with(at - 1, line);
    expect(await verdictOf(swapped)).toMatchObject({ problem: 'missing', seq: seq - 1 });
  });

  test('is not believed under another key', async () => {
    const other = Buffer.alloc(32, 1).toString('base64url');
    expect(await verifyOffline(await exported(), other)).toMatchObject({
      ok: false,
      firstBad: { problem: 'signature' },
    });
  });

  test('is not believed under a heading that names another key or workspace', async () => {
    const text = await exported();
    const other = Buffer.alloc(32, 1).toString('base64url');
    for (const forged of [
      text.replace(publicKey, other),
      text.replace('"workspace":"default"', '"workspace":"other"'),
    ]) {
      expect(await verifyOffline(forged)).toMatchObject({ firstBad: { problem: 'signature' } });
    }
  });

  test('that was cut off is told: by itself, or by a checkpoint that was kept', async () => {
    const lines = (await exported()).trimEnd().split('\n');
    const { body } = await api.post('/v1/audit/checkpoints', {});
    const kept = join(folder, 'kept.json');
    writeFileSync(kept, JSON.stringify(body));
    const [heading = ''] = lines;
    const nothing = { problem: 'end', seq: 1 };
    expect(await verifyOffline(heading)).toMatchObject({ ok: false, firstBad: nothing });

    const signed = lines.findIndex((line) => line.includes('audit-checkpoint'));
    const cut = lines.slice(0, signed + 1).join('\n');
    const { signedAt, count } = await verifyOffline(cut);
    expect(signedAt).toBeLessThan(body.at);
    const missing = { problem: 'kept', seq: count + 1 };
    const withKept = ['--checkpoint', kept];
    expect(await verifyOffline(cut, publicKey, ...withKept)).toMatchObject({ firstBad: missing });
    const told = ['audit', 'verify', join(folder, 'export.ndjson'), ...withKept];
    const ended = await run(process.execPath, ['bin/sallyport.mjs', ...told]).catch((no) => no);
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('exported again') });
    const whole = await verifyOffline(await exported(), publicKey, ...withKept);
    expect(whole).toMatchObject({ ok: true });
  });

  test('is given as OCSF events too', async () => {
    const events = (await exported('ocsf'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0].metadata).toMatchObject({
      version: '1.5.0',
      tenant_uid: 'default',
      sequence: 1,
    });
    const call = events.find(({ api }) => api.operation === 'tool-call');
    expect(call).toMatchObject({
      class_uid: 6003,
      type_uid: 600399,
      status: 'Success',
      actor: { user: { uid: 'user:root', type: 'user' } },
      unmapped: { tool: 'text-stats', decision: 'allowed' },
    });
    expect(events.map(({ metadata }) => metadata.sequence)).toEqual(events.map((_, at) => at + 1));
  });
});

describe('proofs', () => {
  const fromHex = (hex: string) => Buffer.from(hex, 'hex');

  test('show a record to be in the tree that a checkpoint signs', async () => {
    const { size, note } = (await api.post('/v1/audit/checkpoints', {})).body;
    const [record] = await records('action=tool-call');
    const { body } = await api.get(`/v1/audit/proofs/inclusion?seq=${record.seq}&size=${size}`);
    expect(body.leaf).toBe(record.hash);
    expect(note).toContain(`\n${size}\n${fromHex(body.root).toString('base64')}\n`);
    const proof = {
      ...{ index: record.seq - 1, size, leaf: fromHex(record.hash), root: fromHex(body.root) },
      path: body.path.map(fromHex),
    };
    expect(verifyInclusion(proof, sha256Bytes)).toBe(true);
  });

  test('show the audit of today to begin with that of before', async () => {
    const { checkpoints } = (await api.get('/v1/audit/checkpoints')).body;
    const { size: to } = (await api.post('/v1/audit/checkpoints', {})).body;
    const [{ size: from, note }] = checkpoints;
    expect(from).toBeLessThan(to);
    expect((await api.get('/v1/audit/checkpoints?limit=1')).body.next).toBe(from);
    const { body } = await api.get(`/v1/audit/proofs/consistency?from=${from}&to=${to}`);
    expect(note).toContain(fromHex(body.fromRoot).toString('base64'));
    const claim = {
      from: { size: from, root: fromHex(body.fromRoot) },
      to: { size: to, root: fromHex(body.toRoot) },
      path: body.path.map(fromHex),
    };
    expect(verifyConsistency(claim, sha256Bytes)).toBe(true);
  });

  test('are of the same tree after a restart', async () => {
    const { body: before } = await api.get('/v1/audit/proofs/inclusion?seq=1&size=50');
    await gateway.restart();
    expect((await api.get('/v1/audit/proofs/inclusion?seq=1&size=50')).body).toEqual(before);
  });

  test('are refused beyond what there is', async () => {
    const { size } = (await api.post('/v1/audit/checkpoints', {})).body;
    const inclusion = async (seq: number, of: number) =>
      (await api.get(`/v1/audit/proofs/inclusion?seq=${seq}&size=${of}`)).status;
    expect(await inclusion(size, size)).toBe(200);
    expect(await inclusion(size + 1, size)).toBe(404);
    expect(await inclusion(1, size + 1_000)).toBe(404);
    expect(await inclusion(0, size)).toBe(422);
    expect((await api.get(`/v1/audit/proofs/consistency?from=5&to=4`)).status).toBe(404);
  });
});

describe('retention', () => {
  test('is read, replaced, and refused what is no number of days', async () => {
    expect((await api.get('/v1/audit/retention')).body).toEqual({});
    const stored = await api.put('/v1/audit/retention', { calls: 30, refusals: 1 });
    expect(stored.body).toEqual({ calls: 30, refusals: 1 });
    expect((await api.get('/v1/audit/retention')).body).toEqual({ calls: 30, refusals: 1 });
    for (const wrong of [
      { calls: 0 },
      { calls: 1.5 },
      { calls: 36_501 },
      { all: 3 },
      { calls: null },
    ]) {
      expect((await api.put('/v1/audit/retention', wrong)).status).toBe(422);
    }
    expect(await verifyOffline(await exported())).toMatchObject({ ok: true });
  });
});

test('checkpoints are in the archive below the data folder', async () => {
  const { note } = (await api.post('/v1/audit/checkpoints', {})).body;
  const signature = note.split(' ').at(-1).trim();
  await eventually(() => {
    const archived = readdirSync(join(gateway.dataFolder, 'r2'), {
      recursive: true,
      withFileTypes: true,
    }).filter((entry) => entry.isFile());
    const texts = archived.map(({ parentPath, name }) =>
      readFileSync(join(parentPath, name), 'utf8'),
    );
    expect(texts.some((text) => text.includes(signature))).toBe(true);
  });
});
