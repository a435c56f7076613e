import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { LEASE_MS } from './test/blocks/session/support/lease-ms.ts';
import { LongestFirst } from './test/support/longest-first.ts';

/** Stated in full: the plugin would otherwise take a developer's own from `.dev.vars`. */
const TEST_SECRETS = {
  SALLYPORT_MASTER_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  SALLYPORT_ROOT_TOKEN: 'root-token-of-the-tests',
};

const COMMON = {
  // A file leaves nothing behind that another would find: objects have names that nobody else knows.
  // Loading everything again for each file took a third of the whole run.
  isolate: false,
  // For slow machines: nothing waits as long as that where all is well.
  testTimeout: 120_000,
  hookTimeout: 180_000,
  // What is decided is on the record a moment later.
  expect: { poll: { timeout: 20_000 } },
};

/** A test that asserts nothing cannot fail; but for those that wait for what a gateway or a sandbox does. */
const ASSERTING = { ...COMMON, expect: { ...COMMON.expect, requireAssertions: true } };

const IN_WORKERD = 'test/{agent,blocks,gateway,models,tiers}/**';
/** In Node: in the runtime they would be those of all objects, also of what other files have left. */
const FAKES_TIMERS = `${IN_WORKERD}/*.timers.test.ts`;

/**
 * Kinds of tests: `unit` in plain Node, `workerd` and `session` inside the real runtime, `executor` in
 * plain Node with real sandboxes, and `journeys` over HTTP against a gateway that the test starts.
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
          ...ASSERTING,
          include: [
            'test/*.test.ts',
            'test/{core,channels,wasm-hardening,plugin-review,scripts,cli}/**/*.test.ts',
            FAKES_TIMERS,
          ],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: TEST_SECRETS },
          }),
        ],
        test: {
          name: 'workerd',
          ...ASSERTING,
          include: [`${IN_WORKERD}/*.test.ts`],
          exclude: ['test/blocks/session/**', FAKES_TIMERS],
        },
      },
      {
        // The session block with a scripted run and scripted neighbours.
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './test/blocks/session/support/wrangler.toml' },
            miniflare: { bindings: { ...TEST_SECRETS, SALLYPORT_LEASE_MS: String(LEASE_MS) } },
          }),
        ],
        test: {
          name: 'session',
          ...ASSERTING,
          include: ['test/blocks/session/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'executor',
          include: ['test/executor/**/*.test.ts', 'test/attacks/executor/**/*.test.ts'],
          ...COMMON,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['test/{journeys,attacks}/**/*.test.ts'],
          exclude: ['test/attacks/executor/**'],
          ...COMMON,
        },
      },
    ],
  },
});
