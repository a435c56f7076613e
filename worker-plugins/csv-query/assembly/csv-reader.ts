/**
 * Reads CSV as RFC 4180 has it: fields in quotation marks may hold anything, and a mark within them
 * is doubled. Beyond it, lines may end with a line feed alone, blank lines are skipped, and a row
 * may end early.
 */

import { unitAt } from "../../sdk/assembly/code-units";
import { Problem } from "./problem";
import { Table } from "./table";

const QUOTE: i32 = 0x22;
const MAX_COLUMNS: i32 = 1_024;

export class CsvReader {
  private at: i32 = 0;
  private line: i32 = 1;
  private delimiter: i32;

  constructor(
    private text: string,
    delimiter: string,
    private problem: Problem,
  ) {
    if (text.startsWith("\ufeff")) this.at = 1;
    this.delimiter = delimiter == "" ? guessDelimiter(text) : unitAt(delimiter, 0);
  }

  read(): Table {
    const table = new Table(this.readRow());
    if (isBlank(table.columns)) this.problem.set("table", "begin with a row of names", this.line);
    if (table.columns.length > MAX_COLUMNS) this.problem.set("table", "have at most 1024 columns", 1);
    while (this.at < this.text.length && !this.problem.isSet) {
      const line = this.line;
      const row = this.readRow();
      if (!isBlank(row)) this.add(table, row, line);
    }
    return table;
  }

  private add(table: Table, row: string[], line: i32): void {
    if (row.length > table.columns.length) {
      return this.problem.set("table", "have no more fields in a row than in the first", line);
    }
    while (row.length < table.columns.length) row.push("");
    table.rows.push(row);
  }

  private readRow(): string[] {
    const row: string[] = [];
    while (!this.problem.isSet) {
      row.push(this.peek() == QUOTE ? this.readQuoted() : this.readPlain());
      if (this.peek() != this.delimiter) break;
      this.at++;
    }
    this.endRow();
    return row;
  }

  private readPlain(): string {
    const from = this.at;
    while (this.at < this.text.length && !this.isEnd(this.peek())) this.at++;
    return this.text.substring(from, this.at);
  }

  private readQuoted(): string {
    const line = this.line;
    const parts: string[] = [];
    do {
      const from = this.at + 1;
      const end = this.text.indexOf('"', from);
      if (end < 0) {
        this.problem.set("table", "close every quotation mark", line);
        return "";
      }
      parts.push(this.text.substring(from, end));
      this.at = end + 1;
    } while (this.peek() == QUOTE);
    // Between two parts stood a doubled mark.
    const field = parts.join('"');
    this.countLines(field);
    if (this.at < this.text.length && !this.isEnd(this.peek())) {
      this.problem.set("table", "have nothing between a closing quotation mark and the next field", this.line);
    }
    return field;
  }

  private countLines(field: string): void {
    for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) this.line++;
  }

  private endRow(): void {
    if (this.peek() == 0x0d) this.at++;
    if (this.peek() == 0x0a) this.at++;
    this.line++;
  }

  private isEnd(unit: i32): bool {
    return unit == this.delimiter || unit == 0x0a || unit == 0x0d;
  }

  /** -1 at the end. */
  private peek(): i32 {
    return this.at < this.text.length ? unitAt(this.text, this.at) : -1;
  }
}

/** What occurs most often in the first line, outside of quotation marks; of equals the first. */
function guessDelimiter(text: string): i32 {
  const candidates: i32[] = [0x2c, 0x3b, 0x09, 0x7c];
  const counts: i32[] = [0, 0, 0, 0];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const unit = unitAt(text, at);
    if (unit == QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && (unit == 0x0a || unit == 0x0d)) break;
    else if (!isQuoted && candidates.includes(unit)) counts[candidates.indexOf(unit)]++;
  }
  let best = 0;
  for (let index = 1; index < 4; index++) if (counts[index] > counts[best]) best = index;
  return candidates[best];
}

function isBlank(row: string[]): bool {
  return row.length == 1 && row[0] == "";
}
