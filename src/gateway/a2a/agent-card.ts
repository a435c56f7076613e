/**
 * The card by which other agents find this one (A2A 1.0). It is public, and says nothing of any
 * workspace.
 *
 * @module
 */

export const A2A_PATH = '/a2a';
export const A2A_VERSION = '1.0';

export function toAgentCard(origin: string): object {
  return {
    name: 'Sallyport',
    description: 'An agent behind a gateway: each of its tool calls passes seven checks.',
    version: '0.1.0',
    supportedInterfaces: [
      { url: origin + A2A_PATH, protocolBinding: 'JSONRPC', protocolVersion: A2A_VERSION },
    ],
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    securitySchemes: {
      token: {
        httpAuthSecurityScheme: { scheme: 'Bearer', description: 'A token of a workspace' },
      },
    },
    securityRequirements: [{ schemes: { token: { list: [] } } }],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'turn',
        name: 'Answer',
        description: 'Answers a message with the tools that the caller may use.',
        tags: ['chat', 'tools'],
        inputModes: ['text/plain'],
        outputModes: ['text/plain'],
      },
    ],
  };
}
