/**
 * Puts what a running call asks of the world to the session of its turn, and opens the way there.
 *
 * @module
 */

import { keyedHash } from '../../blocks/kit/keys.ts';
import type { HostCallGrant, HostCallRequest } from '../../blocks/session/session-api.ts';
import { openSession } from '../../blocks/session/session-client.ts';
import { openStorage } from '../../blocks/storage/storage-client.ts';
import type { TokenProblem } from '../../blocks/vault/sign-in-api.ts';
import { openSignIns } from '../../blocks/vault/sign-in-client.ts';
import { openVault } from '../../blocks/vault/vault-client.ts';
import { parseWorkspaceId, readSessionId } from '../../core/primitives/ids.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import { readSignInName } from '../../core/vault/sign-in-name.ts';
import { endOfDenied } from '../denied-host-call.ts';
import type { SecretGate } from './call-secrets.ts';
import type { HttpGate } from './host-http.ts';
import { labelOfWrite, type StorageGate } from './host-storage.ts';
import type { PluginFailure } from './isolate/plugin-protocol.ts';
import type { LaneCall } from './lane-call.ts';
import type { Network, WasmLaneBindings } from './wasm-tier-bindings.ts';

/** The ways out of one call. */
export interface CallGate {
  readonly http: HttpGate;
  readonly storage: StorageGate;
}

export type SessionGate = (call: LaneCall) => CallGate;

/** Looked up at each request, so that what replaces `fetch` later (a test, a tracer) is used. */
const GLOBAL_NETWORK: Network = { fetch: (input, init) => globalThis.fetch(input, init) };

type Question = Omit<HostCallRequest, 'claims' | 'read'>;
type Leave = Result<HostCallGrant, PluginFailure>;

export function createSessionGate(env: WasmLaneBindings): SessionGate {
  const sessionIds = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const sessionOf = ({ claims }: LaneCall) => {
    const workspace = parseWorkspaceId(claims.workspace);
    const session = workspace && readSessionId(workspace, claims.session, sessionIds);
    return workspace && session && openSession(env, workspace, session);
  };
  const ask = async (call: LaneCall, question: Question): Promise<Leave> => {
    const { claims, read } = call;
    const answer = await sessionOf(call)?.authorizeHostCall({ claims, read, ...question });
    if (answer === undefined) return err('host_denied');
    return answer.ok ? answer : err(endOfDenied(answer.error));
  };
  return (call) => ({
    http: {
      secrets: call.secrets.sentThrough(secretGateOf(env, call, (question) => ask(call, question))),
      publicNetwork: env.PUBLIC_NETWORK ?? GLOBAL_NETWORK,
      privateNetwork: env.PRIVATE_NETWORK,
      signal: call.signal,
      authorize: ({ capability, isPrivate }) =>
        ask(call, { capability, outward: true, privateAddress: isPrivate }),
    },
    storage: {
      authorize: (access) =>
        ask(call, {
          capability: `storage:workspace:${access}`,
          outward: access === 'write',
          privateAddress: false,
        }),
      perform: async (request) => {
        // It may have been stopped while the session was asked: then it writes nothing any more.
        call.signal.throwIfAborted();
        const { workspace, plugin, revision } = call.claims;
        const id = parseWorkspaceId(workspace);
        if (id === undefined) throw new TypeError('Cannot store for a call without a workspace');
        return await openStorage(env, id, plugin).perform(request, revision, labelOfWrite(call));
      },
    },
  });
}

/** Over TLS, or to a private host that the workspace's policy exempts, which was asked by then. */
function secretGateOf(
  env: WasmLaneBindings,
  { claims }: LaneCall,
  ask: (question: Question) => Promise<Leave>,
): SecretGate {
  const workspace = parseWorkspaceId(claims.workspace);
  /** For whom the call runs, in the word of its session. */
  let principal = '';
  return {
    async reveal(name, { href: url, hostPort: host, isEncrypted, isPrivate }) {
      if (workspace === undefined || !(isEncrypted || isPrivate)) return err('host_denied');
      const capability = `system:secret:use:${name}`;
      const leave = await ask({ capability, outward: false, privateAddress: false });
      if (!leave.ok) return leave;
      principal = leave.value.principal;
      const use = { name, host, claims };
      if (readSignInName(name) === undefined) {
        const value = await openVault(env, workspace).use(use);
        return value.ok ? value : err('host_denied');
      }
      const token = await openSignIns(env, workspace).useToken({ ...use, url, principal });
      return token.ok ? token : err(endOf(token.error));
    },
    async refuse(refused, { href: url, hostPort: host }) {
      if (workspace === undefined) return err('host_denied');
      const use = { ...refused, url, host, claims, principal };
      const other = await openSignIns(env, workspace).refuseToken(use);
      return other.ok ? other : err(endOf(other.error));
    },
  };
}

/** What somebody can do something about is told apart. */
function endOf(problem: TokenProblem): PluginFailure {
  return problem === 'sign_in_needed' ? problem : 'host_denied';
}
