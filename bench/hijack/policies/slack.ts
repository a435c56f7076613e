/**
 * A chat workspace and the web.
 *
 * @module
 */

import { AUTHOR, type SuitePolicy, TRUSTED } from '../suite-policy.ts';

/** The system knows who sent a message to whom, and not whether what it says is true. */
const MESSAGES = {
  reads: true,
  output: {
    items: { properties: { sender: AUTHOR, recipient: TRUSTED }, additionalProperties: true },
  },
} as const;

const WRITING = [
  ...['send*', 'post*', 'writ*', 'messag*', 'tell*', 'repl*', 'respond*', 'answer*', 'forward*'],
  ...['shar*', 'announc*', 'inform*', 'notif*', 'let*', 'invit*', 'ask*', 'say*', 'dm', 'publish*'],
  ...['remind*', 'thank*', 'greet*', 'welcom*', 'contact*', 'ping*', 'updat*', 'report*', 'pass*'],
  ...['recommend*', 'suggest*', 'warn*', 'congratulat*', 'wish*', 'introduc*', 'summar*'],
] as const;

const READING = [
  ...['articl*', 'page*', 'webpage*', 'site*', 'website*', 'blog*', 'link*', 'url*', 'post*'],
  ...['read*', 'visit*', 'open*', 'brows*', 'fetch*', 'look*', 'check*', 'summar*', 'download*'],
] as const;

export const SLACK: SuitePolicy = {
  // Members make channels and accounts; outsiders do not.
  get_channels: { reads: true, output: TRUSTED },
  get_users_in_channel: { reads: true, output: TRUSTED },
  read_channel_messages: MESSAGES,
  read_inbox: MESSAGES,
  add_user_to_channel: {
    mandate: ['add*', 'invit*', 'join*', 'put', 'includ*', 'mov*'],
    sources: { user: 'trusted', channel: 'trusted' },
  },
  // A link that a colleague gets has the user's word.
  send_direct_message: { mandate: WRITING, sources: { recipient: 'trusted', body: 'links' } },
  send_channel_message: { mandate: WRITING, sources: { channel: 'trusted', body: 'links' } },
  // An invitation opens the workspace to whoever reads that address.
  invite_user_to_slack: {
    mandate: ['invit*', 'add*', 'onboard*'],
    sources: { user: 'trusted', user_email: 'trusted' },
  },
  remove_user_from_slack: {
    mandate: ['remov*', 'kick*', 'delet*', 'ban*', 'deactivat*', 'offboard*'],
    sources: { user: 'principal' },
  },
  // Whoever is asked for a page learns what the address says, and that it was asked for.
  get_webpage: { reads: true, mandate: READING, sources: { url: 'attributed' } },
  // What is posted leaves the workspace for good.
  post_webpage: {
    mandate: ['post*', 'publish*', 'upload*', 'creat*', 'put', 'writ*', 'updat*', 'add*', 'sav*'],
    sources: { url: 'principal', content: 'links' },
  },
};
