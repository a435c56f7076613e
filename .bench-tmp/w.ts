import { DurableObject } from 'cloudflare:workers';
import code from './code.txt';
import { HARDENING_VERSION, MODULES } from '../build/bundled-modules.js';
import { deriveKey, randomHex, sha256Hex } from '../src/blocks/kit/keys.ts';
import { createTicketSigner } from '../src/tiers/ticket.ts';
import { createWasmTierRunner } from '../src/tiers/wasm/wasm-tier-runner.ts';
import { canonicalJson } from '../src/core/primitives/canonical-json.ts';
export { WasmLane } from '../src/tiers/wasm/wasm-lane.ts';
export class Ws extends DurableObject { async code(h: string) { return { hardened: new Uint8Array(Buffer.from(code, 'base64')), hardeningVersion: HARDENING_VERSION }; } }
export class Ping extends DurableObject { constructor(c: any, e: any) { super(c, e); c.storage.sql.exec('create table if not exists t (k text primary key, v text)'); } ping() { return 1; } put() { this.ctx.storage.sql.exec('insert or replace into t values (?, ?)', 'k', 'v'); return 1; } }
const hash = [...MODULES.keys()][2]!;
let signer: any;
export default { async fetch(req: Request, env: any) {
  const u = new URL(req.url);
  if (u.pathname === '/empty') return new Response('x');
  if (u.pathname === '/ping') return new Response(String(await env.PING.getByName('a').ping()));
  if (u.pathname === '/put') return new Response(String(await env.PING.getByName('a').put()));
  signer ??= createTicketSigner(deriveKey(env.SALLYPORT_MASTER_KEY, 'ticket'));
  const args = { text: 'the quick brown fox jumps over the lazy dog' };
  const claims: any = { workspace: u.searchParams.get('w') ?? 'acme', session: 's', callKey: `turn_${randomHex(16)}/0/0`, tool: 'text-stats', plugin: 'text-stats', pluginVersion: '1.0.0', codeHash: hash, argumentHash: sha256Hex(canonicalJson(args)), tier: 'wasm', wasm: { entry: 'text_stats', limits: { fuel: 1e8, memoryPages: 256, maxOutputBytes: 1e6, timeoutMs: 1e4, clock: false, randomness: false } }, revision: 1, epoch: 1, deadlineAt: Date.now() + 60000 };
  const out = await createWasmTierRunner(env).run({ ticket: signer.sign(claims), claims, canonicalArguments: args }, new AbortController().signal);
  return new Response(JSON.stringify(out), { status: out.kind === 'ok' ? 200 : 500 });
} };
