import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** Stated in full: the plugin would otherwise take a developer's own from `.dev.vars`. */
const TEST_SECRETS = {
  SALLYPORT_MASTER_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  SALLYPORT_ROOT_TOKEN: 'root-token-of-the-tests',
};

/** For slow machines: nothing waits as long as that where all is well. */
const PATIENCE = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // What is decided is on the record a moment later.
  expect: { poll: { timeout: 10_000 } },
};

const inWorkerd = () =>
  cloudflareTest({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: { bindings: TEST_SECRETS },
  });

/**
 * Kinds of tests: `unit` in plain Node, `workerd`, `blocks` and `session` inside the real runtime,
 * `executor` in plain Node with real sandboxes, and `journeys` over HTTP against a gateway that the
 * test starts.
 */
export default defineConfig({
  test: {
    // A line that a block logs while its file ends would wait for a runner that waits for it:
    // the run would never be over. So lines go straight out.
    disableConsoleIntercept: true,
    // On two cores: files wait for runtimes, gateways and sandboxes as often as they work.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          ...PATIENCE,
          // Pure code leaves nothing behind; loading it for each file takes longer than the tests.
          isolate: false,
          include: [
            'test/*.test.ts',
            'test/{core,channels,wasm-hardening,plugin-review,scripts,cli}/**/*.test.ts',
          ],
        },
      },
      {
        plugins: [inWorkerd()],
        test: {
          name: 'workerd',
          ...PATIENCE,
          // Here, too: none of them keeps an object under a name that another file knows.
          isolate: false,
          include: ['test/{agent,models,tiers}/**/*.test.ts'],
        },
      },
      {
        plugins: [inWorkerd()],
        test: {
          name: 'blocks',
          ...PATIENCE,
          include: ['test/{blocks,gateway}/**/*.test.ts'],
          exclude: ['test/blocks/session/**'],
        },
      },
      {
        // The session block with a scripted run and scripted neighbours.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './test/blocks/session/support/wrangler.toml' },
            miniflare: { bindings: { ...TEST_SECRETS, SALLYPORT_LEASE_MS: '1000' } },
          }),
        ],
        test: {
          name: 'session',
          ...PATIENCE,
          include: ['test/blocks/session/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'executor',
          include: ['test/executor/**/*.test.ts', 'test/attacks/executor/**/*.test.ts'],
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['test/{journeys,attacks}/**/*.test.ts'],
          exclude: ['test/attacks/executor/**'],
          ...PATIENCE,
        },
      },
    ],
  },
});
