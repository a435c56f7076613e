import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/policy/principal.ts';
import { parseWorkspaceId, type SessionId } from '../../src/core/primitives/ids.ts';
import { putProgramSession, takeProgramSession } from '../../src/gateway/program-sessions.ts';

const WORKSPACE = parseWorkspaceId('program-sessions')!;
const OTHER_WORKSPACE = parseWorkspaceId('program-sessions-2')!;
const ANN: Principal = { kind: 'user', id: 'ann', workspace: WORKSPACE, tokenId: 'tok_1' };

const session = (name: string) => name as unknown as SessionId;

describe('a session that is free', () => {
  it('is lent to one call at a time, the last one first', () => {
    for (const name of ['a', 'b']) putProgramSession(ANN, session(name));
    expect(takeProgramSession(ANN)).toBe('b');
    expect(takeProgramSession(ANN)).toBe('a');
    expect(takeProgramSession(ANN)).toBeUndefined();
  });

  it('is lent to no other principal, credential or workspace, and not to who holds less', () => {
    putProgramSession(ANN, session('a'));
    const others: readonly Principal[] = [
      { ...ANN, id: 'ben' },
      { ...ANN, kind: 'service' },
      { ...ANN, tokenId: 'tok_2' },
      { ...ANN, workspace: OTHER_WORKSPACE },
      { ...ANN, caveats: [{ kind: 'expiry', at: 1 }] },
    ];
    for (const other of others) expect(takeProgramSession(other)).toBeUndefined();
    expect(takeProgramSession(ANN)).toBe('a');
  });

  it('is kept beside 255 others and no more', () => {
    for (let n = 0; n < 300; n++) putProgramSession(ANN, session(`s${n}`));
    const taken: unknown[] = [];
    for (let next = takeProgramSession(ANN); next; next = takeProgramSession(ANN)) taken.push(next);
    expect(taken).toHaveLength(256);
  });
});
