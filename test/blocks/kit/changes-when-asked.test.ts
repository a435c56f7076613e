import { expect, it, vi } from 'vitest';
import { Changes } from '../../../src/blocks/kit/changes.ts';
import { inScratchObject } from './scratch-object.ts';

it('late writes wait to be asked, where a timer would keep the object awake for nothing', () =>
  inScratchObject(async (storage) => {
    const late = vi.fn();
    const changes = new Changes(storage, { forgetMemory: () => {}, late: 'when-asked' });
    changes.writeLate(late);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(late).not.toHaveBeenCalled();
    changes.catchUp();
    changes.catchUp();
    expect(late).toHaveBeenCalledTimes(1);
  }));
