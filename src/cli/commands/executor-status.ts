/**
 * `executor status`: which node this machine is, and what it has run.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { describeLedger, ledgerMust } from '../../executor/describe-ledger.ts';
import type { Command } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { HOME_OPTION, readSetup } from '../executor-options.ts';
import { EXIT } from '../exit-code.ts';

export const executorStatus: Command = {
  name: 'executor status',
  summary: 'Say which node this machine is, and what it has run',
  positionals: [],
  options: { ...HOME_OPTION, json: { help: 'the same as JSON' } },
  details: ['Of an executor that runs, the ledger is its own: then only the node is shown.'],
  run: async (invocation, terminal) => {
    const { identity, home } = readSetup(invocation);
    const { node, workspace, gatewayUrl } = identity;
    const ledger = existsSync(home.ledgerFile) ? describeLedger(home.ledgerFile) : undefined;
    const state = ledger === 'locked' ? 'running' : 'stopped';
    const calls = typeof ledger === 'object' ? ledger : undefined;
    if (invocation.has('json')) {
      terminal.json({ node, workspace, gatewayUrl, state, ...(calls && { calls }) });
    } else {
      terminal.line(`node ${node} of workspace ${workspace} at ${gatewayUrl}: ${state}`);
      for (const [outcome, count] of Object.entries(calls ?? {}))
        terminal.line(`  ${outcome} ${count}`);
    }
    if (ledger !== 'unreadable') return EXIT.ok;
    throw CommandFailure.finding(`Cannot read the ledger: ${ledgerMust(home.ledgerFile)}`);
  },
};
