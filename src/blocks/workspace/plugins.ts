/**
 * How plugins leave: stopped or deleted by an operator, superseded and drained, or found unsafe by
 * newer rules.
 *
 * @module
 */

import { nextState } from '../../core/manifest/plugin-state.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { announceRevision } from './announce-revision.ts';
import { describePlugin } from './describe-plugin.ts';
import { eraseSoon, orderErasure } from './erase-storage.ts';
import { observedEvent, pluginEvent } from './plugin-events.ts';
import type { PluginProblem, StoredPlugin } from './plugin-store.ts';
import { orderWithdrawal, tellLane } from './tell-lane.ts';
import type { Actor, PluginDescription } from './workspace-api.ts';
import { raiseRevision, record, transact, type WorkspaceParts } from './workspace-parts.ts';

/** Stops a plugin at once, whatever it is doing; `undefined` if there is none. */
export async function stopPlugin(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<PluginDescription | undefined> {
  const serving = listServing(parts, name);
  const [stopped] = serving;
  if (stopped !== undefined) {
    transact(parts, () => {
      withdraw(parts, name, 'stop');
      record(parts, pluginEvent(parts, actor, { plugin: stopped, action: 'plugin-stopped' }));
    });
    parts.flush();
  }
  await settleWithdrawal(parts);
  return describePlugin(parts, name);
}

/** Stops a plugin and forgets it with its code and what it has stored; whether there was one. */
export async function deletePlugin(
  parts: WorkspaceParts,
  actor: Actor,
  name: string,
): Promise<boolean> {
  const stored = parts.plugins.find(name) ?? parts.plugins.candidate(name);
  if (stored !== undefined) {
    const { plugin } = stored;
    transact(parts, () => {
      withdraw(parts, name, 'stop');
      parts.plugins.delete(name);
      sweepCode(parts);
      orderErasure(parts, name);
      record(parts, pluginEvent(parts, actor, { plugin, action: 'plugin-deleted' }));
    });
    parts.flush();
  }
  await settleWithdrawal(parts);
  await eraseSoon(parts);
  return stored !== undefined;
}

/** Newer rules refuse code that is installed: whatever runs it has failed. */
export async function failCode(
  parts: WorkspaceParts,
  codeHash: string,
  problem: PluginProblem,
): Promise<void> {
  const affected = listVersions(parts).filter(
    ({ plugin }) => plugin.codeHash === codeHash && isServing(plugin),
  );
  if (affected.length === 0) return;
  transact(parts, () => {
    for (const { plugin } of affected) {
      if (plugin.state === 'draining') parts.plugins.dropDraining(plugin.name, plugin);
      else parts.plugins.setState('current', plugin.name, 'failed', problem);
    }
    raiseRevision(parts);
    orderWithdrawal(parts, new Set(affected.map(({ plugin }) => plugin.name)));
    for (const { plugin } of affected) {
      const { reason } = problem;
      record(parts, observedEvent(parts, { plugin, action: 'plugin-failed', reason }));
    }
  });
  parts.flush();
  await settleWithdrawal(parts);
}

/**
 * Part of a transaction: ends every version of a plugin for good, and begins the revision from which
 * on nothing of it may run. {@link settleWithdrawal} must follow the transaction.
 */
export function withdraw(
  parts: WorkspaceParts,
  name: string,
  event: 'stop' | 'quarantine',
  problem?: PluginProblem,
): void {
  const { plugins } = parts;
  const current = plugins.find(name);
  const state = current && nextState(current.plugin.state, event);
  if (state !== undefined) plugins.setState('current', name, state, problem);
  if (plugins.candidate(name)?.plugin.state === 'loading') {
    const why = problem ?? { reason: 'plugin_stopped' };
    plugins.setState('candidate', name, 'failed', why);
  }
  for (const { plugin } of plugins.draining()) {
    if (plugin.name === name) plugins.dropDraining(name, plugin);
  }
  raiseRevision(parts);
  orderWithdrawal(parts, [name]);
}

/** Tells sessions and lane of what was withdrawn; until then an answer would promise too much. */
export async function settleWithdrawal(parts: WorkspaceParts): Promise<void> {
  await Promise.all([announceRevision(parts), tellLane(parts)]);
}

/** Part of a transaction: forgets older versions, and their code, that no live turn began with. */
export function releaseDrained(parts: WorkspaceParts): void {
  if (parts.plugins.draining().length === 0) return;
  const oldest = parts.turns.oldestRevision() ?? parts.workspace.row().revision;
  const drained = parts.plugins
    .draining()
    .map(({ plugin }) => plugin)
    .filter(({ untilRevision = 0 }) => untilRevision <= oldest);
  if (drained.length === 0) return;
  for (const plugin of drained) {
    parts.plugins.dropDraining(plugin.name, plugin);
    record(parts, observedEvent(parts, { plugin, action: 'plugin-drained' }));
  }
  parts.authorities.forget();
  sweepCode(parts);
  parts.retireVersions(drained.filter((plugin) => !isCodeServing(parts, plugin)));
}

/** Part of a transaction. */
export function sweepCode(parts: WorkspaceParts): void {
  parts.code.sweep((hash) => parts.plugins.usesCode(hash));
}

/** Every version of every plugin. */
export function listVersions({ plugins }: WorkspaceParts): StoredPlugin[] {
  return [...plugins.all(), ...plugins.candidates(), ...plugins.draining()];
}

/** What serves, or is about to: the current version comes first. */
function listServing(parts: WorkspaceParts, name: string): RegisteredPlugin[] {
  return listVersions(parts)
    .map(({ plugin }) => plugin)
    .filter((plugin) => plugin.name === name && (isServing(plugin) || plugin.state === 'loading'));
}

function isServing({ state }: RegisteredPlugin): boolean {
  return state === 'running' || state === 'draining';
}

/** Another version of the same plugin may run the same code. */
function isCodeServing(parts: WorkspaceParts, { name, codeHash }: RegisteredPlugin): boolean {
  return listServing(parts, name).some((plugin) => plugin.codeHash === codeHash);
}
