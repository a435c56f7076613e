/**
 * A gateway whose model does what a test has planned: see `planned-model.ts`.
 *
 * @module
 */

import { type Api, callApi } from './api.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type ModelServer, startModelServer } from './planned-model.ts';

export interface PlannedGateway {
  readonly gateway: Gateway;
  readonly api: Api;
  /** Its models are `openai-compatible/<name of a plan>`. */
  readonly model: ModelServer;
  readonly dispose: () => Promise<void>;
}

/** Without the example plugins. */
export async function startPlannedGateway(): Promise<PlannedGateway> {
  const model = await startModelServer();
  const gateway = await startGateway({
    examples: false,
    secrets: { OPENAI_COMPATIBLE_BASE_URL: model.url, OPENAI_COMPATIBLE_API_KEY: 'sk-none' },
  });
  return {
    ...{ gateway, api: callApi(gateway), model },
    dispose: async () => {
      await gateway.dispose();
      model.close();
    },
  };
}
