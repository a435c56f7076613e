/** Tables as GitHub has them: a line of names, a line of dashes, and lines of cells. */

import { trimmed, unitAt } from "../../sdk/assembly/code-units";
import { inlineHtml } from "./inline";

const MAX_COLUMNS: i32 = 128;

/** The `align` of each column, or nothing where the two lines begin no table. */
export function readAlignments(head: string, dashes: string): string[] | null {
  if (!head.includes("|") && !dashes.includes("|")) return null;
  const cells = splitCells(dashes);
  const count = cells.length;
  if (count > MAX_COLUMNS || splitCells(head).length != count) return null;
  const alignments: string[] = [];
  for (let column = 0; column < count; column++) {
    if (!isDashes(cells[column])) return null;
    alignments.push(alignmentOf(cells[column]));
  }
  return alignments;
}

/** One row, with exactly as many cells as the table has columns. */
export function rowHtml(line: string, alignments: string[], tag: string): string {
  const cells = splitCells(line);
  let html = "<tr>";
  for (let column = 0; column < alignments.length; column++) {
    const text = column < cells.length ? inlineHtml(cells[column]) : "";
    html += "<" + tag + alignments[column] + ">" + text + "</" + tag + ">";
  }
  return html + "</tr>\n";
}

/** At every bar without a backslash before it; those at both ends are ornament. */
function splitCells(line: string): string[] {
  const text = trimmed(line);
  const cells: string[] = [];
  let from = text.startsWith("|") ? 1 : 0;
  for (let at = from; at < text.length; at++) {
    const unit = unitAt(text, at);
    if (unit == 0x5c) at++;
    else if (unit == 0x7c) {
      cells.push(cell(text, from, at));
      from = at + 1;
    }
  }
  if (from < text.length) cells.push(cell(text, from, text.length));
  return cells;
}

function cell(text: string, from: i32, to: i32): string {
  return trimmed(text.substring(from, to)).replaceAll("\\|", "|");
}

/** Dashes with a colon at either end. */
function isDashes(cell: string): bool {
  const from = cell.startsWith(":") ? 1 : 0;
  const to = cell.length > 1 && cell.endsWith(":") ? cell.length - 1 : cell.length;
  for (let at = from; at < to; at++) {
    if (unitAt(cell, at) != 0x2d) return false;
  }
  return to > from;
}

function alignmentOf(cell: string): string {
  const isLeft = cell.startsWith(":");
  if (cell.endsWith(":")) return isLeft ? ' align="center"' : ' align="right"';
  return isLeft ? ' align="left"' : "";
}
