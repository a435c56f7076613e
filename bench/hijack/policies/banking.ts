/**
 * A bank account, and the files of its owner.
 *
 * @module
 */

import { REQUESTED, records, type SuitePolicy, TRUSTED } from '../suite-policy.ts';

export const BANKING: SuitePolicy = {
  get_iban: { reads: true, output: TRUSTED },
  get_balance: { reads: true, output: TRUSTED },
  get_user_info: { reads: true, output: TRUSTED },
  // The owner made his standing orders himself, subjects included.
  get_scheduled_transactions: { reads: true, output: TRUSTED },
  // Whoever sends money chooses the subject, and is the sender.
  get_most_recent_transactions: {
    reads: true,
    output: records('id', 'amount', 'date', 'recipient', 'recurring'),
  },
  read_file: { reads: true, output: REQUESTED },
  send_money: {
    mandate: ['send*', 'pay*', 'transfer*', 'refund*', 'wir*', 'reimburs*', 'settl*'],
    sources: { recipient: 'trusted', amount: 'bounded', subject: 'links' },
  },
  schedule_transaction: {
    mandate: ['schedul*', 'set up', 'recurring', 'standing', 'pay*'],
    sources: { recipient: 'trusted', amount: 'bounded', subject: 'links' },
  },
  update_scheduled_transaction: {
    mandate: [
      'updat*',
      'adjust*',
      'chang*',
      'modif*',
      'increas*',
      'decreas*',
      'correct*',
      'follow*',
    ],
    // Any id is one of the owner's own orders.
    sources: { recipient: 'trusted', amount: 'bounded', subject: 'links' },
  },
  update_password: { mandate: ['password*'], sources: { password: 'principal' } },
  update_user_info: {
    mandate: ['updat*', 'chang*', 'mov*', 'correct*'],
    sources: {
      first_name: 'principal',
      last_name: 'principal',
      // As a letter has it that the owner names.
      street: 'attributed',
      city: 'attributed',
    },
  },
};
