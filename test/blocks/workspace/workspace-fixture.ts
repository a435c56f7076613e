/**
 * Fresh workspaces for tests: founded by root, with helpers for what most tests do first.
 *
 * @module
 */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AuditApi } from '../../../src/blocks/audit/audit-api.ts';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { keyedHash, randomHex, sha256Hex } from '../../../src/blocks/kit/keys.ts';
import type { CodeForm } from '../../../src/blocks/workspace/lane-api.ts';
import type {
  Actor,
  InstallPlugin,
  IssueToken,
  OpenTurn,
  TokenDescription,
  WorkspaceApi,
} from '../../../src/blocks/workspace/workspace-api.ts';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import { toRegisteredPlugin } from '../../../src/core/manifest/to-registered-plugin.ts';
import { DEFAULT_WASM_LIMITS } from '../../../src/core/manifest/wasm-limits.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import {
  issueSessionId,
  parseWorkspaceId,
  type SessionId,
  type TurnId,
  toTurnId,
  type WorkspaceId,
} from '../../../src/core/primitives/ids.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { HARDENING_VERSION, hardenModule } from '../../../src/wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../../../src/wasm-hardening/hardening-policy.ts';
import { buildModule } from '../../tiers/support/module-builder.ts';

export const bindings = env as unknown as BlockBindings;

export interface Fixture {
  readonly id: WorkspaceId;
  readonly block: WorkspaceApi;
  readonly audit: AuditApi;
  readonly root: Actor;
}

export async function foundWorkspace(): Promise<Fixture> {
  const fixture = unfoundedWorkspace();
  await fixture.block.found(fixture.root);
  return fixture;
}

export function unfoundedWorkspace(): Fixture {
  const name = `w-${randomHex(6)}`;
  const id = parseWorkspaceId(name);
  if (id === undefined) throw new Error(`not a workspace id: ${name}`);
  const principal: Principal = { kind: 'user', id: 'root', workspace: id, tokenId: 'root' };
  return {
    id,
    block: bindings.WORKSPACES.getByName(name),
    audit: bindings.AUDITS.getByName(name),
    root: { principal, requestId: 'req-1' },
  };
}

/** A token that was issued, with what its holder sends and who he is. */
export interface Holder extends Actor {
  readonly hash: string;
  readonly token: TokenDescription;
}

type Asked = Partial<Omit<IssueToken, 'tokenHash'>>;

export async function issue(
  { block, id }: Fixture,
  giver: Actor,
  asked: Asked = {},
): Promise<Holder> {
  const hash = sha256Hex(randomHex(16));
  const request: IssueToken = {
    tokenId: `tok_${randomHex(16)}`,
    tokenHash: hash,
    subject: { kind: 'service', id: `bot-${randomHex(3)}` },
    grants: ['tool:*', 'session:*'],
    ...asked,
  };
  const issued = await block.issueToken(giver, request);
  if (!issued.ok) throw new Error(`${issued.error.detail}: ${JSON.stringify(issued.error.errors)}`);
  const { subject, tokenId } = request;
  const principal: Principal = { ...subject, workspace: id, tokenId };
  return { principal, requestId: 'req-2', hash, token: issued.value };
}

export function newSessionId({ id }: Fixture): SessionId {
  const hash = keyedHash(bindings.SALLYPORT_MASTER_KEY, 'session-ids');
  return issueSessionId(id, randomHex(16), hash);
}

export function opening(
  fixture: Fixture,
  { principal }: Actor,
  facts: Partial<OpenTurn> = {},
): OpenTurn {
  return {
    turnId: newTurnId(),
    sessionId: newSessionId(fixture),
    principal,
    deadlineAt: Date.now() + 120_000,
    ...facts,
  };
}

export function newTurnId(): TurnId {
  return toTurnId(randomHex(16));
}

