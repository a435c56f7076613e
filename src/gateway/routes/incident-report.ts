/**
 * `GET /v1/audit/touched`: everything that a principal has touched since an instant, from the record.
 *
 * @module
 */

import * as z from 'zod';
import { TouchedReport } from '../../core/audit/touched.ts';
import { findBlocksOf } from '../find-blocks-of.ts';
import { json } from '../json-response.ts';
import { principalNameSchema } from '../principal-name.ts';
import { readRecord } from '../read-record.ts';
import { defineRoute, type Route } from '../route.ts';

const touched = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/touched',
    operation: 'touchedSince',
    summary: 'What a principal did and touched since an instant; more where there is a `next`',
    tag: 'incidents',
    access: 'system:audit:read',
    query: z.strictObject({
      /** As `actor` of the record. */
      principal: principalNameSchema,
      from: z.coerce.number().int().min(0).default(0),
      after: z.coerce.number().int().min(0).default(0),
    }),
    success: {
      status: 200,
      describes: z.object({
        principal: z.string(),
        events: z.number(),
        /** Of the first and the last of them, in epoch milliseconds. */
        firstAt: z.number().optional(),
        lastAt: z.number().optional(),
        actions: z.record(z.string(), z.object({ done: z.number(), denied: z.number() })),
        touched: z.record(z.string(), z.record(z.string(), z.number())),
        /** Names of all blocks that act for it: ask about each of them too. With the first part only. */
        blocks: z.array(z.string()).optional(),
        isCut: z.boolean(),
        next: z.number().optional(),
      }),
    },
  },
  async ({ env, caller, query: { principal, from, after } }) => {
    const { workspace } = caller.principal;
    const report = new TouchedReport();
    const part = { workspace, actor: principal, from, after };
    const next = await readRecord(env, part, (event) => report.add(event));
    const found = report.read();
    const of = after === 0 ? await findBlocksOf(env, workspace, principal) : undefined;
    return json({
      principal,
      ...found,
      ...(of && { blocks: of.blocks }),
      isCut: found.isCut || of?.isCut === true,
      ...(next !== undefined && { next }),
    });
  },
);

export const incidentReportRoutes: readonly Route[] = [touched];
