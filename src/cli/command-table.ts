/**
 * Every command there is, in the order in which help shows them.
 *
 * @module
 */

import type { Command } from './command.ts';
import { findNamed } from './parse-invocation.ts';

/** By name: to load them all takes longer than most of them take to run. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  'plugin new': async () => (await import('./commands/plugin-new.ts')).pluginNew,
  'plugin remote': async () => (await import('./commands/plugin-remote.ts')).pluginRemote,
  'plugin test': async () => (await import('./commands/plugin-test.ts')).pluginTest,
  'plugin inspect': async () => (await import('./commands/plugin-inspect.ts')).pluginInspect,
  'plugin install': async () => (await import('./commands/plugin-install.ts')).pluginInstall,
  'plugin sign-in': async () => (await import('./commands/plugin-sign-in.ts')).pluginSignIn,
  'plugin sign-out': async () => (await import('./commands/plugin-sign-in.ts')).pluginSignOut,
  'plugin keygen': async () => (await import('./commands/plugin-keygen.ts')).pluginKeygen,
  'plugin sign': async () => (await import('./commands/plugin-sign.ts')).pluginSign,
  'receipt verify': async () => (await import('./commands/receipt-verify.ts')).receiptVerify,
  'audit verify': async () => (await import('./commands/audit-verify.ts')).auditVerify,
  'token narrow': async () => (await import('./commands/token-narrow.ts')).tokenNarrow,
  'policy check': async () => (await import('./commands/policy-check.ts')).policyCheck,
  'security audit': async () => (await import('./commands/security-audit.ts')).securityAudit,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  'executor enrol': async () => (await import('./commands/executor-enrol.ts')).executorEnrol,
  'executor run': async () => (await import('./commands/executor-run.ts')).executorRun,
  'executor doctor': async () => (await import('./commands/executor-doctor.ts')).executorDoctor,
  'executor status': async () => (await import('./commands/executor-status.ts')).executorStatus,
  'executor inspect': async () => (await import('./commands/executor-inspect.ts')).executorInspect,
};

/** The one that is named, or all of them: help, and what is said of a wrong name, is about any. */
export async function loadCommands(argv: readonly string[] = []): Promise<readonly Command[]> {
  const all = Object.entries(LOADERS).map(([name, load]) => ({ name, load }));
  const named = findNamed(all, argv);
  return await Promise.all((named ? [named] : all).map(({ load }) => load()));
}
