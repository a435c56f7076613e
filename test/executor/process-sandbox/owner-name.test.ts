import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { isOwnerAlive, ownerName } from '../../../src/executor/process-sandbox/owner-name.ts';

test('an executor that runs is alive, under its own name and in longer texts', () => {
  expect(isOwnerAlive(ownerName())).toBe(true);
  expect(isOwnerAlive(`${ownerName()}-some-order`)).toBe(true);
});

test('one that has ended is not, nor one whose process id another has taken over', () => {
  const { pid } = spawnSync('/bin/true');
  expect(isOwnerAlive(`sallyport-${pid}-1`)).toBe(false);
  expect(isOwnerAlive(`sallyport-${process.pid}-1`)).toBe(false);
});

test('a text that names none is left alone', () => {
  expect(isOwnerAlive('sallyport-containers')).toBeUndefined();
  expect(isOwnerAlive('/usr/bin/bwrap')).toBeUndefined();
});
