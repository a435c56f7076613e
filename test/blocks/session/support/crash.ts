/**
 * Ends the life of all objects between two requests: memory is gone, storage is kept.
 *
 * @module
 */

import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';

/** The next request starts each object anew. Requests in flight fail. */
export async function crash(): Promise<void> {
  await abortAllDurableObjects();
}

/** Lets the alarm ring, for timers that are due by now. */
export async function ring(stub: DurableObjectStub): Promise<void> {
  await runDurableObjectAlarm(stub);
}

/** Makes every timer due, and lets the alarm ring. */
export async function ringAll(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec('UPDATE timers SET due_at = 1');
  });
  await ring(stub);
}

/** A crash so long ago that the lease of the run has lapsed, and every timer is due. */
export async function crashLongAgo(connect: () => DurableObjectStub): Promise<void> {
  await runInDurableObject(connect(), (_, { storage }) => {
    storage.sql.exec("UPDATE turns SET lease_until = 1 WHERE status = 'running'");
    storage.sql.exec('UPDATE timers SET due_at = 1');
  });
  await crash();
  await ring(connect());
}
