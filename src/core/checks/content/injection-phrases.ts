/**
 * What a text says when it speaks to the model instead of its reader.
 *
 * These patterns catch what is lifted from collections of attacks, and nothing that is put in
 * other words. They are a tripwire for the record: what protects is that no result, whatever it
 * says, can widen what a turn may do.
 *
 * @module
 */

export interface InjectionPhrase {
  /** Kebab-case; what findings and records call it. */
  readonly name: string;
  /** Some of these stand in every text that matches. */
  readonly anyOf: readonly string[];
  /**
   * Matched against words: lower-case letters and digits with one space between them. A repeated
   * group always takes a whole word, so there is one way to match and no way back.
   */
  readonly pattern: RegExp;
}

const QUALIFIERS = [
  ...['all', 'any', 'the', 'your', 'my', 'of', 'these', 'those', 'every', 'and', 'or', 'other'],
  ...['previous', 'prior', 'above', 'earlier', 'preceding', 'foregoing', 'former', 'existing'],
  ...['original', 'initial', 'current', 'system', 'safety', 'security', 'developer', 'user', 's'],
].join('|');

const ORDERS = [
  ...['instruction', 'prompt', 'rule', 'guideline', 'direction', 'directive', 'command', 'order'],
  ...['message', 'context', 'conversation', 'restriction', 'constraint', 'safeguard', 'task'],
].join('|');

const MODELS =
  'ai|llm|assistant|chatbot|language model|large language model|ai assistant|ai agent|ai model|ai system|model reading this|agent reading this';

const SECRETS =
  'passwords?|credentials?|api keys?|secrets?|access tokens?|private keys?|ssh keys?|env file|environment variables?|session cookies?|conversation history|chat history';

