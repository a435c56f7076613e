/**
 * Every command there is, in the order in which help shows them.
 *
 * @module
 */

import type { Command } from './command.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { doctor } from './commands/doctor.ts';
import { executorDoctor } from './commands/executor-doctor.ts';
import { executorEnrol } from './commands/executor-enrol.ts';
import { executorInspect } from './commands/executor-inspect.ts';
import { executorRun } from './commands/executor-run.ts';
import { executorStatus } from './commands/executor-status.ts';
import { pluginInspect } from './commands/plugin-inspect.ts';
import { pluginInstall } from './commands/plugin-install.ts';
import { pluginKeygen } from './commands/plugin-keygen.ts';
import { pluginNew } from './commands/plugin-new.ts';
import { pluginRemote } from './commands/plugin-remote.ts';
import { pluginSign } from './commands/plugin-sign.ts';
import { pluginSignIn, pluginSignOut } from './commands/plugin-sign-in.ts';
import { pluginTest } from './commands/plugin-test.ts';
import { policyCheck } from './commands/policy-check.ts';
import { receiptVerify } from './commands/receipt-verify.ts';
import { securityAudit } from './commands/security-audit.ts';
import { tokenNarrow } from './commands/token-narrow.ts';

export const COMMANDS: readonly Command[] = [
  pluginNew,
  pluginRemote,
  pluginTest,
  pluginInspect,
  pluginInstall,
  pluginSignIn,
  pluginSignOut,
  pluginKeygen,
  pluginSign,
  receiptVerify,
  auditVerify,
  tokenNarrow,
  policyCheck,
  securityAudit,
  doctor,
  executorEnrol,
  executorRun,
  executorDoctor,
  executorStatus,
  executorInspect,
];
