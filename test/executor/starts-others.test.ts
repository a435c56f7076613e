import { describe, expect, test } from 'vitest';
import { startsOthers } from '../../src/executor/starts-others.ts';

describe('startsOthers()', () => {
  test.each([
    'bash',
    'python3.11',
    'perl5.36-x86_64-linux-gnu',
    'gcc',
    'gcc-12',
    'x86_64-linux-gnu-gcc-12',
    'aarch64-linux-gnu-g++-12',
    'arm-linux-gnueabihf-cpp-12',
    'x86_64-linux-gnu-python3.11-config',
    'c99-gcc',
    'clang++-19',
    'ssh-agent',
    'runcon',
    'npx-cli.js',
    'corepack.js',
    'go',
    'rustup',
    'sort',
    'curl',
    'x86_64-linux-gnu-nm',
    'x86_64-linux-gnu-ld.bfd',
    'x86_64-linux-gnu-lto-dump-12',
  ])('knows %s, by which whatever one likes can be run', (name) => {
    expect(startsOthers(name)).toBe(true);
  });

  test.each(['ls', 'cat', 'grep', 'wc', 'gccgo-report', 'x86_64-linux-gnu-size', 'cppcheck'])(
    'leaves %s alone',
    (name) => {
      expect(startsOthers(name)).toBe(false);
    },
  );
});