/** What the gateway hands over for a wasm plugin with this manifest and module, which starts. */
export function upload(manifest: JsonObject = {}, module = 'module-1'): InstallPlugin {
  return uploadOf(moduleOf(module), manifest);
}

/** The same for any module. */
export function uploadOf(original: Uint8Array, manifest: JsonObject = {}): InstallPlugin {
  const json = {
    ...{ name: 'stats', version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT' },
    capabilities: [],
    tools: [{ name: 'text-stats', description: 'Counts', inputSchema: { type: 'object' } }],
    ...manifest,
  };
  const parsed = parseManifest(json);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const codeHash = sha256Hex(original);
  return {
    manifestText: JSON.stringify(json),
    plugin: toRegisteredPlugin({ manifest: parsed.value, codeHash, tierFloor: 'wasm' }),
    code: { original, hardened: harden(original), hardeningVersion: HARDENING_VERSION },
  };
}

/** A module that differs from others by its name. */
export function moduleOf(name: string): Uint8Array {
  return buildModule({ exports: ['text_stats', name] });
}

/** One whose self-test says no. */
export function failingModule(): Uint8Array {
  return buildModule({ exports: ['text_stats', 'sallyport_self_test'], returns: 1 });
}

export function harden(original: Uint8Array): Uint8Array {
  const hardened = hardenModule(original, DEFAULT_HARDENING_POLICY);
  if (!hardened.ok) throw new Error(hardened.error.message);
  return hardened.value.bytes;
}

/** The form that lanes ask for, of plugins with the default limits. */
export const FORM: CodeForm = {
  memoryPages: DEFAULT_WASM_LIMITS.memoryPages,
  hardeningVersion: HARDENING_VERSION,
};

/** All events of the workspace's chain, once its outbox is empty. */
export async function recorded(fixture: Fixture) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await rowsOf(fixture, 'SELECT 1 FROM outbox WHERE last_seq > 0')).length === 0) {
      const { records } = await fixture.audit.query({ after: 0, limit: 500 });
      return records.map(({ event }) => event);
    }
    await scheduler.wait(10);
  }
  throw new Error('the outbox was not drained');
}

/** The RPC stub, as what it also is. Its full type is too deep for the compiler. */
const stubOf = ({ block }: Fixture): DurableObjectStub => block as unknown as DurableObjectStub;

/** Runs `use` inside the object: faults keep their class there, and storage can be reached. */
export async function inside<T>(
  fixture: Fixture,
  use: (block: WorkspaceApi, sql: SqlStorage) => T | Promise<T>,
): Promise<T> {
  return await runInDurableObject(stubOf(fixture), (instance, { storage }) =>
    use(instance as unknown as WorkspaceApi, storage.sql),
  );
}

/** Name, version and state of each plugin that root sees. */
export async function statesOf({ block, root }: Fixture): Promise<readonly (readonly string[])[]> {
  const authority = await block.authority(root.principal);
  return (authority?.plugins ?? []).map(({ name, version, state }) => [name, version, state]);
}

export async function rowsOf(fixture: Fixture, query: string, ...bindings: string[]) {
  return await inside(fixture, (_, sql) => sql.exec(query, ...bindings).toArray());
}

/** As if the sessions had said that they will settle all that is open. */
export async function confirmTurns(fixture: Fixture): Promise<void> {
  await rowsOf(fixture, 'UPDATE open_turns SET provisional = 0');
}

/** Forgets what is in memory, as a crash does. */
export async function evict(fixture: Fixture): Promise<void> {
  await evictDurableObject(stubOf(fixture));
}

/** Runs the task of a timer now; it must be set. */
export async function ring(fixture: Fixture, timer: string): Promise<void> {
  await inside(fixture, (_, sql) => {
    const set = 'UPDATE timers SET due_at = ? WHERE name = ?';
    if (sql.exec(set, Date.now() - 1, timer).rowsWritten === 0)
      throw new Error(`${timer} is not set`);
  });
  await runDurableObjectAlarm(stubOf(fixture));
}
