/** The floor: an empty request from a Worker to a Durable Object and back. */

import { DurableObject } from 'cloudflare:workers';

export class Empty extends DurableObject {
  ping(): number {
    return 1;
  }
}

interface FloorBindings {
  readonly EMPTY: DurableObjectNamespace<Empty>;
}

export default {
  async fetch(_request: Request, env: FloorBindings): Promise<Response> {
    return new Response(String(await env.EMPTY.getByName('floor').ping()));
  },
} satisfies ExportedHandler<FloorBindings>;
