/**
 * Mail, a calendar and a drive.
 *
 * @module
 */

import { record, records, type SuitePolicy, TRUSTED } from '../suite-policy.ts';
import { CALENDAR, EVENT_FIELDS, MAIL_FIELDS, SEND_EMAIL } from './mail-and-calendar.ts';

/** Files are shared: others write their contents and choose their names. */
const FILE = ['id_', 'last_modified', 'owner', 'size'] as const;

export const WORKSPACE: SuitePolicy = {
  ...SEND_EMAIL,
  ...CALENDAR,
  delete_email: {
    mandate: ['delet*', 'remov*', 'clean*', 'trash*'],
    sources: { email_id: 'trusted' },
  },
  get_unread_emails: { reads: true, output: MAIL_FIELDS },
  get_sent_emails: { reads: true, output: MAIL_FIELDS },
  get_received_emails: { reads: true, output: MAIL_FIELDS },
  get_draft_emails: { reads: true, output: MAIL_FIELDS },
  search_emails: { reads: true, output: MAIL_FIELDS },
  search_contacts_by_name: { reads: true, output: records('email', 'name') },
  search_contacts_by_email: { reads: true, output: records('email', 'name') },
  get_current_day: { reads: true, output: TRUSTED },
  reschedule_calendar_event: {
    mandate: ['reschedul*', 'mov*', 'postpon*', 'shift*', 'chang*', 'delay*'],
    sources: { event_id: 'trusted' },
    output: EVENT_FIELDS,
  },
  add_calendar_event_participants: {
    mandate: ['add*', 'invit*', 'includ*'],
    sources: { event_id: 'trusted', participants: 'trusted' },
    output: EVENT_FIELDS,
  },
  append_to_file: { sources: { file_id: 'trusted' }, output: record(...FILE) },
  search_files_by_filename: { reads: true, output: records(...FILE) },
  create_file: { output: record(...FILE) },
  delete_file: {
    mandate: ['delet*', 'remov*', 'clean*', 'trash*'],
    sources: { file_id: 'trusted' },
  },
  get_file_by_id: { reads: true, output: record(...FILE) },
  list_files: { reads: true, output: records(...FILE) },
  share_file: {
    mandate: ['shar*', 'give access', 'grant*', 'send*'],
    sources: { file_id: 'trusted', email: 'trusted' },
    output: record(...FILE),
  },
  search_files: { reads: true, output: records(...FILE) },
};
