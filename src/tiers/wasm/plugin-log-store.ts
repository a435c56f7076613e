/**
 * What the plugins of a workspace have logged lately, for those who install them.
 *
 * On disk only where something was said, and only the newest: the lane writes it down together
 * with the outcome. No model sees it, and it is no part of the audit record.
 *
 * @module
 */

import type { ContentSeal } from '../../blocks/kit/content-seal.ts';
import type { KnownValues } from '../../core/scan/known-values.ts';
import type { WasmClaims } from './admit-ticket.ts';
import type { PluginFailure } from './isolate/plugin-protocol.ts';
import type { LoggedLines } from './isolate/run-log.ts';
import { redactLog } from './redact-log.ts';

/** Calls of one plugin whose logs are kept. */
export const MAX_LOGS_PER_PLUGIN = 20;

/** Calls of all plugins together. */
export const MAX_LOGS = 200;

/** How long they are kept, in milliseconds. */
export const LOG_RETENTION_MS = 3_600_000;

/** A `type`, so that it is JSON. `lines` are redacted. */
export type PluginLog = LoggedLines & {
  /** Epoch milliseconds at which the call had ended. */
  readonly at: number;
  /** Absent, as `tool` is, where the plugin was tried out before it serves. */
  readonly callKey?: string;
  readonly tool?: string;
  readonly version: string;
  readonly outcome: 'ok' | PluginFailure;
};

export interface Spoken {
  readonly claims: Pick<WasmClaims, 'plugin' | 'pluginVersion'> &
    Partial<Pick<WasmClaims, 'callKey' | 'tool'>>;
  readonly outcome: PluginLog['outcome'];
  readonly logged: LoggedLines;
  /** Values that its call has sent. */
  readonly sent?: KnownValues | undefined;
}

export class PluginLogStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal | undefined;
  readonly #unwritten: { readonly plugin: string; readonly log: PluginLog }[] = [];

  constructor(sql: SqlStorage, sealing?: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
    sql.exec(`CREATE TABLE IF NOT EXISTS plugin_logs (
      id INTEGER PRIMARY KEY AUTOINCREMENT, plugin TEXT NOT NULL, at INTEGER NOT NULL, log TEXT NOT NULL
    )`);
  }

  /** On disk only after {@link writeKept}. */
  keep({ claims, outcome, logged, sent }: Spoken, at: number): void {
    const { callKey, tool, plugin, pluginVersion: version } = claims;
    const lines = redactLog(logged.lines, sent);
    const call = { ...(callKey !== undefined && { callKey }), ...(tool !== undefined && { tool }) };
    const log = { at, ...call, version, outcome, lines, dropped: logged.dropped };
    this.#unwritten.push({ plugin, log });
  }

  writeKept(): void {
    if (this.#unwritten.length === 0) return;
    for (const { plugin, log } of this.#unwritten.splice(0)) {
      const insert = 'INSERT INTO plugin_logs (plugin, at, log) VALUES (?, ?, ?)';
      this.#sql.exec(insert, plugin, log.at, this.#toColumn(plugin, log));
      this.#forgetBeyond(MAX_LOGS_PER_PLUGIN, 'plugin = ?1', plugin);
    }
    this.#forgetBeyond(MAX_LOGS, '?1 IS NULL', null);
  }

  dropUnwritten(): void {
    this.#unwritten.splice(0);
  }

  /** Newest first. */
  read(plugin: string, now: number): readonly PluginLog[] {
    this.writeKept();
    return this.#sql
      .exec<{ log: string; at: number }>(
        'SELECT log, at FROM plugin_logs WHERE plugin = ? AND at > ? ORDER BY id DESC',
        plugin,
        now - LOG_RETENTION_MS,
      )
      .toArray()
      .map(({ log, at }) => JSON.parse(this.#sealing?.openText(rowOf(plugin, at), log) ?? log));
  }

  /** Deletes what has expired, and answers when the next row will. */
  forgetExpired(now: number): number | undefined {
    this.#sql.exec('DELETE FROM plugin_logs WHERE at <= ?', now - LOG_RETENTION_MS);
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>('SELECT min(at) AS oldest FROM plugin_logs')
      .one();
    return oldest === null ? undefined : oldest + LOG_RETENTION_MS;
  }

  #toColumn(plugin: string, log: PluginLog): string {
    const text = JSON.stringify(log);
    return this.#sealing?.seal(rowOf(plugin, log.at), text) ?? text;
  }

  /** `condition` is ours, never a caller's. */
  #forgetBeyond(most: number, condition: string, binding: string | null): void {
    this.#sql.exec(
      `DELETE FROM plugin_logs WHERE ${condition} AND id <= (
         SELECT id FROM plugin_logs WHERE ${condition} ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      binding,
      most,
    );
  }
}

function rowOf(plugin: string, at: number): string {
  return `log/${plugin}/${at}`;
}
