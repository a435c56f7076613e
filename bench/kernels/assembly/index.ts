/**
 * The kinds of work that plugins do, and loops as tight as they get, to see what metering costs.
 *
 * Each kernel takes a number of rounds and answers a number that depends on all of its work. What
 * it works on is made at the start, so that a round allocates nothing.
 */

const DOCUMENT_BYTES = 32 * 1024;
const SORTED = 2_000;

const document = new StaticArray<u8>(DOCUMENT_BYTES);
const out = new StaticArray<u8>(4 * DOCUMENT_BYTES);
const unsorted = new StaticArray<u32>(SORTED);
const sorted = new StaticArray<u32>(SORTED);
const schedule = new StaticArray<u32>(64);
const ROUND_KEYS = new StaticArray<u32>(64);

let seed: u32 = 0x2545f491;

function random(): u32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

/** A JSON document like those that tools pass around; fills the data of all kernels. */
export function prepare(): void {
  const row =
    '{"id":1207,"name":"Quarterly \\"report\\"","score":-12.75e2,"tags":["a","bc"],"ok":true},\n';
  for (let i = 0; i < DOCUMENT_BYTES; i++) document[i] = <u8>row.charCodeAt(i % row.length);
  for (let i = 0; i < SORTED; i++) unsorted[i] = random();
  for (let i = 0; i < 64; i++) ROUND_KEYS[i] = random();
}

// Hashing: all of SHA-256's work for each block, with round keys of our own.

export function hash(rounds: i32): u32 {
  let state: u32 = 0;
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < DOCUMENT_BYTES; at += 64) state ^= hashBlock(at);
  return state;
}

