/**
 * What the vault asks of strangers when somebody signs in: places that the workspace's policy lets
 * anything speak to, public ones by https alone, and private ones that it exempts. All of it within one
 * time.
 *
 * @module
 */

import { type CanonicalUrl, canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';
import { type HostRules, mayReach } from '../../core/policy/may-reach.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { type FormFields, toForm } from '../../core/remote-sign-in/form.ts';
import { askJson, type JsonAnswer, type JsonRequest } from '../kit/ask-json.ts';
import { findPlace, type Networks, type Place } from '../kit/networks.ts';
import { within } from '../kit/within.ts';

/** How long all answers together may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

export class Outside {
  readonly #networks: Networks;
  readonly #rules: HostRules;
  /** Epoch milliseconds. */
  readonly #until: number;

  constructor(networks: Networks, rules: HostRules, until = Date.now() + TIMEOUT_MS) {
    this.#networks = networks;
    this.#rules = rules;
    this.#until = until;
  }

  get privateHosts(): readonly string[] {
    return this.#rules.privateHosts;
  }

  /** Whether policy lets anything of the workspace speak to that host and port. */
  permits(place: CanonicalUrl): boolean {
    return mayReach(this.#rules, place);
  }

  /** As far as the word of `address` leads: who is in public sends nobody to a private host. */
  ledBy(address: string): Outside {
    if (!canonicaliseUrl(address).ok) return this;
    return new Outside(this.#networks, { ...this.#rules, privateHosts: [] }, this.#until);
  }

  /** In its one spelling; `undefined` if nobody may be sent there. */
  find(address: string): string | undefined {
    return this.#place(address)?.href;
  }

  async read(address: string): Promise<JsonValue | undefined> {
    const place = this.#place(address);
    const answer = place && (await this.#ask(place, {}));
    return answer?.status === 200 ? answer.json : undefined;
  }

  async post(
    address: string,
    body: JsonValue,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<JsonAnswer | undefined> {
    const type = { 'Content-Type': 'application/json' };
    return this.#send(address, JSON.stringify(body), { ...type, ...headers });
  }

  async postForm(
    address: string,
    fields: FormFields,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<JsonAnswer | undefined> {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.#send(address, toForm(fields), { ...type, ...headers });
  }

  async #send(address: string, body: string, headers: Readonly<Record<string, string>>) {
    const place = this.#place(address);
    return place && this.#ask(place, { method: 'POST', headers, body });
  }

  /** Once the time is up nothing is sent: what can be said once only would be said for nobody. */
  async #ask(place: Place, request: Omit<JsonRequest, 'signal'>) {
    const leftMs = this.#until - Date.now();
    if (leftMs <= 0) return undefined;
    return await within(leftMs, (signal) => askJson(place, { ...request, signal }));
  }

  #place(address: string) {
    const { privateHosts } = this;
    const canonical = canonicaliseUrl(address, privateHosts);
    if (!canonical.ok || !this.permits(canonical.value)) return undefined;
    return findPlace(this.#networks, address, { privateHosts, publicScheme: 'https' });
  }
}
