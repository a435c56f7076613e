import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Stated in full: the plugin would otherwise take a developer's own from `.dev.vars`. */
const TEST_SECRETS = {
  SALLYPORT_MASTER_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  SALLYPORT_ROOT_TOKEN: 'root-token-of-the-tests',
};

/**
 * Three kinds of tests: `unit` in plain Node, `workerd` inside the real runtime, and `journeys`
 * over HTTP against a gateway that the test starts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/*.test.ts',
            'test/{core,wasm-hardening,plugin-review,scripts,cli}/**/*.test.ts',
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
          include: ['test/blocks/session/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['test/{journeys,attacks}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
