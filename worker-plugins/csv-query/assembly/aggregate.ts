/** Totals of a column, of all rows or of each group of them. */

import { compareCells, toField, toNumber } from "./cell";
import { Problem } from "./problem";
import { Table } from "./table";

/** What is known of one group so far. */
class Total {
  rows: i32 = 0;
  numbers: i32 = 0;
  sum: f64 = 0;
  least: string = "";
  most: string = "";
  hasValue: bool = false;

  add(field: string): void {
    this.rows++;
    if (field == "") return;
    const number = toNumber(field);
    if (!isNaN(number)) {
      this.numbers++;
      this.sum += number;
    }
    if (!this.hasValue || compareCells(field, this.least) < 0) this.least = field;
    if (!this.hasValue || compareCells(field, this.most) > 0) this.most = field;
    this.hasValue = true;
  }

  /** Empty where there is nothing to say. */
  valueOf(kind: string): string {
    if (kind == "count") return this.rows.toString();
    if (kind == "min") return this.least;
    if (kind == "max") return this.most;
    if (this.numbers == 0) return kind == "sum" ? "0" : "";
    return toField(kind == "sum" ? this.sum : this.sum / this.numbers);
  }
}

/** Groups stand in the order in which they first occur. */
export function aggregate(table: Table, name: string, column: string, groupBy: string, problem: Problem): Table {
  const kind = shortOf(name);
  const isGrouped = groupBy != "";
  const place = kind == "count" && column == "" ? -1 : table.find(column, "column", problem);
  const group = isGrouped ? table.find(groupBy, "group_by", problem) : -1;
  if (problem.isSet) return table;

  const title = kind + "(" + (place < 0 ? "*" : table.columns[place]) + ")";
  const result = new Table(isGrouped ? [table.columns[group], title] : [title]);
  const totals = new Map<string, Total>();
  if (!isGrouped) totals.set("", new Total());
  for (let index = 0; index < table.rows.length; index++) {
    const row = table.rows[index];
    const key = isGrouped ? row[group] : "";
    if (!totals.has(key)) totals.set(key, new Total());
    const field = place < 0 ? "" : row[place];
    totals.get(key).add(field);
    if (isIgnored(kind, field)) result.ignored++;
  }
  const keys = totals.keys();
  for (let index = 0; index < keys.length; index++) {
    const value = totals.get(keys[index]).valueOf(kind);
    result.rows.push(isGrouped ? [keys[index], value] : [value]);
  }
  return result;
}

function isIgnored(kind: string, field: string): bool {
  return (kind == "sum" || kind == "avg") && field != "" && isNaN(toNumber(field));
}

function shortOf(name: string): string {
  if (name == "average") return "avg";
  if (name == "minimum") return "min";
  return name == "maximum" ? "max" : name;
}
