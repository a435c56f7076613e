/**
 * One server of the Model Context Protocol in a sandbox, from its start to its end.
 *
 * It is asked for its tools first. A tool that is not as it was pinned is not called, and nothing
 * that the server asks of us is answered: it gets no model, no roots and no user.
 *
 * @module
 */

import {
  type CallToolResult,
  Client,
  type ClientOptions,
  type Tool,
} from '@modelcontextprotocol/client';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { type BoundedOutput, readBounded } from '../bounded-output.ts';
import type { Job } from '../job.ts';
import { MAX_LOG_BYTES } from '../run-once.ts';
import type { RunningProgram } from '../start-program.ts';
import { SandboxTransport } from './sandbox-transport.ts';
import { isPinned, pinOf } from './tool-pins.ts';

/** Most pages of its list of tools that are asked for. */
const MAX_PAGES = 16;

/**
 * Holds results to no schema of the server's: to compile one, and to match what it answers with its
 * patterns, can take for ever, on the one thread that ends whatever takes too long. The gateway
 * inspects results whatever they promise.
 */
const NO_VALIDATION: NonNullable<ClientOptions['jsonSchemaValidator']> = {
  getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
};

export type McpAnswer =
  | { readonly kind: 'ok'; readonly output: string }
  /** The tool says that it failed, or is not the one that was pinned, or there is none. */
  | { readonly kind: 'refused'; readonly why?: string };

/** Sentences for the log of the machine, which its owner reads. */
const NO_TOOL = 'The server has no tool of the name that "entry" says';
const UNPINNED =
  'The server defines this tool otherwise than "definitions" pins it: see "executor inspect --tools"';
const SAID_ERROR = 'The server answered that the tool failed (isError)';

/** As the server has listed it. */
interface PinnedTool {
  readonly tool: Tool;
  readonly pin: string;
}

export class McpServer {
  readonly program: RunningProgram;
  readonly log: Promise<BoundedOutput>;
  readonly #client = new Client(
    { name: 'sallyport', version: '1' },
    { jsonSchemaValidator: NO_VALIDATION },
  );
  #tools: ReadonlyMap<string, PinnedTool> = new Map();

  constructor(program: RunningProgram) {
    this.program = program;
    this.log = readBounded(program.stderr, MAX_LOG_BYTES);
    // Lines that are no messages are passed over.
    this.#client.onerror = () => undefined;
  }

  /** Rejects if the server does not speak the protocol, or ends. */
  async open(signal: AbortSignal): Promise<readonly Tool[]> {
    await this.#client.connect(new SandboxTransport(this.program), { signal });
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const listed = await this.#client.listTools(cursor === undefined ? {} : { cursor }, {
        signal,
      });
      tools.push(...listed.tools);
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    this.#tools = new Map(tools.map((tool) => [tool.name, { tool, pin: pinOf(tool) }]));
    return tools;
  }

  /** Rejects if the server breaks, or the signal says so. */
  async call(job: Job): Promise<McpAnswer> {
    const { entry } = job.ticket.call.executor;
    const found = this.#tools.get(entry);
    const { definitions = {} } = job.plugin.runs;
    if (found === undefined) return { kind: 'refused', why: NO_TOOL };
    if (!isPinned({ name: entry, pin: found.pin }, definitions)) {
      return { kind: 'refused', why: UNPINNED };
    }
    const result = await this.#client.callTool(
      { name: entry, arguments: { ...job.arguments } },
      {
        signal: job.signal,
        timeout: job.limits.timeoutMs,
        onprogress: ({ message, progress }) => job.onProgress(message ?? String(progress)),
      },
    );
    if (!('content' in result) || result.isError === true) {
      return { kind: 'refused', why: SAID_ERROR };
    }
    // Half a character is no text, and a frame that holds one cannot be read.
    return { kind: 'ok', output: toOutput(result, found.tool).toWellFormed() };
  }
}

/** What a model can read: structured content where it was promised, else the texts. */
function toOutput({ structuredContent, content }: CallToolResult, tool: Tool): string {
  if (tool.outputSchema !== undefined && structuredContent !== undefined) {
    return canonicalJson(structuredContent as JsonObject);
  }
  return content
    .map((block) => {
      if (block.type === 'text') return block.text;
      const mimeType = 'mimeType' in block ? ` ${block.mimeType}` : '';
      return `[${block.type}${mimeType}]`;
    })
    .join('\n');
}
