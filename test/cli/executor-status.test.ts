import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { CallLedger } from '../../src/executor/call-ledger.ts';
import { type ExecutorHome, locateHome } from '../../src/executor/executor-home.ts';
import { makeKey, writeIdentity } from '../../src/executor/identity.ts';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const IDENTITY = {
  gatewayUrl: 'https://gateway.example',
  workspace: 'acme',
  node: 'node_1',
  name: 'one',
  gatewayKey: makeKey().publicKey,
  privateKey: makeKey().privateKey,
};

const status = ({ folder }: ExecutorHome, ...more: readonly string[]) =>
  runCommand('executor', 'status', '--home', folder, ...more);

function enrolled(): ExecutorHome {
  const home = locateHome({}, temporaryFolder());
  writeIdentity(home, IDENTITY);
  writeFileSync(home.policyFile, 'plugin_folder = "/nowhere"\n');
  return home;
}

/** With one call that was cut off. */
function openLedger({ ledgerFile }: ExecutorHome): CallLedger {
  const ledger = new CallLedger(ledgerFile);
  const hashes = { ticketHash: 'a', codeHash: 'b', argumentHash: 'c' };
  ledger.accept({ callKey: 'ses_1/0/0', ticketId: 'one', ...hashes }, Date.now());
  ledger.begin('ses_1/0/0');
  return ledger;
}

describe('executor status', () => {
  test('says which node this is, and that it has run nothing yet', async () => {
    const { exit, out } = await status(enrolled());
    expect(exit).toBe(EXIT.ok);
    expect(out).toBe('node node_1 of workspace acme at https://gateway.example: stopped\n');
  });

  test('counts calls by their end, also for scripts, and shows no key', async () => {
    const home = enrolled();
    openLedger(home).close();
    expect((await status(home)).out).toContain('\n  interrupted 1\n');
    const { out } = await status(home, '--json');
    const { node, workspace, gatewayUrl } = IDENTITY;
    const calls = { interrupted: 1 };
    expect(JSON.parse(out)).toEqual({ node, workspace, gatewayUrl, state: 'stopped', calls });
  });

  test.skipIf(process.platform !== 'linux')(
    'counts those that wait, and those that have a slot and were not let run, by themselves',
    async () => {
      const home = enrolled();
      const ledger = openLedger(home);
      for (const state of ['waiting', 'prepared'] as const) {
        const hashes = { ticketHash: 'a', codeHash: 'b', argumentHash: 'c' };
        ledger.accept({ callKey: state, ticketId: state, ...hashes }, Date.now(), state);
      }
      ledger.close();
      const { out } = await status(home, '--json');
      const calls = { interrupted: 1, waiting: 1, prepared: 1 };
      expect(JSON.parse(out)).toMatchObject({ calls });
    },
  );

  test('leaves the ledger to an executor that runs', async () => {
    const home = enrolled();
    const ledger = openLedger(home);
    expect((await status(home)).out).toContain(': running\n');
    ledger.close();
  });

  test('does not take a ledger that is broken for one that is in use, nor does "executor doctor"', async () => {
    const home = enrolled();
    writeFileSync(home.ledgerFile, 'no ledger'.repeat(1_000), { mode: 0o600 });
    const { exit, out, problems } = await status(home);
    expect(exit).toBe(EXIT.finding);
    expect(out).toContain(': stopped\n');
    expect(problems).toContain(`"${home.ledgerFile}" must be a ledger`);
    const found = await runCommand('executor', 'doctor', '--home', home.folder);
    expect(found.out).toContain(`"${home.ledgerFile}" must be a ledger`);
    expect(found.exit).toBe(EXIT.finding);
  });

  test('is refused on a machine that is not enrolled', async () => {
    const { exit, problems } = await status(locateHome({}, temporaryFolder()));
    expect(exit).toBe(EXIT.usage);
    expect(problems).toContain('executor enrol');
  });
});
