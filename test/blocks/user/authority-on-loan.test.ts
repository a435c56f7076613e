import { describe, expect, it, vi } from 'vitest';
import { AuthorityOnLoan } from '../../../src/blocks/user/authority-on-loan.ts';
import type { LeasedAuthority } from '../../../src/blocks/workspace/lease-api.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';

const at = (revision: number) => ({ revision }) as Authority;

function borrow(...answers: LeasedAuthority[]) {
  let now = 1_000;
  const ask = vi.fn(async () => answers.shift() ?? { leaseMs: 0 });
  const loan = new AuthorityOnLoan(() => now);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { loan, ask, read: () => loan.read(ask), pass };
}

describe('AuthorityOnLoan', () => {
  it('asks once for as long as the loan lasts, and again when it is over', async () => {
    const { ask, read, pass } = borrow(
      { authority: at(1), leaseMs: 100 },
      { authority: at(2), leaseMs: 100 },
    );
    expect(await read()).toEqual(at(1));
    pass(99);
    expect(await read()).toEqual(at(1));
    pass(1);
    expect(await read()).toEqual(at(2));
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('counts from when it began to ask, so that it ends before the lender says so', async () => {
    const { loan, pass } = borrow();
    const slow = async () => {
      pass(80);
      return { authority: at(1), leaseMs: 100 };
    };
    await loan.read(slow);
    pass(20);
    const ask = vi.fn(async () => ({ authority: at(2), leaseMs: 100 }));
    expect(await loan.read(ask)).toEqual(at(2));
  });

  it('is given back as soon as a newer revision is announced', async () => {
    const { loan, ask, read } = borrow(
      { authority: at(1), leaseMs: 100 },
      { authority: at(2), leaseMs: 100 },
    );
    await read();
    loan.hear(1);
    await read();
    expect(ask).toHaveBeenCalledTimes(1);
    loan.hear(2);
    expect(await read()).toEqual(at(2));
  });

  it('asks again for what was on its way when a newer one was announced', async () => {
    const { loan, read } = borrow({ authority: at(2), leaseMs: 100 });
    const overtaken = vi.fn(async () => {
      if (overtaken.mock.calls.length > 1) return { authority: at(2), leaseMs: 100 };
      loan.hear(2);
      return { authority: at(1), leaseMs: 100 };
    });
    expect(await loan.read(overtaken)).toEqual(at(2));
    expect(await read()).toEqual(at(2));
    expect(overtaken).toHaveBeenCalledTimes(2);
  });

  it('keeps nothing of a credential that is not live', async () => {
    const { read } = borrow({ authority: at(1), leaseMs: 0 }, { leaseMs: 0 }, { leaseMs: 0 });
    expect([await read(), await read(), await read()]).toEqual([at(1), undefined, undefined]);
  });

  it('is over when nothing is held and nobody asks', async () => {
    const { loan, pass } = borrow();
    expect(loan.isOver).toBe(true);
    await loan.read(async () => {
      expect(loan.isOver).toBe(false);
      return { authority: at(1), leaseMs: 100 };
    });
    pass(99);
    expect(loan.isOver).toBe(false);
    pass(1);
    expect(loan.isOver).toBe(true);
  });
});
