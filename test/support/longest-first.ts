/**
 * The order of test files: those that take longest begin first, so that at the end nobody waits for
 * one of them alone.
 *
 * @module
 */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start gateways and commands again and again; longest first. */
const LONGEST = [
  'authoring',
  'two-commands',
  'ten-minutes',
  'executor-crash',
  'crash',
  'receipt',
  'plugin-crash',
  'schedules',
  'approvals-crash',
  'authority-leases',
  'example-plugins',
  'remote-mcp',
].map((name) => `/test/journeys/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? LONGEST.length : place;
}
