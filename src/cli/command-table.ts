/**
 * Every command there is, in the order in which help shows them.
 *
 * @module
 */

import type { Command } from './command.ts';
import { pluginInspect } from './commands/plugin-inspect.ts';
import { pluginInstall } from './commands/plugin-install.ts';
import { pluginKeygen } from './commands/plugin-keygen.ts';
import { pluginNew } from './commands/plugin-new.ts';
import { pluginSign } from './commands/plugin-sign.ts';
import { pluginTest } from './commands/plugin-test.ts';
import { receiptVerify } from './commands/receipt-verify.ts';

export const COMMANDS: readonly Command[] = [
  pluginNew,
  pluginTest,
  pluginInspect,
  pluginInstall,
  pluginKeygen,
  pluginSign,
  receiptVerify,
];