export const INJECTION_PHRASES: readonly InjectionPhrase[] = [
  {
    name: 'override-instructions',
    anyOf: ['ignore', 'disregard', 'forget', 'override', 'bypass', 'neglect', 'discard'],
    pattern: new RegExp(
      `\\b(?:ignore|ignoring|disregard|disregarding|forget|override|bypass|neglect|discard) (?:(?:${QUALIFIERS}) ){1,6}(?:${ORDERS})s?\\b`,
      'g',
    ),
  },
  {
    name: 'override-instructions',
    anyOf: ['ignor', 'vergiss', 'olvida', 'oublie', 'desconsidere'],
    pattern:
      /\b(?:ignore[zr]?|oublie[zr]?|ignora|olvida|desconsidere|ignoriere|vergiss) (?:(?:toutes|tous|les|vos|todas|todos|las|los|tus|as|os|suas|tutte|le|alle|die|deine|bisherigen|vorherigen|vorigen|obigen) ){1,4}(?:instructions? precedente?s|consignes precedente?s|instrucciones (?:anteriores|previas)|instrucoes anteriores|istruzioni precedenti|anweisungen|instruktionen)\b/g,
  },
  {
    name: 'override-instructions',
    anyOf: ['do not', 'don t', 'never', 'stop'],
    pattern: new RegExp(
      `\\b(?:do not|don t|never|stop) (?:follow|following|obey|obeying) (?:(?:${QUALIFIERS}) ){1,6}(?:${ORDERS})s?\\b`,
      'g',
    ),
  },
  {
    name: 'new-instructions',
    anyOf: ['new', 'updated', 'real', 'actual', 'true', 'revised', 'only'],
    pattern:
      /\b(?:your|these are your|here are your|follow these) (?:new|updated|real|actual|true|revised|only) (?:system prompt|instructions?|tasks?|objective|goal|orders|mission|role) (?:is|are|now|below|as follows)\b/g,
  },
  {
    name: 'role-takeover',
    anyOf: ['you are now', 'act as', 'behave as', 'pretend', 'anything now', 'mode'],
    pattern:
      /\b(?:(?:you are now|act as|behave as|pretend to be|pretend you are) (?:in )?(?:an? )?(?:dan|developer mode|jailbroken|unrestricted|unfiltered|uncensored|root)|do anything now|(?:developer|god|jailbreak|dan|sudo) mode (?:enabled|activated|is on|on))\b/g,
  },
  {
    name: 'prompt-extraction',
    anyOf: ['prompt', 'instructions', 'message'],
    pattern:
      /\b(?:reveal|print|show|repeat|output|display|leak|disclose|exfiltrate|send|tell me|give me) (?:(?:me|us|the|your|all|of|full|entire|whole|exact|complete|hidden|secret|contents?) ){1,5}(?:system prompt|system message|system instructions|initial prompt|initial instructions|hidden instructions|developer message)\b/g,
  },
  {
    name: 'concealment',
    anyOf: ['user', 'human', 'operator'],
    pattern:
      /\b(?:do not|don t|never|without) (?:tell|telling|inform|informing|mention|mentioning|alert|alerting|notify|notifying|reveal|revealing|disclose|disclosing) (?:(?:this|that|it|any|anything|of|about|to|the|your) ){0,5}(?:user|human|operator)\b/g,
  },
  {
    name: 'address-to-model',
    anyOf: ['ai', 'llm', 'assistant', 'chatbot', 'model', 'agent'],
    pattern: new RegExp(
      `\\b(?:attention|important|message|messages|instruction|instructions|notice|note) (?:to|for) (?:(?:the|any|all|every|an?) ){0,2}(?:${MODELS})s?\\b`,
      'g',
    ),
  },
  {
    name: 'address-to-model',
    anyOf: ['if you are', 'as an', 'as a'],
    pattern: new RegExp(
      `\\b(?:if you are|as) an? (?:${MODELS}) (?:[a-z]{1,16} ){0,6}(?:you must|you should|you are required|you need to|please)\\b`,
      'g',
    ),
  },
  {
    name: 'task-hijack',
    anyOf: ['task', 'request', 'message', 'following'],
    pattern:
      /\b(?:before you (?:can )?(?:solve|complete|answer|continue|finish|do) (?:(?:the|this|that|your|my|original|user|s|current) ){1,4}(?:task|request|question)|(?:please |you must )?do the following first|(?:this is )?an important message from me|after you do that you can)\b/g,
  },
  {
    name: 'tool-order',
    anyOf: ['tool', 'function'],
    pattern:
      /\byou (?:must|should|need to|have to) (?:now |first |always |immediately ){0,3}(?:call|invoke|run|execute|use) (?:the )?(?:[a-z0-9]{1,32} ){1,6}(?:tool|function)\b/g,
  },
  {
    name: 'credential-request',
    anyOf: ['password', 'credential', 'key', 'secret', 'token', 'env', 'cookie', 'history'],
    pattern: new RegExp(
      `\\b(?:send|forward|email|post|upload|transmit|exfiltrate|leak|append|include) (?:(?:me|us|all|any|the|your|their|users?|s|of|its|contents?|full|current|saved|stored) ){0,6}(?:${SECRETS}) (?:[a-z0-9]{1,32} ){0,5}(?:to|at|via|in) (?:https?|www|this|the following|my|our|attacker|url)\\b`,
      'g',
    ),
  },
];

/** Signs that only stand in a conversation's raw form; matched against lower-case text. */
export const INJECTION_MARKERS: readonly InjectionPhrase[] = [
  {
    name: 'chat-template',
    anyOf: ['<|'],
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|end_header_id|eot_id|begin[^|<]{1,24}|end[^|<]{1,24})\|>/g,
  },
  {
    name: 'chat-template',
    anyOf: [
      '[inst]',
      '[/inst]',
      '<<sys>>',
      '<start_of_turn>',
      '</tool_result>',
      '<system-reminder>',
    ],
    pattern: /\[\/?inst\]|<<sys>>|<start_of_turn>|<\/tool_result>|<system-reminder>/g,
  },
  {
    name: 'chat-template',
    anyOf: ['\n\nhuman:', '\n\nassistant:', '### system:', '### instruction:'],
    pattern: /\n\n(?:human|assistant):|### (?:system|instruction):/g,
  },
  {
    name: 'override-instructions',
    anyOf: ['忽略', '無視'],
    pattern: /忽略(?:之前|以上|先前|所有)[^。\n]{0,8}(?:指令|指示|提示)|指示を無視/g,
  },
];
