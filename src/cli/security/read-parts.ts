/**
 * Reads what a gateway says of itself, part by part. A part that cannot be read is noted, and never
 * taken for one in which there is nothing to find.
 *
 * @module
 */

import type * as z from 'zod';
import type { JsonValue } from '../../core/primitives/json.ts';
import {
  type Answer,
  ask,
  describeRefusal,
  type GatewayAddress,
} from '../gateway/gateway-client.ts';

export interface UnseenPart {
  readonly part: string;
  readonly reason: string;
}

export class PartReader {
  readonly #gateway: GatewayAddress;
  readonly #unseen: UnseenPart[] = [];

  constructor(gateway: GatewayAddress) {
    this.#gateway = gateway;
  }

  get unseen(): readonly UnseenPart[] {
    return this.#unseen;
  }

  /** `part` names it for people: `policy`, `tokens`. */
  async read<T>(part: string, path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    return this.#take(part, await ask(this.#gateway, `GET ${path}`), schema);
  }

  async post<T>(part: string, path: string, order: PostedOrder<T>): Promise<T | undefined> {
    return this.#take(part, await ask(this.#gateway, `POST ${path}`, order.body), order.schema);
  }

  note(part: string, reason: string): void {
    this.#unseen.push({ part, reason });
  }

  #take<T>(part: string, answer: Answer, schema: z.ZodType<T>): T | undefined {
    if (answer.status !== 200) {
      this.note(part, describeRefusal(answer));
      return undefined;
    }
    const read = schema.safeParse(answer.body);
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    this.note(part, `the answer is not as expected at /${issue?.path.join('/') ?? ''}`);
    return undefined;
  }
}

export interface PostedOrder<T> {
  readonly body: JsonValue;
  readonly schema: z.ZodType<T>;
}
