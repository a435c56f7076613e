/**
 * What `models/` reads of the Worker's environment: secrets, variables and optional bindings.
 *
 * @module
 */

/** The Workers AI binding, as far as it is used here. */
export interface AiBinding {
  run(
    model: string,
    inputs: Record<string, unknown>,
    options?: Record<string, unknown>,
  ): Promise<unknown>;
}

/** A service that may reach private and loopback addresses. */
export interface PrivateNetwork {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

export interface ModelBindings {
  readonly ANTHROPIC_API_KEY?: string;
  readonly OPENAI_API_KEY?: string;
  readonly GOOGLE_API_KEY?: string;
  /** Any endpoint in OpenAI's chat shape, such as `http://127.0.0.1:11434/v1`. */
  readonly OPENAI_COMPATIBLE_BASE_URL?: string;
  readonly OPENAI_COMPATIBLE_API_KEY?: string;
  /** What its models are called here: `<name>/<model>`; `compatible` unless set. */
  readonly OPENAI_COMPATIBLE_NAME?: string;
  /** Names to list in the catalogue, separated by commas; any other name may be asked for too. */
  readonly OPENAI_COMPATIBLE_MODELS?: string;
  /** JSON, `{"provider/model": [input, output]}` in USD per million tokens; wins over the table. */
  readonly MODEL_PRICES?: string;
  /** JSON, `{"provider/model": {"tools", "streaming", "contextTokens", …}}`: see `model-facts.ts`. */
  readonly MODEL_CAPABILITIES?: string;
  readonly AI?: AiBinding;
  /** `https://gateway.ai.cloudflare.com/v1/<account>/<gateway>`, if vendors are asked through it. */
  readonly AI_GATEWAY_URL?: string;
  /** Of a gateway that wants to know who asks. */
  readonly AI_GATEWAY_TOKEN?: string;
  readonly PRIVATE_NETWORK?: PrivateNetwork;
}
