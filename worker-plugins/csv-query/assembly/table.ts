/** A table: columns by name, and rows with as many fields. */

import { Json } from "../../sdk/assembly/json";
import { cellToJson } from "./cell";
import { Problem } from "./problem";

/** Names that a refusal lists, so that it stays a sentence. */
const MAX_NAMES: i32 = 20;

export class Table {
  rows: string[][] = [];
  /** Fields that were no numbers where only numbers count. */
  ignored: i32 = 0;

  constructor(public columns: string[]) {}

  /** Where a column stands: by its exact name, else whatever the case; -1 with a problem if nowhere. */
  find(name: string, argument: string, problem: Problem): i32 {
    const exact = this.columns.indexOf(name);
    if (exact >= 0) return exact;
    const lower = name.toLowerCase();
    for (let index = 0; index < this.columns.length; index++) {
      if (this.columns[index].toLowerCase() == lower) return index;
    }
    problem.set(argument, "name a column: " + this.columns.slice(0, MAX_NAMES).join(", "));
    return -1;
  }

  rowToJson(index: i32): Json {
    const row = Json.list();
    const fields = this.rows[index];
    for (let column = 0; column < fields.length; column++) row.push(cellToJson(fields[column]));
    return row;
  }
}

export function selectColumns(table: Table, names: Json[], problem: Problem): Table {
  const places: i32[] = [];
  const columns: string[] = [];
  for (let index = 0; index < names.length; index++) {
    const place = table.find(names[index].text, "select", problem);
    if (place < 0) return table;
    places.push(place);
    columns.push(table.columns[place]);
  }
  const selected = new Table(columns);
  for (let index = 0; index < table.rows.length; index++) {
    const row: string[] = [];
    for (let column = 0; column < places.length; column++) row.push(table.rows[index][places[column]]);
    selected.rows.push(row);
  }
  return selected;
}
