import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockDataFolder } from '../../scripts/data-lock.mjs';
import { runModule, temporaryFolder } from './support/run-script.ts';

const HOLD = `
  const { lockDataFolder } = await import(scripts + '/data-lock.mjs');
  await lockDataFolder('data');
  console.log('holding');
  setInterval(() => {}, 1_000);`;

const takeOnce = async (folder: string) => (await lockDataFolder(folder))();

describe('lockDataFolder()', () => {
  test('refuses a second holder in another process, and says what to do', async () => {
    const folder = temporaryFolder();
    await runModule(HOLD, folder).printed('holding');
    await expect(lockDataFolder(join(folder, 'data'))).rejects.toThrow(
      /Cannot use data folder ".*data": another gateway uses it; .*SALLYPORT_DATA_DIR/,
    );
  });

  test('is released by SIGKILL, so that a crash locks nobody out', async () => {
    const folder = temporaryFolder();
    const holder = runModule(HOLD, folder);
    await holder.printed('holding');
    holder.child.kill('SIGKILL');
    await holder.ended;
    await expect(takeOnce(join(folder, 'data'))).resolves.toBeUndefined();
  });

  test('waits a moment for a holder that is stopping', async () => {
    const folder = temporaryFolder();
    const holder = runModule(
      HOLD.replace('1_000);', '1_000); setTimeout(process.exit, 300);'),
      folder,
    );
    await holder.printed('holding');
    await expect(takeOnce(join(folder, 'data'))).resolves.toBeUndefined();
  });

  test('can be taken again by whoever let it go', async () => {
    const folder = temporaryFolder();
    await takeOnce(folder);
    await expect(takeOnce(folder)).resolves.toBeUndefined();
  });

  test('locks each folder by itself', async () => {
    const folder = temporaryFolder();
    const unlock = await lockDataFolder(join(folder, 'one'));
    await expect(takeOnce(join(folder, 'two'))).resolves.toBeUndefined();
    unlock();
  });

  test('says that a folder cannot be used, rather than that it is in use', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    await expect(lockDataFolder(file)).rejects.toThrow(/Cannot use data folder ".*": EEXIST/);
    writeFileSync(join(folder, 'instance.lock'), 'no database '.repeat(100));
    await expect(lockDataFolder(folder)).rejects.toThrow(/: file is not a database/);
  });
});
