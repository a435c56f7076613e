import { randomBytes } from 'node:crypto';
import { execSync, spawn } from 'node:child_process';
import { installExamples } from '../scripts/install-examples.mjs';
import { BLOCK_CLASSES } from '../scripts/worker-bindings.mjs';
import { send } from './load.ts';
import { startWorkerd } from './workerd.ts';
const token = `sproot_${randomBytes(32).toString('base64url')}`;
const gateway = await startWorkerd({ entry: 'src/worker.ts', blocks: BLOCK_CLASSES, loader: true, secrets: { SALLYPORT_MASTER_KEY: randomBytes(32).toString('base64url'), SALLYPORT_ROOT_TOKEN: token } });
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
await installExamples(gateway.url, token);
const s = JSON.parse((await send(undefined, gateway.port, { method: 'POST', path: '/v1/sessions', headers, body: '{}' })).text);
const pth = '/v1/workspaces/default';
const { policy } = JSON.parse((await send(undefined, gateway.port, { method: 'GET', path: pth, headers })).text);
const rate = { calls: 1_000_000, periodMs: 60_000 };
console.log((await send(undefined, gateway.port, { method: 'PUT', path: pth, headers, body: JSON.stringify({ policy: { ...policy, rates: { ...policy.rates, workspace: rate, principal: rate, session: rate }, dailyBudget: { costMicroUsd: 1e12, tokens: 1e12 } } }) })).status);
let bad = 0;
const turn = async () => { const r = await turn0(); if (r.status !== 200) bad++; return r; };
const turn0 = () => send(undefined, gateway.port, { method: 'POST', path: `/v1/sessions/${s.id}/turns`, headers, body: JSON.stringify({ input: 'Count the words in: the quick brown fox jumps over the lazy dog' }) });
for (let i = 0; i < 3; i++) await turn();
await new Promise((r) => setTimeout(r, 1500));
const pid = execSync('pgrep -x workerd').toString().trim().split('\n').at(-1) ?? ''; const _unused = execSync('pgrep -x workerd').toString().trim().split('\n').at(-1) ?? '';
await new Promise((r) => setTimeout(r, 1000));
const cpu = () => { const f = execSync(`cat /proc/${pid}/stat`).toString().split(' '); return [Number(f[13]) * 10, Number(f[14]) * 10]; };
const ids: string[] = []; { const c0 = cpu(); for (let i = 0; i < 260; i++) ids.push(JSON.parse((await send(undefined, gateway.port, { method: 'POST', path: '/v1/sessions', headers, body: '{}' })).text).id); const c1 = cpu(); console.log('session create user', (c1[0]! - c0[0]!) / 260); }
let k = 0;
for (const n of [100, 200, 400, 600]) { const c0 = cpu(); const t = performance.now(); for (let i = 0; i < n; i++) { s.id = ids[Math.floor(k++ / 5)]; await turn(); } const c1 = cpu(); console.log('bad', bad, 'wall/turn', (performance.now() - t) / n, 'user', (c1[0]! - c0[0]!) / n, 'sys', (c1[1]! - c0[1]!) / n); }
await new Promise((r) => setTimeout(r, 1500));
await gateway.stop(); process.exit(0);
