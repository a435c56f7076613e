import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

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

/**
 * Kinds of tests: `unit` in plain Node, `workerd` and `session` inside the real runtime, `executor`
 * in plain Node with real sandboxes, and `journeys` over HTTP against a gateway that the test starts.
 */
export default defineConfig({
  test: {
    // On two cores: files wait for runtimes, gateways and sandboxes as often as they work.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          ...PATIENCE,
          include: [
            'test/*.test.ts',
            'test/{core,channels,wasm-hardening,plugin-review,scripts,cli}/**/*.test.ts',
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
          ...PATIENCE,
          include: ['test/{agent,models,tiers,blocks,gateway}/**/*.test.ts'],
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
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
