/** What is wrong with the arguments: the first thing that was found. */
export class Problem {
  isSet: bool = false;
  argument: string = "";
  /** What must hold. */
  must: string = "";
  /** Of the table, from 1; 0 where it is no matter of a line. */
  line: i32 = 0;

  set(argument: string, must: string, line: i32 = 0): void {
    if (this.isSet) return;
    this.isSet = true;
    this.argument = argument;
    this.must = must;
    this.line = line;
  }
}
