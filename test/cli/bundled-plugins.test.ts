import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../../src/cli/project-root.ts';
import { readBundledPlugins } from '../../src/cli/security/bundled-plugins.ts';
import { judgePluginVersion } from '../../src/core/security-audit/judge-plugins.ts';

test('a bundled plugin that is behind is mended from where it lies, whichever tier it is of', () => {
  const bundled = readBundledPlugins();
  expect(bundled.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['text-stats', 'exec-sandbox']),
  );
  for (const { name, folder } of bundled) {
    expect(existsSync(join(PROJECT_ROOT, folder, 'plugin.json'))).toBe(true);
    const [finding] = judgePluginVersion({ name, version: '0.0.1' }, bundled);
    expect(finding?.command).toBe(`npx --no sallyport plugin install ${folder}`);
  }
});
