/**
 * JSON values for plugins. Numbers keep the text they were written as, so that a plugin hands on
 * what it does not touch. `json-reader.ts` and `json-writer.ts` turn texts into values and back.
 */

/** Shared by all values without members, which are most: reading a document makes thousands. */
const NO_ITEMS: Json[] = [];
const NO_KEYS: string[] = [];

export enum Kind {
  Null,
  Boolean,
  Number,
  Text,
  List,
  Object,
}

/** One JSON value. Which fields mean something depends on `kind`. */
export class Json {
  /** Text of a `Text`, digits of a `Number`, `true` or `false` of a `Boolean`. */
  text: string = "";
  /** Items of a `List`, and values of an `Object` in the order of `keys`. */
  items: Json[] = NO_ITEMS;
  keys: string[] = NO_KEYS;

  constructor(public kind: Kind) {}

  static ofText(text: string): Json {
    const json = new Json(Kind.Text);
    json.text = text;
    return json;
  }

  static ofInteger(value: i64): Json {
    const json = new Json(Kind.Number);
    json.text = value.toString();
    return json;
  }

  /** A number with one digit behind the point; exact enough for statistics. */
  static ofTenths(tenths: i64): Json {
    const json = new Json(Kind.Number);
    json.text = tenths % 10 == 0 ? (tenths / 10).toString() : (tenths / 10).toString() + "." + (tenths % 10).toString();
    return json;
  }

  static ofBoolean(value: bool): Json {
    const json = new Json(Kind.Boolean);
    json.text = value ? "true" : "false";
    return json;
  }

  static list(): Json {
    const list = new Json(Kind.List);
    list.items = [];
    return list;
  }

  static object(): Json {
    const object = new Json(Kind.Object);
    object.items = [];
    object.keys = [];
    return object;
  }

  push(item: Json): void {
    this.items.push(item);
  }

  set(key: string, value: Json): void {
    this.keys.push(key);
    this.items.push(value);
  }

  /** The member of that name; of several, the last one, as `JSON.parse` has it. */
  get(key: string): Json | null {
    for (let index = this.keys.length - 1; index >= 0; index--) {
      if (this.keys[index] == key) return this.items[index];
    }
    return null;
  }

  /** The text of a member, or a default where there is none or it is no text. */
  textOf(key: string, otherwise: string): string {
    const member = this.get(key);
    return member !== null && member.kind == Kind.Text ? member.text : otherwise;
  }
}
