/**
 * What a workspace keeps on disk: a store for each kind of thing.
 *
 * @module
 */

import { ChunkedValues } from '../kit/chunked-values.ts';
import type { Sealing } from '../kit/sealing.ts';
import { AnnouncementStore } from './announcement-store.ts';
import { AnswerStore } from './answer-store.ts';
import { CodeStore } from './code-store.ts';
import { DepartureStore } from './departure-store.ts';
import { ErasureStore } from './erasure-store.ts';
import { FormerTokenStore } from './former-token-store.ts';
import { OpenTurnStore } from './open-turn-store.ts';
import { PluginStore } from './plugin-store.ts';
import { PolicyVersionStore } from './policy-version-store.ts';
import { QuarantineStore } from './quarantine-store.ts';
import { ReserveStore } from './reserve-store.ts';
import { SkillStore } from './skill-store.ts';
import { SwitchStore } from './switch-store.ts';
import { TicketStore } from './ticket-store.ts';
import { TokenStore } from './token-store.ts';
import { TokenUses } from './token-uses.ts';
import { WithdrawalStore } from './withdrawal-store.ts';
import { WorkspaceStore } from './workspace-store.ts';

export type WorkspaceStores = ReturnType<typeof openStores>;

/** Touches no storage. `sealing` is of answers alone: what else is here is not content. */
export function openStores(sql: SqlStorage, sealing: Sealing) {
  const values = new ChunkedValues(sql);
  return {
    values,
    workspace: new WorkspaceStore(sql),
    tokens: new TokenStore(sql),
    tokenUses: new TokenUses(sql),
    formerTokens: new FormerTokenStore(sql),
    tickets: new TicketStore(sql),
    switches: new SwitchStore(sql),
    policyVersions: new PolicyVersionStore(sql),
    plugins: new PluginStore(sql),
    code: new CodeStore(sql, values),
    quarantine: new QuarantineStore(sql),
    withdrawals: new WithdrawalStore(sql),
    erasures: new ErasureStore(sql),
    skills: new SkillStore(sql),
    turns: new OpenTurnStore(sql),
    reserves: new ReserveStore(sql, () => Date.now()),
    answers: new AnswerStore(sql, sealing),
    announcements: new AnnouncementStore(sql),
    departures: new DepartureStore(sql),
  } as const;
}

/** Part of a transaction, in the order of {@link openStores}. */
export function createTables({ plugins, reserves, ...others }: WorkspaceStores): void {
  for (const store of Object.values(others)) store.createTable();
  for (const store of [plugins, reserves]) store.createTables();
}

/** What they remember of their rows is read again when it is needed. */
export function forgetRows(stores: WorkspaceStores): void {
  for (const store of Object.values(stores)) if ('forget' in store) store.forget();
}
