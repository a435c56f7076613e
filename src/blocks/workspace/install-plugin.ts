/**
 * Installs plugins and newer versions of them.
 *
 * What was judged is kept as a *candidate* while its code is started, once, outside of any turn.
 * Only then does it take the place of the version before, in one transaction; until then, and if it
 * does not start, that one goes on serving. A start that was interrupted is not tried again: it may
 * be what interrupted it.
 *
 * @module
 */

import type { CapabilityGrowth } from '../../core/manifest/capability-growth.ts';
import { nextState } from '../../core/manifest/plugin-state.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sha256Hex } from '../kit/keys.ts';
import { announceRevision } from './announce-revision.ts';
import { keepSettings, refuseKeptSettings } from './configure-plugin.ts';
import { describePlugin } from './describe-plugin.ts';
import { requireErased } from './erase-storage.ts';
import { type JudgedUpload, judgeUpload, recordableGrowth } from './judge-upload.ts';
import type { PluginStart } from './lane-api.ts';
import { observedEvent, pluginEvent } from './plugin-events.ts';
import type { PluginProblem, StoredPlugin } from './plugin-store.ts';
import { releaseDrained, sweepCode } from './plugins.ts';
import type { Actor, InstallPlugin, PluginDescription, Refusal } from './workspace-api.ts';
import {
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

type Installed = Result<PluginDescription, Refusal>;

interface Installation {
  readonly actor: Actor;
  readonly request: InstallPlugin;
}

export class Installations {
  readonly #parts: WorkspaceParts;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
  }

  /** One after the other for each name, so that each is judged by what the one before has left. */
  async install(actor: Actor, request: InstallPlugin): Promise<Installed> {
    const { name } = request.plugin;
    const before = this.#last.get(name) ?? Promise.resolve();
    const installed = before.then(() => install(this.#parts, { actor, request }));
    const over = installed.catch(() => {});
    this.#last.set(name, over);
    try {
      return await installed;
    } finally {
      if (this.#last.get(name) === over) this.#last.delete(name);
    }
  }
}

/** For a block that has just begun: whoever was starting then has died with its memory. */
export function failInterrupted(parts: WorkspaceParts): void {
  const interrupted = parts.plugins.candidates().filter(({ plugin }) => plugin.state === 'loading');
  if (interrupted.length === 0) return;
  transact(parts, () => {
    for (const candidate of interrupted) fail(parts, candidate, { reason: 'interrupted' });
  });
}

async function install(parts: WorkspaceParts, installation: Installation): Promise<Installed> {
  const { actor, request } = installation;
  parts.workspace.row();
  await requireErased(parts, request.plugin.name);
  const refusal =
    refuseUnrecorded(parts) ?? findCodeProblem(request) ?? refuseQuarantined(parts, installation);
  if (refusal !== undefined) return err(refusal);
  const judged = judgeUpload(parts, actor, request);
  if (!judged.ok) return judged;
  const { kind, plugin, manifest } = judged.value;
  if (kind === 'same') return ok(described(parts, plugin.name));
  const unfit = refuseKeptSettings(parts.plugins.find(plugin.name), manifest);
  if (unfit !== undefined) return err(unfit);

  const candidate = toCandidate(parts, actor, judged.value);
  const hasRoom = transact(parts, () => {
    if (!parts.plugins.makeRoom(plugin.name)) return false;
    parts.plugins.putCandidate(candidate);
    if (request.code !== undefined) {
      const { original, ...form } = request.code;
      const memoryPages = plugin.wasm?.memoryPages ?? 0;
      parts.code.put(plugin.codeHash, original, { ...form, memoryPages });
    }
    sweepCode(parts);
    return true;
  });
  if (!hasRoom) return err(TOO_MANY);
  return await finish(parts, installation, await start(parts, candidate));
}

/** What was judged before the start is judged once more: meanwhile anything may have changed. */
async function finish(
  parts: WorkspaceParts,
  installation: Installation,
  started: PluginStart,
): Promise<Installed> {
  const { actor, request } = installation;
  const { name } = request.plugin;
  const candidate = parts.plugins.candidate(name);
  if (candidate?.plugin.state !== 'loading') return err(WITHDRAWN);
  if (started !== 'started') {
    transact(parts, () => fail(parts, candidate, { reason: started }, actor));
    parts.flush();
    return err(toStartRefusal(parts, name, started));
  }
  const judged = judgeUpload(parts, actor, request);
  if (!judged.ok) {
    transact(parts, () => fail(parts, candidate, { reason: judged.error.code }, actor));
    parts.flush();
    return judged;
  }
  const { growth } = judged.value;
  transact(parts, () => activate(parts, actor, { candidate, growth }));
  parts.flush();
  await announceRevision(parts);
  return ok({ ...described(parts, name), ...(growth && { growth }) });
}

const TOO_MANY: Refusal = {
  code: 'limit_reached',
  detail: 'Cannot install the plugin: the workspace must have fewer; delete one first',
};

const WITHDRAWN: Refusal = {
  code: 'conflict',
  detail: 'Cannot install the plugin: it was stopped while it was starting',
};

function toStartRefusal(parts: WorkspaceParts, name: string, reason: string): Refusal {
  const current = parts.plugins.find(name);
  const left =
    current?.plugin.state === 'running'
      ? `version ${current.plugin.version} goes on serving`
      : 'nothing serves under its name';
  return {
    code: 'plugin_failed',
    reason,
    detail: `Cannot install the plugin: it must start within its limits; ${left}`,
    errors: [{ pointer: '/module', detail: `must start, and did not: ${reason}` }],
  };
}

/** Never rejects: a lane that cannot be reached has started nothing. */
async function start(parts: WorkspaceParts, { plugin }: StoredPlugin): Promise<PluginStart> {
  const { name, version, codeHash, wasm: limits } = plugin;
  if (limits === undefined) return 'started'; // only the wasm tier's code can be tried out here
  try {
    return await parts.startPlugin({ plugin: name, version, codeHash, limits });
  } catch {
    return 'tier_unavailable';
  }
}

function toCandidate(
  parts: WorkspaceParts,
  actor: Actor,
  { plugin, manifest }: JudgedUpload,
): StoredPlugin {
  return {
    plugin: { ...plugin, state: 'loading' },
    manifest,
    installedAt: parts.now(),
    installedBy: toPrincipalName(actor.principal),
  };
}

interface Activation {
  readonly candidate: StoredPlugin;
  readonly growth: CapabilityGrowth | undefined;
}

/** Part of a transaction. */
function activate(parts: WorkspaceParts, actor: Actor, { candidate, growth }: Activation): void {
  const { name } = candidate.plugin;
  const sinceRevision = raiseRevision(parts);
  const current = parts.plugins.find(name);
  const settings = keepSettings(current, candidate.manifest);
  const plugin = { ...candidate.plugin, state: 'running' as const, sinceRevision, ...settings };
  if (current !== undefined && nextState(current.plugin.state, 'supersede') === 'draining') {
    parts.plugins.drain(name, sinceRevision);
  }
  parts.plugins.dropCandidate(name);
  parts.plugins.put({ ...candidate, plugin });
  releaseDrained(parts);
  const event = pluginEvent(parts, actor, { plugin, action: 'plugin-installed' });
  record(parts, { ...event, ...(growth && { growth: recordableGrowth(growth, plugin) }) });
}

/** Part of a transaction: the candidate stays as failed, without its code. */
function fail(
  parts: WorkspaceParts,
  { plugin }: StoredPlugin,
  problem: PluginProblem,
  actor?: Actor,
): void {
  parts.plugins.setState('candidate', plugin.name, 'failed', problem);
  sweepCode(parts);
  const occurrence = { plugin, action: 'plugin-failed', reason: problem.reason } as const;
  record(
    parts,
    actor === undefined
      ? observedEvent(parts, occurrence)
      : { ...pluginEvent(parts, actor, occurrence), decision: 'denied' },
  );
}

function refuseQuarantined(
  parts: WorkspaceParts,
  { actor, request: { plugin } }: Installation,
): Refusal | undefined {
  if (!parts.quarantine.forbids(plugin.name, plugin.codeHash)) return undefined;
  const reason = 'code_quarantined';
  const event = pluginEvent(parts, actor, { plugin, action: 'plugin-refused', reason });
  transact(parts, () => record(parts, { ...event, decision: 'denied' }));
  parts.flush();
  return {
    code: reason,
    detail: 'Cannot install the plugin: neither its name nor its code may be in quarantine',
  };
}

/** Content is addressed by its hash, so the hash must be true. */
function findCodeProblem({ plugin, code }: InstallPlugin): Refusal | undefined {
  if (code === undefined) {
    if (plugin.tier !== 'wasm') return undefined;
    return { code: 'invalid_body', detail: 'Cannot install the plugin: its module must be sent' };
  }
  if (sha256Hex(code.original) === plugin.codeHash) return undefined;
  return {
    code: 'invalid_body',
    detail: 'Cannot install the plugin: its hash must be that of its module',
  };
}

function described(parts: WorkspaceParts, name: string): PluginDescription {
  const description = describePlugin(parts, name);
  if (description === undefined) throw new RangeError('Cannot describe a plugin that is gone');
  return description;
}
