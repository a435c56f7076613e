/**
 * Conditions on rows, all of which must hold:
 *
 *   price > 10    city = "New York"    "unit price" <= 2.5 and name contains ann
 *
 * What is compared with a number must be one. Else texts are compared as texts. `contains` does not
 * mind the case. An empty field is equal to "" and neither more nor less than anything.
 */

import { unitAt } from "../../sdk/assembly/code-units";
import { compareCells, toNumber } from "./cell";
import { Problem } from "./problem";
import { Table } from "./table";

const MAX_CONDITIONS: i32 = 32;

class Condition {
  constructor(
    public column: i32,
    public operator: string,
    public value: string,
  ) {}

  holds(field: string): bool {
    if (this.operator == "contains") return field.toLowerCase().includes(this.value.toLowerCase());
    const order = compareCells(field, this.value);
    if (this.operator == "=") return order == 0;
    if (this.operator == "!=") return order != 0;
    if (field == "" || isNaN(toNumber(field)) != isNaN(toNumber(this.value))) return false;
    if (this.operator == "<") return order < 0;
    if (this.operator == "<=") return order <= 0;
    return this.operator == ">" ? order > 0 : order >= 0;
  }
}

/** Keeps the rows for which the conditions hold. */
export function filterRows(table: Table, where: string, problem: Problem): void {
  const conditions = new Parser(where, table, problem).parse();
  if (problem.isSet || conditions.length == 0) return;
  const rows: string[][] = [];
  for (let index = 0; index < table.rows.length; index++) {
    if (holdForAll(conditions, table.rows[index])) rows.push(table.rows[index]);
  }
  table.rows = rows;
}

function holdForAll(conditions: Condition[], row: string[]): bool {
  for (let index = 0; index < conditions.length; index++) {
    if (!conditions[index].holds(row[conditions[index].column])) return false;
  }
  return true;
}

class Parser {
  private at: i32 = 0;
  /** Whether the last word stood in quotation marks. */
  private isQuoted: bool = false;

  constructor(
    private text: string,
    private table: Table,
    private problem: Problem,
  ) {}

  parse(): Condition[] {
    const conditions: Condition[] = [];
    this.skipSpace();
    while (this.at < this.text.length && !this.problem.isSet) {
      conditions.push(this.readCondition());
      this.skipSpace();
      if (this.at == this.text.length) break;
      if (this.readWord().toLowerCase() != "and" || this.isQuoted) this.fail('join conditions by "and"');
      this.skipSpace();
      if (this.at == this.text.length) this.fail('have a condition behind every "and"');
      if (conditions.length == MAX_CONDITIONS) this.fail("have at most 32 conditions");
    }
    return conditions;
  }

  private readCondition(): Condition {
    const column = this.table.find(this.readWord(), "where", this.problem);
    this.skipSpace();
    const operator = this.readOperator();
    this.skipSpace();
    const value = this.readWord();
    if (value == "" && !this.isQuoted) this.fail("have a value behind every operator");
    return new Condition(column, operator, value);
  }

  private readOperator(): string {
    const from = this.at;
    this.isQuoted = false;
    while (isComparison(this.peek())) this.at++;
    const sign = this.at > from ? this.text.substring(from, this.at) : this.readWord().toLowerCase();
    if (sign == "==" || sign == "is") return "=";
    if (sign == "<>") return "!=";
    const isKnown =
      sign == "=" || sign == "!=" || sign == "<" || sign == "<=" || sign == ">" || sign == ">=" || sign == "contains";
    if (!isKnown || this.isQuoted) this.fail("compare by one of = != < <= > >= contains");
    return sign;
  }

  /** Up to a space or an operator, or all that stands in quotation marks. */
  private readWord(): string {
    const quote = this.peek();
    this.isQuoted = quote == 0x22 || quote == 0x27;
    if (this.isQuoted) return this.readQuoted(quote);
    const from = this.at;
    while (this.at < this.text.length && this.peek() > 0x20 && !isComparison(this.peek())) this.at++;
    return this.text.substring(from, this.at);
  }

  private readQuoted(quote: i32): string {
    let word = "";
    this.at++;
    while (this.at < this.text.length && this.peek() != quote) {
      if (this.peek() == 0x5c) this.at++;
      word += this.text.charAt(this.at++);
    }
    if (this.peek() != quote) this.fail("close every quotation mark");
    this.at++;
    return word;
  }

  private skipSpace(): void {
    while (this.at < this.text.length && this.peek() <= 0x20) this.at++;
  }

  /** -1 at the end. */
  private peek(): i32 {
    return this.at < this.text.length ? unitAt(this.text, this.at) : -1;
  }

  private fail(must: string): void {
    this.problem.set("where", must);
  }
}

function isComparison(unit: i32): bool {
  return unit == 0x3c || unit == 0x3d || unit == 0x3e || unit == 0x21;
}
