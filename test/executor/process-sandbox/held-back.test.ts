import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandLines } from '../support/command-lines.ts';
import { describeSandbox } from '../support/describe-sandbox.ts';
import { makeFolder } from '../support/host-folders.ts';
import { runShell, startProgram } from '../support/process-sandbox.ts';

describeSandbox('a program that is ready', () => {
  test('runs nothing where it is not let run, and leaves nothing', async () => {
    const folder = makeFolder(0o777);
    const id = `held-back-${process.pid}`;
    const willRun = () => {
      throw new Error('not now');
    };
    const started = startProgram(['/bin/sh', '-c', `echo ran >${folder}/ran`], {
      ...{ id, writes: [folder], willRun },
    });
    await expect(started).rejects.toThrow('not now');
    await expect.poll(() => commandLines().filter((line) => line.includes(id))).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is asked about once, before it runs', async () => {
    const folder = makeFolder(0o777);
    const seen: (readonly string[])[] = [];
    const willRun = () => void seen.push(readdirSync(folder));
    await runShell(`echo ran >${folder}/ran`, { writes: [folder], willRun });
    expect([seen, readdirSync(folder)]).toEqual([[[]], ['ran']]);
  });
});
