/** Sorts rows by one column. Equal ones stay as they were, and empty fields come last either way. */

import { trimmed } from "../../sdk/assembly/code-units";
import { compareCells } from "./cell";
import { Problem } from "./problem";
import { Table } from "./table";

class Keyed {
  constructor(
    public key: string,
    public place: i32,
    public row: string[],
  ) {}
}

export function sortRows(table: Table, orderBy: string, isDescending: bool, problem: Problem): void {
  if (orderBy == "") return;
  const column = table.find(withoutDirection(orderBy), "order_by", problem);
  if (column < 0) return;
  const keyed: Keyed[] = [];
  for (let index = 0; index < table.rows.length; index++) {
    keyed.push(new Keyed(table.rows[index][column], index, table.rows[index]));
  }
  const falls = isDescending || orderBy.toLowerCase().endsWith(" desc");
  keyed.sort(falls ? compareDown : compareUp);
  for (let index = 0; index < keyed.length; index++) table.rows[index] = keyed[index].row;
}

/** `price desc` is understood as well. */
function withoutDirection(orderBy: string): string {
  const lower = orderBy.toLowerCase();
  if (lower.endsWith(" desc")) return trimmed(orderBy.substring(0, orderBy.length - 5));
  return lower.endsWith(" asc") ? trimmed(orderBy.substring(0, orderBy.length - 4)) : orderBy;
}

function compareUp(a: Keyed, b: Keyed): i32 {
  return compareKeyed(a, b, compareCells(a.key, b.key));
}

function compareDown(a: Keyed, b: Keyed): i32 {
  return compareKeyed(a, b, compareCells(b.key, a.key));
}

function compareKeyed(a: Keyed, b: Keyed, order: i32): i32 {
  if ((a.key == "") != (b.key == "")) return a.key == "" ? 1 : -1;
  return order == 0 ? a.place - b.place : order;
}
