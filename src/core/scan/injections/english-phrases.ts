/**
 * What a text in English says when it speaks to the model instead of its reader.
 *
 * Written from the attacks that are published; it catches those, and nothing that is put in other
 * words. A tripwire for the record: what protects is that no text, whatever it says, can widen what a
 * turn may do.
 *
 * `high` is said to models only: it may stop a message. What a person may also say to a person is
 * `medium`.
 *
 * @module
 */

import type { PhraseRow } from './phrase.ts';

export const WORD_GROUPS: Readonly<Record<string, string>> = {
  qualifiers:
    'all any the your my of these those every and or other previous prior above earlier preceding foregoing former existing original initial current system safety security developer user s',
  orders:
    'instruction instructions prompt prompts rule rules guideline guidelines direction directions directive directives command commands order orders message messages context conversation restriction restrictions constraint constraints safeguard safeguards task tasks',
  models: 'ai llm assistant assistants chatbot chatbots agent agents model models llms',
  articles: 'the any all every a an',
  secrets:
    'password passwords credential credentials secret secrets token tokens key keys env cookie cookies history',
};

export const ENGLISH_PHRASES: readonly PhraseRow[] = [
  [
    'override-instructions',
    'high',
    'ignore|ignoring|disregard|disregarding|forget|override|bypass|neglect|discard @qualifiers{1,6} @orders',
  ],
  ['override-instructions', 'high', 'do not follow|obey @qualifiers{1,6} @orders'],
  ['override-instructions', 'high', 'don t follow|obey @qualifiers{1,6} @orders'],
  [
    'override-instructions',
    'medium',
    'never|stop follow|following|obey|obeying @qualifiers{1,6} @orders',
  ],
  [
    'new-instructions',
    'medium',
    'your|these|here|follow are|these{0,1} your{0,1} new|updated|real|actual|true|revised|only system{0,1} prompt|instruction|instructions|task|tasks|objective|goal|orders|mission|role is|are|now|below|as follows{0,1}',
  ],
  [
    'role-takeover',
    'high',
    'you are now in{0,1} a|an{0,1} dan|developer|jailbroken|unrestricted|unfiltered|uncensored|root mode{0,1}',
  ],
  [
    'role-takeover',
    'high',
    'act|behave as a|an{0,1} dan|jailbroken|unrestricted|unfiltered|uncensored|root',
  ],
  [
    'role-takeover',
    'high',
    'pretend to|you be|are a|an{0,1} dan|jailbroken|unrestricted|unfiltered|uncensored|root',
  ],
  ['role-takeover', 'high', 'do anything now'],
  ['role-takeover', 'high', 'developer|god|jailbreak|dan|sudo mode is{0,1} enabled|activated|on'],
  [
    'prompt-extraction',
    'medium',
    'reveal|print|show|repeat|output|display|leak|disclose|exfiltrate|send|tell|give me|us|the|your|all|of|full|entire|whole|exact|complete|hidden|secret|content|contents{1,6} system|initial|hidden|developer prompt|message|instructions',
  ],
  [
    'concealment',
    'medium',
    'do not tell|telling|inform|informing|mention|mentioning|alert|alerting|notify|notifying|reveal|revealing|disclose|disclosing this|that|it|any|anything|of|about|to|the|your{0,5} user|human|operator',
  ],
  [
    'concealment',
    'medium',
    'don t tell|telling|inform|informing|mention|mentioning|alert|alerting|notify|notifying|reveal|revealing|disclose|disclosing this|that|it|any|anything|of|about|to|the|your{0,5} user|human|operator',
  ],
  [
    'concealment',
    'medium',
    'never|without tell|telling|inform|informing|mention|mentioning|alert|alerting|notify|notifying|reveal|revealing|disclose|disclosing this|that|it|any|anything|of|about|to|the|your{0,5} user|human|operator',
  ],
  [
    'address-to-model',
    'medium',
    'attention|important|message|messages|instruction|instructions|notice|note to|for @articles{0,2} large{0,1} language{0,1} ai{0,1} @models',
  ],
  [
    'address-to-model',
    'medium',
    'if you are a|an large{0,1} language{0,1} ai{0,1} @models *{0,8} you|please must|should|are|need|have{0,1}',
  ],
  [
    'address-to-model',
    'medium',
    'as a|an large{0,1} language{0,1} ai|llm|chatbot|assistant @models{0,1} *{0,6} you must|should|need|have',
  ],
  [
    'task-hijack',
    'high',
    'before you can{0,1} solve|complete|answer|continue|finish|do the|this|that|your|my|original|user|s|current{1,4} task|request|question',
  ],
  ['task-hijack', 'high', 'do the following first'],
  ['task-hijack', 'high', 'this is an important message from me'],
  ['task-hijack', 'high', 'after you do that you can'],
  [
    'tool-order',
    'medium',
    'you must|should|need|have to{0,1} now|first|always|immediately{0,3} call|invoke|run|execute|use the{0,1} *{1,6} tool|function',
  ],
  [
    'credential-request',
    'medium',
    'send|forward|email|post|upload|transmit|exfiltrate|leak|append|include me|us|all|any|the|your|their|user|users|s|of|its|content|contents|full|current|saved|stored|api|access|private|ssh|session{0,8} @secrets *{0,5} to|at|via|in http|https|www|this|the|my|our|attacker|url',
  ],
];

/** Signs that only stand in a conversation's raw form. */
export const TEMPLATE_MARKERS: readonly string[] = [
  ...['<|im_start|>', '<|im_end|>', '<|system|>', '<|user|>', '<|assistant|>', '<|endoftext|>'],
  ...[
    '<|start_header_id|>',
    '<|end_header_id|>',
    '<|eot_id|>',
    '<|begin_of_text|>',
    '<|end_of_text|>',
  ],
  ...[
    '[inst]',
    '[/inst]',
    '<<sys>>',
    '<</sys>>',
    '<start_of_turn>',
    '<end_of_turn>',
    '</tool_result>',
  ],
  ...['<system-reminder>', '<|channel|>', '<|message|>', '\n\nhuman:', '\n\nassistant:'],
  ...['### system:', '### instruction:', '<|tool_call|>', '[system]:', '<tool_response>'],
];
