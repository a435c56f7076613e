/**
 * `executor doctor`: what this machine can hold a plugin to, and what is missing.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { MAX_CLOCK_SKEW_MS } from '../../core/executor-protocol/node-ticket-claims.ts';
import { describeClock } from '../../executor/describe-clock.ts';
import { type ExecutorHome, locateHome } from '../../executor/executor-home.ts';
import { findHomeProblem } from '../../executor/home-problem.ts';
import { readIdentity } from '../../executor/identity.ts';
import { describeParts } from '../../executor/keep-own.ts';
import {
  type LocalPolicy,
  parseLocalPolicy,
  readLocalPolicy,
} from '../../executor/local-policy.ts';
import { locateImage, openTiers } from '../../executor/open-tiers.ts';
import { type PluginProblem, readCatalogue } from '../../executor/plugin-catalogue.ts';
import type { Sandbox } from '../../executor/sandbox.ts';
import type { Command, Invocation } from '../command.ts';
import { CommandFailure } from '../command-failure.ts';
import { readHealth } from '../doctor/read-gateway.ts';
import { HOME_OPTION } from '../executor-options.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

export const executorDoctor: Command = {
  name: 'executor doctor',
  summary: 'Say what this machine can hold a plugin to, and what is missing',
  positionals: [],
  options: HOME_OPTION,
  details: [
    'Exits with 1 if a tier that the policy allows, or a plugin that it names, cannot run, if what is to',
    'be run could not be written down, or if the clock is too far from the gateway’s. A machine',
    'that is not enrolled, or has no policy yet, is looked at as it would be with the process tier.',
  ],
  run,
};

/** Lets no plugin run. */
const NO_POLICY = 'plugin_folder = "/nonexistent"';

async function run(invocation: Invocation, terminal: Terminal): Promise<ExitCode> {
  const home = locateHome(process.env, invocation.value('home'));
  const isEnrolmentGood = showEnrolment(home, terminal);
  const isClockGood = await showClock(home, terminal);
  const isHomeGood = showHome(home, terminal);
  const policy = readPolicy(home.policyFile, terminal);
  const { tiers, problems } = await openTiers({ ...policy, folder: home.containerFolder });
  for (const [tier, sandbox] of Object.entries(tiers)) describe(terminal, tier, sandbox);
  for (const problem of problems) terminal.line(problem, 'bad');
  for (const sentence of describeParts(policy, home)) terminal.line(sentence);
  const arePluginsGood = showPlugins(policy, home, terminal);
  const isMachineGood = isClockGood && isHomeGood && problems.length === 0;
  const isGood = isEnrolmentGood && isMachineGood && arePluginsGood;
  return isGood ? EXIT.ok : EXIT.finding;
}

function showPlugins(policy: LocalPolicy, home: ExecutorHome, terminal: Terminal): boolean {
  const { plugins, problems } = readCatalogue(policy);
  const missing: PluginProblem[] = [];
  for (const plugin of plugins) {
    const { name, tier, codeHash } = plugin;
    const image = locateImage({ ...policy, folder: home.containerFolder }, plugin);
    const where = image.ok && image.value !== undefined ? `, image: ${image.value}` : '';
    if (image.ok) terminal.line(`plugin ${name} (${tier}) ${codeHash}${where}`, 'good');
    else missing.push({ name, message: image.error });
  }
  for (const { name, message } of [...problems, ...missing]) {
    terminal.line(`plugin ${name} cannot run: ${message}`, 'bad');
  }
  return problems.length + missing.length === 0;
}

/** Not to be enrolled is in order; an identity that cannot be used is not. */
function showEnrolment(home: ExecutorHome, terminal: Terminal): boolean {
  const identity = readIdentity(home);
  if (identity.ok) {
    terminal.line(`node ${identity.value.node} of workspace ${identity.value.workspace}`);
    terminal.line(`  gateway ${identity.value.gatewayUrl}`);
    return true;
  }
  const isMissing = identity.error.code === 'not_enrolled';
  if (isMissing) terminal.line('not enrolled: see "executor enrol"', 'quiet');
  else terminal.line(identity.error.message, 'bad');
  return isMissing;
}

/** A gateway that cannot be asked says nothing of this machine. */
async function showClock(home: ExecutorHome, terminal: Terminal): Promise<boolean> {
  const identity = readIdentity(home);
  if (!identity.ok) return true;
  const health = await readHealth(identity.value.gatewayUrl);
  if (typeof health === 'string') terminal.line(`  it cannot be asked now: ${health}`, 'quiet');
  const { clockAheadMs = 0 } = typeof health === 'string' ? {} : health;
  const isGood = Math.abs(clockAheadMs) <= MAX_CLOCK_SKEW_MS;
  if (!isGood) terminal.line(describeClock(-clockAheadMs), 'bad');
  return isGood;
}

/** What it writes down before it runs anything must be there, and have room. */
function showHome(home: ExecutorHome, terminal: Terminal): boolean {
  const problem = findHomeProblem(home);
  if (problem !== undefined) terminal.line(problem, 'bad');
  return problem === undefined;
}

function readPolicy(path: string, terminal: Terminal): LocalPolicy {
  const isThere = existsSync(path);
  const policy = isThere ? readLocalPolicy(path) : parseLocalPolicy(NO_POLICY);
  if (!policy.ok) throw CommandFailure.usage(policy.error);
  if (isThere) terminal.line(`  policy  ${path}`);
  else terminal.line(`no policy: nothing runs before there is "${path}"`, 'quiet');
  return policy.value;
}

function describe(terminal: Terminal, tier: string, { facts }: Sandbox): void {
  terminal.line(`tier ${tier}: ${facts.engine}, as ${facts.runsAs}`, 'good');
  for (const [limit, { holds, by }] of Object.entries(facts.limits)) {
    terminal.line(`  ${limit}: ${holds}, by ${by}`, holds === 'none' ? 'bad' : 'plain');
  }
  for (const warning of facts.warnings) terminal.line(`  ${warning}`, 'bad');
}
