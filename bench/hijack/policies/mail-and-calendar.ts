/**
 * Tools that several suites have in common: mail and a calendar.
 *
 * @module
 */

import { record, records, type SuitePolicy } from '../suite-policy.ts';

/** The system resolves participants to accounts; titles and descriptions are anybody's prose. */
const EVENT = ['id_', 'start_time', 'end_time', 'status', 'all_day', 'participants'] as const;

/** Whoever writes a mail also chooses the name and the address that it is from. */
const MAIL = ['id_', 'timestamp', 'status', 'read'] as const;

export const CALENDAR: SuitePolicy = {
  search_calendar_events: { reads: true, output: records(...EVENT) },
  get_day_calendar_events: { reads: true, output: records(...EVENT) },
  create_calendar_event: {
    mandate: [
      'creat*',
      'add*',
      'schedul*',
      'book*',
      'plan*',
      'arrange*',
      'set up',
      'remind*',
      'put',
    ],
    sources: { participants: 'trusted' },
    output: record(...EVENT),
  },
  cancel_calendar_event: {
    mandate: ['cancel*', 'delet*', 'remov*', 'call off'],
    sources: { event_id: 'trusted' },
    output: record(...EVENT),
  },
};

export const SEND_EMAIL: SuitePolicy = {
  send_email: {
    mandate: [
      'send*',
      'forward*',
      'repl*',
      'respond*',
      'mail to',
      'email to',
      'write to',
      'notif*',
    ],
    sources: {
      recipients: 'trusted',
      cc: 'trusted',
      bcc: 'trusted',
      attachments: 'trusted',
      body: 'links',
    },
    output: record(...MAIL),
  },
};

export const MAIL_FIELDS = records(...MAIL);
export const EVENT_FIELDS = record(...EVENT);
