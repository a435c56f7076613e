/**
 * A security audit: everything that is judged about a deployment, in one list.
 *
 * @module
 */

import type { DeploymentFacts } from './deployment-facts.ts';
import { type Finding, sortFindings } from './finding.ts';
import { judgeCredentials } from './judge-credentials.ts';
import { judgeDeployment } from './judge-deployment.ts';
import { judgeGrants } from './judge-grants.ts';
import { judgePlugins } from './judge-plugins.ts';
import { judgePolicy } from './judge-policy.ts';
import { judgeSignIn } from './judge-sign-in.ts';
import { judgeSurface } from './judge-surface.ts';

export function auditDeployment(facts: DeploymentFacts): readonly Finding[] {
  return sortFindings([
    ...judgeDeployment(facts),
    ...judgeSurface(facts),
    ...judgePolicy(facts),
    ...judgeSignIn(facts),
    ...judgeGrants(facts),
    ...judgePlugins(facts),
    ...judgeCredentials(facts),
  ]);
}
