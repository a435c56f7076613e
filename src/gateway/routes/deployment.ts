/**
 * `GET /v1/deployment`: what this deployment has of the platform, for `doctor` and `security audit`.
 *
 * @module
 */

import { readAudiences } from '../../core/policy/audience.ts';
import { deploymentAnswer } from '../../core/security-audit/deployment-answer.ts';
import { isStrongMasterKey, isStrongRootToken } from '../../core/security-audit/secret-strength.ts';
import { holds } from '../admit.ts';
import type { GatewayBindings } from '../bindings.ts';
import { json } from '../json-response.ts';
import { GATEWAY_VERSION } from '../openapi.ts';
import { defineRoute, type Route } from '../route.ts';

const readDeployment = defineRoute(
  {
    method: 'GET',
    path: '/v1/deployment',
    operation: 'readDeployment',
    summary: 'Version, and which features of the platform there are',
    tag: 'deployment',
    access: 'system:config:read',
    success: { status: 200, describes: deploymentAnswer },
  },
  async ({ env, caller }) => {
    const mayJudgeKeys = holds(caller, 'system:admin', Date.now());
    return json({
      version: GATEWAY_VERSION,
      features: featuresOf(env),
      ...(mayJudgeKeys && { keys: keysOf(env) }),
    });
  },
);

/** What is bound and set, each as yes or no: no value of a setting is told. */
function featuresOf(env: GatewayBindings) {
  return {
    uploads: env.LOADER !== undefined,
    auditArchive: env.AUDIT_ARCHIVE !== undefined,
    telemetry: isSet(env.SALLYPORT_OTLP_ENDPOINT),
    ownHosts: isSet(env.SALLYPORT_HOSTS),
    sourceAddresses: env.SALLYPORT_BEHIND_CLOUDFLARE === 'true',
    audiences: readAudiences(env.SALLYPORT_AUDIENCES ?? '') !== undefined,
  };
}

function keysOf(env: GatewayBindings) {
  return {
    strongMasterKey: isStrongMasterKey(env.SALLYPORT_MASTER_KEY),
    strongRootToken: isStrongRootToken(env.SALLYPORT_ROOT_TOKEN),
    formerMasterKey: isSet(env.SALLYPORT_PREVIOUS_MASTER_KEY),
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

export const deploymentRoutes: readonly Route[] = [readDeployment];
