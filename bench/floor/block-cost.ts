/**
 * The gateway with every Durable Object counted: calls, alarms, and the rows that its storage reads and
 * writes, by class. `POST /counts` answers what was counted since it was last asked.
 */

import { DurableObject } from 'cloudflare:workers';
import * as worker from '../../src/worker.ts';

interface Counts {
  /** Calls, and WebSockets that were opened. */
  requests: number;
  alarms: number;
  rowsRead: number;
  /** With alarms that were set: each is billed as a row. */
  rowsWritten: number;
}

const counts = new Map<string, Counts>();

function countsOf(className: string): Counts {
  const known = counts.get(className);
  if (known !== undefined) return known;
  const fresh = { requests: 0, alarms: 0, rowsRead: 0, rowsWritten: 0 };
  counts.set(className, fresh);
  return fresh;
}

type BlockClass = new (ctx: DurableObjectState, env: never) => DurableObject<never>;

/** The same class; storage and methods report what they do. */
function counted(className: string, Base: BlockClass): BlockClass {
  const of = countsOf(className);
  class Counted extends Base {
    constructor(ctx: DurableObjectState, env: never) {
      const { sql, setAlarm } = Object.assign(ctx.storage, {});
      const exec = sql.exec.bind(sql);
      Object.defineProperty(sql, 'exec', {
        value: (...query: Parameters<typeof exec>) => {
          const cursor = exec(...query);
          // Whoever asked reads it to the end at once.
          queueMicrotask(() => {
            of.rowsRead += cursor.rowsRead;
            of.rowsWritten += cursor.rowsWritten;
          });
          return cursor;
        },
      });
      Object.defineProperty(ctx.storage, 'setAlarm', {
        value: (at: number) => {
          of.rowsWritten += 1;
          return setAlarm.call(ctx.storage, at);
        },
      });
      super(ctx, env);
    }
  }
  for (const name of methodsOf(Base)) {
    const method: unknown = Reflect.get(Base.prototype, name);
    if (typeof method !== 'function') continue;
    Object.defineProperty(Counted.prototype, name, {
      value(this: DurableObject, ...values: unknown[]) {
        if (name === 'alarm') of.alarms += 1;
        else of.requests += 1;
        return Reflect.apply(method, this, values);
      },
    });
  }
  return Counted;
}

/** Also of what the class is made of. */
function methodsOf(Base: BlockClass): ReadonlySet<string> {
  const names = new Set<string>();
  let part: object = Base.prototype;
  while (part !== DurableObject.prototype) {
    for (const name of Object.getOwnPropertyNames(part)) names.add(name);
    part = Object.getPrototypeOf(part);
  }
  names.delete('constructor');
  return names;
}

const classes = worker as unknown as Record<string, BlockClass>;

export const UserBlock = counted('UserBlock', classes.UserBlock!);
export const WorkspaceBlock = counted('WorkspaceBlock', classes.WorkspaceBlock!);
export const AuditBlock = counted('AuditBlock', classes.AuditBlock!);
export const DirectoryBlock = counted('DirectoryBlock', classes.DirectoryBlock!);
export const SessionBlock = counted('SessionBlock', classes.SessionBlock!);
export const SessionIndexBlock = counted('SessionIndexBlock', classes.SessionIndexBlock!);
export const WasmLane = counted('WasmLane', classes.WasmLane!);
export * from '../../src/worker.ts';

function takeCounts(): Record<string, Counts> {
  const taken = Object.fromEntries([...counts].map(([name, of]) => [name, { ...of }]));
  for (const of of counts.values()) {
    Object.assign(of, { requests: 0, alarms: 0, rowsRead: 0, rowsWritten: 0 });
  }
  return taken;
}

export default {
  async fetch(request: Request, env: never, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/counts') return Response.json(takeCounts());
    return await worker.default.fetch(request, env, ctx);
  },
};
