import { describe, expect, test, vi } from 'vitest';
import type { StoredCode } from '../../../src/blocks/workspace/lane-api.ts';
import { type CodeHolder, loadCode } from '../../../src/tiers/wasm/load-code.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import { hardened, upload } from '../support/fixtures.ts';
import { buildModule } from '../support/module-builder.ts';

const NAME = { codeHash: 'h', memoryPages: 256 };
const FORM = { memoryPages: 256, hardeningVersion: HARDENING_VERSION };

function holding(stored: StoredCode | undefined) {
  return {
    code: vi.fn<CodeHolder['code']>(async () => stored),
    keepHardened: vi.fn<CodeHolder['keepHardened']>(async () => {}),
    failCode: vi.fn<CodeHolder['failCode']>(async () => {}),
  };
}

describe('loadCode()', () => {
  test('takes code as it is stored in the form of now', async () => {
    const workspace = holding({ kind: 'hardened', hardened: new Uint8Array([1]) });
    expect(await loadCode(workspace, NAME)).toEqual(new Uint8Array([1]));
    expect(workspace.code).toHaveBeenCalledWith('h', FORM);
    expect(workspace.keepHardened).not.toHaveBeenCalled();
  });

  test('hardens what was hardened by older rules anew from its original, and keeps it', async () => {
    const workspace = holding({ kind: 'original', original: upload('hostile') });
    const bytes = await loadCode(workspace, NAME);
    expect(bytes).toEqual(hardened('hostile'));
    expect(workspace.keepHardened).toHaveBeenCalledExactlyOnceWith('h', {
      ...FORM,
      hardened: bytes,
    });
    expect(workspace.failCode).not.toHaveBeenCalled();
  });

  test.each([
    ['is no module any more', new Uint8Array([0, 97, 115, 109])],
    [
      'imports what is offered no more',
      buildModule({ exports: ['run'], imports: [['extism:host/env', 'teleport']] }),
    ],
    ['wants more memory than it may have', buildModule({ exports: ['run'], memoryPages: 300 })],
  ])('fails code that %s, saying why', async (_, original) => {
    const workspace = holding({ kind: 'original', original });
    expect(await loadCode(workspace, NAME)).toBeUndefined();
    expect(workspace.failCode).toHaveBeenCalledExactlyOnceWith('h', expect.stringMatching(/must/));
    expect(workspace.keepHardened).not.toHaveBeenCalled();
  });

  test('has nothing where the workspace has nothing', async () => {
    expect(await loadCode(holding(undefined), NAME)).toBeUndefined();
  });
});
