/**
 * The query language: `$`, names after dots, names and indices in brackets, `*`, and `..name` for
 * that name at any depth. An index from the end is negative.
 *
 *   user.name     items[0].price     items[*].price     $["odd name"]     ..id     items[-1]
 */

import { trimmed } from "../../sdk/assembly/code-units";

export enum StepKind {
  Name,
  Index,
  Every,
}

export class Step {
  name: string = "";
  index: i32 = 0;
  /** Applies to the value and to everything below it. */
  isDeep: bool = false;

  constructor(public kind: StepKind) {}
}

export class Query {
  steps: Step[] = [];
  /** What must hold, where the text is no query. */
  problem: string = "";
  at: i32 = 0;
}

const MAX_STEPS: i32 = 64;

export function parseQuery(text: string): Query {
  return new Parser(trimmed(text)).parse();
}

class Parser {
  private query: Query = new Query();
  private at: i32 = 0;

  constructor(private text: string) {}

  parse(): Query {
    if (this.peek() == 0x24) this.at++;
    else if (this.isName(this.peek()) || this.peek() == 0x2a) this.readName(false);
    while (this.at < this.text.length && this.query.problem == "") {
      if (this.query.steps.length == MAX_STEPS) this.fail("the query must have at most 64 steps");
      else if (this.peek() == 0x2e) this.readDot();
      else if (this.peek() == 0x5b) this.readBracket(false);
      else this.fail('a step must begin with "." or "["');
    }
    this.query.at = this.at;
    return this.query;
  }

  private readDot(): void {
    this.at++;
    const isDeep = this.peek() == 0x2e;
    if (isDeep) this.at++;
    if (isDeep && this.peek() == 0x5b) this.readBracket(true);
    else this.readName(isDeep);
  }

  private readName(isDeep: bool): void {
    if (this.peek() == 0x2a) {
      this.at++;
      return this.add(new Step(StepKind.Every), isDeep);
    }
    const from = this.at;
    while (this.isName(this.peek())) this.at++;
    if (this.at == from) return this.fail('a name must follow "."');
    const step = new Step(StepKind.Name);
    step.name = this.text.substring(from, this.at);
    this.add(step, isDeep);
  }

  private readBracket(isDeep: bool): void {
    this.at++;
    const unit = this.peek();
    if (unit == 0x27 || unit == 0x22) this.readQuoted(unit, isDeep);
    else if (unit == 0x2a) {
      this.at++;
      this.add(new Step(StepKind.Every), isDeep);
    } else this.readIndex(isDeep);
    if (this.query.problem != "") return;
    if (this.peek() != 0x5d) return this.fail('a bracket must be closed by "]"');
    this.at++;
  }

  private readQuoted(quote: i32, isDeep: bool): void {
    let name = "";
    this.at++;
    while (this.at < this.text.length && this.peek() != quote) {
      if (this.peek() == 0x5c) this.at++;
      name += this.text.charAt(this.at++);
    }
    if (this.peek() != quote) return this.fail("a quoted name must be closed");
    this.at++;
    const step = new Step(StepKind.Name);
    step.name = name;
    this.add(step, isDeep);
  }

  private readIndex(isDeep: bool): void {
    const isNegative = this.peek() == 0x2d;
    if (isNegative) this.at++;
    const from = this.at;
    let index = 0;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) index = index * 10 + this.text.charCodeAt(this.at++) - 0x30;
    const digits = this.at - from;
    if (digits == 0 || digits > 9) return this.fail("a bracket must hold an index, a quoted name or *");
    const step = new Step(StepKind.Index);
    step.index = isNegative ? -index : index;
    this.add(step, isDeep);
  }

  private add(step: Step, isDeep: bool): void {
    step.isDeep = isDeep;
    this.query.steps.push(step);
  }

  /** Whatever is no notation may stand in a name without quotes. */
  private isName(unit: i32): bool {
    return unit > 0x20 && unit != 0x2e && unit != 0x5b && unit != 0x5d && unit != 0x2a && unit != 0x22 && unit != 0x27 && unit != 0x24;
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private fail(problem: string): void {
    this.query.problem = problem;
  }
}
