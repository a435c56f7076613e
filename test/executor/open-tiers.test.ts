import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createEngineSandbox } from '../../src/executor/container-sandbox/create-engine-sandbox.ts';
import { startExecutor } from '../../src/executor/executor.ts';
import { locateHome, makeHome } from '../../src/executor/executor-home.ts';
import { makeKey } from '../../src/executor/identity.ts';
import { parseLocalPolicy } from '../../src/executor/local-policy.ts';
import type { Sandbox } from '../../src/executor/sandbox.ts';
import type { Tiers } from '../../src/executor/start-program.ts';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tiers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One that says what it is, and is lost when it is asked which containers it has. */
async function losingEngine(): Promise<Sandbox> {
  const folder = makeFolder();
  const socketPath = join(folder, 'engine.sock');
  const engine = createServer(({ url = '' }, response) => {
    if (url.endsWith('/version') || url.endsWith('/info')) response.end('{"Version": "1"}');
    else response.destroy();
  });
  await once(engine.listen(socketPath), 'listening');
  onTestFinished(() => {
    engine.closeAllConnections();
    engine.close();
  });
  const made = await createEngineSandbox({ socketPath, folder });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** With a gateway that nobody can reach. */
async function startWith(tiers: Tiers) {
  const home = locateHome({}, makeFolder());
  makeHome(home);
  const policy = parseLocalPolicy('plugin_folder = "/none"');
  if (!policy.ok) throw new Error(policy.error);
  const gatewayKey = makeKey().publicKey;
  const { privateKey } = makeKey();
  const place = {
    gatewayUrl: 'http://127.0.0.1:1',
    workspace: 'default',
    node: 'node_a',
    name: 'test',
  };
  const told: string[] = [];
  const executor = await startExecutor({
    ...{ home, tiers, policy: policy.value, identity: { ...place, gatewayKey, privateKey } },
    ...{ tell: (line) => told.push(line), log: () => undefined },
  });
  await executor.stop();
  return told;
}

test('an engine that is lost as the executor starts keeps no other tier from being served', async () => {
  const sweep = vi.fn(async () => undefined);
  const told = await startWith({
    container: await losingEngine(),
    process: { sweep } as unknown as Sandbox,
  });
  expect(sweep).toHaveBeenCalledOnce();
  expect(told).toContainEqual(
    expect.stringMatching(
      /^Cannot serve the tier "container" .* \(Cannot use the container engine: .*: .*\)$/,
    ),
  );
});

test('a start that is left without a tier ends, and says why', async () => {
  await expect(startWith({ container: await losingEngine() })).rejects.toMatchObject({
    code: 'tier_unavailable',
    message: expect.stringContaining('Cannot serve the tier "container"'),
  });
});