function hashBlock(at: i32): u32 {
  for (let i = 0; i < 16; i++)
    schedule[i] = bswap<u32>(load<u32>(changetype<usize>(document) + at + 4 * i));
  for (let i = 16; i < 64; i++) {
    const before = schedule[i - 15];
    const last = schedule[i - 2];
    const s0 = rotr<u32>(before, 7) ^ rotr<u32>(before, 18) ^ (before >> 3);
    const s1 = rotr<u32>(last, 17) ^ rotr<u32>(last, 19) ^ (last >> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  let a: u32 = 1,
    b: u32 = 2,
    c: u32 = 3,
    d: u32 = 4;
  let e: u32 = 5,
    f: u32 = 6,
    g: u32 = 7,
    h: u32 = 8;
  for (let i = 0; i < 64; i++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + ROUND_KEYS[i] + schedule[i];
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

// Sorting: quicksort, and insertion for what is short.

export function sort(rounds: i32): u32 {
  let result: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < SORTED; i++) sorted[i] = unsorted[i];
    quicksort(0, SORTED - 1);
    result ^= sorted[round % SORTED];
  }
  return result;
}

function quicksort(low: i32, high: i32): void {
  if (high - low < 12) return insertionSort(low, high);
  const pivot = sorted[(low + high) >> 1];
  let i = low;
  let j = high;
  while (i <= j) {
    while (sorted[i] < pivot) i++;
    while (sorted[j] > pivot) j--;
    if (i > j) break;
    const swapped = sorted[i];
    sorted[i++] = sorted[j];
    sorted[j--] = swapped;
  }
  quicksort(low, j);
  quicksort(i, high);
}

function insertionSort(low: i32, high: i32): void {
  for (let i = low + 1; i <= high; i++) {
    const value = sorted[i];
    let j = i - 1;
    while (j >= low && sorted[j] > value) {
      sorted[j + 1] = sorted[j];
      j--;
    }
    sorted[j + 1] = value;
  }
}

// Tokenizing: finds every token of a JSON document, and the value of every number.

export function tokenize(rounds: i32): u32 {
  let tokens: u32 = 0;
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < DOCUMENT_BYTES; tokens++) at = nextToken(at);
  return tokens + <u32>numbers;
}

let numbers: f64 = 0;

function nextToken(at: i32): i32 {
  let next = at;
  while (next < DOCUMENT_BYTES && isSpace(document[next])) next++;
  if (next >= DOCUMENT_BYTES) return next;
  const first = document[next];
  if (first == 0x22) return endOfString(next + 1);
  if (first == 0x2d || isDigit(first)) return endOfNumber(next);
  if (first >= 0x61 && first <= 0x7a) return endOfWord(next);
  return next + 1;
}

function endOfString(at: i32): i32 {
  let next = at;
  while (next < DOCUMENT_BYTES) {
    const unit = document[next++];
    if (unit == 0x22) return next;
    if (unit == 0x5c) next++;
  }
  return next;
}

function endOfNumber(at: i32): i32 {
  let next = at;
  let value: f64 = 0;
  if (document[next] == 0x2d) next++;
  while (next < DOCUMENT_BYTES && isDigit(document[next]))
    value = value * 10 + <f64>(document[next++] - 0x30);
  if (next < DOCUMENT_BYTES && document[next] == 0x2e) {
    let scale: f64 = 1;
    for (next++; next < DOCUMENT_BYTES && isDigit(document[next]); next++) {
      scale /= 10;
      value += scale * <f64>(document[next] - 0x30);
    }
  }
  if (next < DOCUMENT_BYTES && (document[next] | 0x20) == 0x65)
    for (next++; next < DOCUMENT_BYTES && isDigit(document[next]); next++) value *= 10;
  numbers += value;
  return next;
}

function endOfWord(at: i32): i32 {
  let next = at;
  while (next < DOCUMENT_BYTES && document[next] >= 0x61 && document[next] <= 0x7a) next++;
  return next;
}

function isSpace(unit: u8): bool {
  return unit == 0x20 || (unit >= 0x09 && unit <= 0x0d);
}

function isDigit(unit: u8): bool {
  return unit >= 0x30 && unit <= 0x39;
}

// Writing text: escapes a document, and writes a decimal number into each line.

export function write(rounds: i32): u32 {
  let length = 0;
  for (let round = 0; round < rounds; round++) {
    length = 0;
    for (let at = 0; at < DOCUMENT_BYTES; at++) {
      const unit = document[at];
      if (unit == 0x22 || unit == 0x5c) out[length++] = 0x5c;
      out[length++] = unit;
      if (unit == 0x0a) length = writeDecimal(<u32>(at * 7919 + round), length);
    }
  }
  return <u32>length + out[length >> 1];
}

function writeDecimal(value: u32, at: i32): i32 {
  let end = at;
  for (let rest = value; ; rest /= 10) {
    out[end++] = <u8>(0x30 + (rest % 10));
    if (rest < 10) break;
  }
  for (let i = at, j = end - 1; i < j; i++, j--) {
    const swapped = out[i];
    out[i] = out[j];
    out[j] = swapped;
  }
  return end;
}

// Joining strings: many small allocations and copies.

export function joinStrings(rounds: i32): u32 {
  let length: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    let text = '';
    for (let i = 0; i < 40; i++) text += i.toString() + (i % 3 == 0 ? ', ' : ';');
    length += text.length + text.split(', ').length + text.indexOf('39;');
  }
  return length;
}

// Computing: a body that is attracted by another.

export function compute(rounds: i32): u32 {
  let x: f64 = 0.1,
    y: f64 = 0.2,
    vx: f64 = 0.3,
    vy: f64 = -0.1;
  for (let i = 0; i < rounds * 2000; i++) {
    const r2 = x * x + y * y + 0.01;
    const pull = 0.001 / (r2 * sqrt<f64>(r2));
    vx -= x * pull;
    vy -= y * pull;
    x += vx * 0.001;
    y += vy * 0.001;
  }
  return <u32>(x * 1e6);
}

// Loops as tight as they get.

export function tightState(rounds: i32): u32 {
  let state: u32 = 1;
  for (let i = rounds * 20_000; i > 0; i--) state = state * 1664525 + 1013904223;
  return state;
}

export function tightBytes(rounds: i32): u32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < DOCUMENT_BYTES; i++) sum += document[i];
  return sum;
}

export function tightCount(rounds: i32): u32 {
  let i: u32 = rounds * 20_000;
  let turns: u32 = 0;
  while (i != 0) {
    i--;
    turns ^= i;
  }
  return turns;
}
