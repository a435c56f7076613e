/**
 * The least that a durable POST can be: a Worker that hands the body to an object, which inserts a row.
 *
 * @module
 */

import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';

interface Bindings {
  readonly ROWS: DurableObjectNamespace<Rows>;
}

export class Rows extends DurableObject {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)');
  }

  insert(body: string): void {
    this.ctx.storage.sql.exec('INSERT INTO rows (body) VALUES (?)', body);
  }
}

export default class extends WorkerEntrypoint<Bindings> {
  override async fetch(request: Request): Promise<Response> {
    await this.env.ROWS.getByName('rows').insert(await request.text());
    return new Response('');
  }
}
