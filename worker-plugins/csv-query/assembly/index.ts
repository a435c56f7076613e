/**
 * `csv-query`: questions about one table. Pure computation; it asks for nothing.
 *
 * What is wrong with the table or the question is part of the answer, since the one who asks can
 * mend it.
 */

import { Json, Kind } from "../../sdk/assembly/json";
import { answer, readArguments } from "../../sdk/assembly/tool";
import { aggregate } from "./aggregate";
import { CsvReader } from "./csv-reader";
import { sortRows } from "./order";
import { Problem } from "./problem";
import { selectColumns, Table } from "./table";
import { filterRows } from "./where";

const DEFAULT_LIMIT: i32 = 100;

export function csv_query(): i32 {
  const args = readArguments();
  const problem = new Problem();
  const reader = new CsvReader(args.textOf("table", ""), args.textOf("delimiter", ""), problem);
  const table = run(reader.read(), args, problem);
  return answer(problem.isSet ? describe(problem) : show(table, limitOf(args)));
}

/** In the order of SQL: which rows, what of them, in which order. */
function run(read: Table, args: Json, problem: Problem): Table {
  let table = read;
  if (!problem.isSet) filterRows(table, args.textOf("where", ""), problem);
  const total = args.textOf("aggregate", "");
  if (!problem.isSet && total != "") {
    table = aggregate(table, total, args.textOf("column", ""), args.textOf("group_by", ""), problem);
  }
  const isDescending = args.get("descending");
  if (!problem.isSet) {
    sortRows(table, args.textOf("order_by", ""), isDescending !== null && isDescending.text == "true", problem);
  }
  const columns = args.get("select");
  if (!problem.isSet && total == "" && columns !== null) table = selectColumns(table, columns.items, problem);
  return table;
}

function limitOf(args: Json): i32 {
  const limit = args.get("limit");
  return limit !== null && limit.kind == Kind.Number ? <i32>parseFloat(limit.text) : DEFAULT_LIMIT;
}

function show(table: Table, limit: i32): Json {
  const columns = Json.list();
  for (let index = 0; index < table.columns.length; index++) columns.push(Json.ofText(table.columns[index]));
  const rows = Json.list();
  for (let index = 0; index < table.rows.length && index < limit; index++) rows.push(table.rowToJson(index));
  const result = Json.object();
  result.set("columns", columns);
  result.set("rows", rows);
  result.set("count", Json.ofInteger(table.rows.length));
  if (table.ignored > 0) result.set("ignored", Json.ofInteger(table.ignored));
  if (table.rows.length > limit) result.set("truncated", Json.ofBoolean(true));
  return result;
}

function describe(problem: Problem): Json {
  const error = Json.object();
  error.set("argument", Json.ofText(problem.argument));
  error.set("must", Json.ofText(problem.must));
  if (problem.line > 0) error.set("line", Json.ofInteger(problem.line));
  const result = Json.object();
  result.set("columns", Json.list());
  result.set("rows", Json.list());
  result.set("count", Json.ofInteger(0));
  result.set("error", error);
  return result;
}
