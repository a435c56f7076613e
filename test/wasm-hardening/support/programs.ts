/**
 * Programs that between them use every kind of instruction, and calls that reach their edges.
 * They import at most `m.log` and `m.pair`.
 */

export type Call = readonly [name: string, ...values: readonly unknown[]];

export interface Program {
  readonly wat: string;
  readonly calls: readonly Call[];
}

const ints = [0, 1, 2, 3, 7, -1, 100, 0x7fffffff, -0x80000000];
const each = (name: string): Call[] => ints.map((value) => [name, value]);
const pairs = (name: string): Call[] => ints.flatMap((a) => ints.map((b): Call => [name, a, b]));

export const PROGRAMS: Record<string, Program> = {
  'control flow': {
    wat: `(module
      (func (export "collatz") (param i32) (result i32) (local $n i32)
        (block $done
          (loop $next
            (br_if $done (i32.le_s (local.get 0) (i32.const 1)))
            (local.set 0
              (if (result i32) (i32.and (local.get 0) (i32.const 1))
                (then (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))
                (else (i32.shr_u (local.get 0) (i32.const 1)))))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $done (i32.ge_s (local.get $n) (i32.const 500)))
            (br $next)))
        (local.get $n))
      (func $fib (export "fib") (param i32) (result i64)
        (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
          (then (i64.extend_i32_s (local.get 0)))
          (else (i64.add
            (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`,
    calls: [...each('collatz'), ['fib', 15], ['fib', -4]],
  },
  'br_table in nested blocks': {
    wat: `(module (func (export "choose") (param i32) (result i32)
      (block $d (block $c (block $b (block $a
        (br_table $a $b $c $a $d (local.get 0)))
        (return (i32.const 10)))
        (return (i32.const 20)))
        (return (i32.const 30)))
      (loop $l (result i32)
        (local.set 0 (i32.sub (local.get 0) (i32.const 3)))
        (br_if $l (i32.gt_s (local.get 0) (i32.const 5)))
        (local.get 0))))`,
    calls: [0, 1, 2, 3, 4, 5, 90, -1].map((value) => ['choose', value]),
  },
  'values through blocks and branches': {
    wat: `(module
      (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
      (func (export "minmax") (param i32 i32) (result i32 i32)
        (local.get 0) (local.get 1)
        (block $b (param i32 i32) (result i32 i32)
          (br_if $b (i32.le_s (local.get 0) (local.get 1)))
          (call $swap)))
      (func (export "gcd") (param i32 i32) (result i32)
        (local.get 0) (local.get 1)
        (loop $l (param i32 i32) (result i32)
          (local.set 1) (local.set 0)
          (if (result i32) (i32.eqz (local.get 1))
            (then (local.get 0))
            (else
              (local.get 1)
              (i32.rem_s (local.get 0) (local.get 1))
              (br $l)))))
      (func (export "unreached") (param i32) (result i32)
        (block $b (result i32)
          (br $b (local.get 0))
          (drop (i32.add)) (unreachable) (select)
          (if (result i32) (then (br 1 (i32.const 3))) (else (i32.const 4))))))`,
    calls: [...pairs('minmax'), ...pairs('gcd'), ...each('unreached')],
  },
  traps: {
    wat: `(module (memory 1) (table 3 funcref) (elem (i32.const 0) $one)
      (type $void (func)) (type $int (func (result i32)))
      (func $one (result i32) (i32.const 1))
      (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "load") (param i32) (result i64) (i64.load offset=3 (local.get 0)))
      (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
      (func (export "right") (param i32) (result i32) (call_indirect (type $int) (local.get 0)))
      (func (export "wrong") (param i32) (call_indirect (type $void) (local.get 0)))
      (func (export "unreachable") unreachable)
      (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
      (func (export "fill") (param i32 i32)
        (memory.fill (local.get 0) (i32.const 9) (local.get 1))))`,
    calls: [
      ...pairs('div'),
      ...[0, 65_525, 65_526, -1].map((value): Call => ['load', value]),
      ...[1.9, -1e10, Number.NaN, Number.POSITIVE_INFINITY].map((x): Call => ['trunc', x]),
      ...[0, 1, 3, -1].flatMap((index): Call[] => [
        ['right', index],
        ['wrong', index],
      ]),
      ['unreachable'],
      ['deep'],
      ...pairs('fill'),
    ],
  },
  memory: {
    wat: `(module (memory (export "memory") 1 3) (data (i32.const 8) "hello, world")
      (data $later "\\01\\02\\03\\04")
      (func (export "hash") (param i32 i32) (result i32) (local $h i32)
        (local.set $h (i32.const 0x811c9dc5))
        (block $done (loop $l
          (br_if $done (i32.ge_u (local.get 0) (local.get 1)))
          (local.set $h (i32.mul (i32.const 0x01000193)
            (i32.xor (local.get $h) (i32.load8_u (local.get 0)))))
          (local.set 0 (i32.add (local.get 0) (i32.const 1)))
          (br $l)))
        (local.get $h))
      (func (export "fill") (param i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      (func (export "copy") (param i32 i32 i32)
        (memory.copy (local.get 0) (local.get 1) (local.get 2)))
      (func (export "init") (param i32 i32 i32)
        (memory.init $later (local.get 0) (local.get 1) (local.get 2)))
      (func (export "forget") (data.drop $later))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size)))`,
    calls: [
      ['hash', 0, 4_096],
      ['fill', 100, 7, 300],
      ['copy', 101, 90, 250],
      ['copy', 90, 101, 250],
      ['copy', 65_530, 0, 7],
      ['init', 500, 1, 3],
      ['init', 500, 1, 4],
      ['hash', 0, 4_096],
      ['forget'],
      ['init', 500, 0, 1],
      ['init', 500, 0, 0],
      ['grow', 1],
      ['grow', 0],
      ['grow', 9],
      ['size'],
      ['fill', 70_000, 3, 100],
      ['hash', 65_536, 131_072],
    ],
  },
  tables: {
    wat: `(module (table $t 4 8 funcref) (table $x (export "x") 2 externref)
      (type $unary (func (param i32) (result i32)))
      (elem $e func $twice $square $twice)
      (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
      (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
      (func (export "init") (param i32 i32 i32)
        (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
      (func (export "apply") (param i32 i32) (result i32)
        (call_indirect $t (type $unary) (local.get 1) (local.get 0)))
      (func (export "copy") (param i32 i32 i32)
        (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
      (func (export "fill") (param i32 i32)
        (table.fill $t (local.get 0) (ref.func $square) (local.get 1)))
      (func (export "grow") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0)))
      (func (export "size") (result i32) (table.size $t))
      (func (export "isNull") (param i32) (result i32)
        (ref.is_null (table.get $t (local.get 0))))
      (func (export "keep") (param externref) (result externref)
        (table.set $x (i32.const 1) (local.get 0)) (table.get $x (i32.const 1)))
      (func (export "drop") (elem.drop $e)))`,
    calls: [
      ['init', 0, 0, 3],
      ['init', 3, 1, 3],
      ['apply', 0, 21],
      ['apply', 1, 21],
      ['apply', 3, 21],
      ['apply', 9, 21],
      ['copy', 1, 0, 3],
      ['apply', 1, 5],
      ['fill', 2, 2],
      ['fill', 2, 3],
      ['apply', 3, 9],
      ['grow', 3],
      ['grow', 3],
      ['size'],
      ['isNull', 6],
      ['isNull', 0],
      ['keep', 'a string of the host'],
      ['drop'],
      ['init', 0, 0, 1],
      ['size'],
    ],
  },
  'tail calls': {
    wat: `(module (type $f (func (param i64 i64) (result i64))) (table funcref (elem $sum $odd))
      (func $sum (export "sum") (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $sum
          (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 0) (local.get 1))))
      (func $even (export "even") (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (i64.const 1))))
        (return_call_indirect (type $f)
          (i64.sub (local.get 0) (i64.const 1)) (local.get 1) (i32.const 1)))
      (func $odd (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (i64.const 0))))
        (return_call $even (i64.sub (local.get 0) (i64.const 1)) (local.get 1))))`,
    calls: [
      ['sum', 100_000n, 0n], // deeper than any stack
      ['even', 100_001n, 0n],
      ['even', 100_000n, 0n],
    ],
  },
  'vectors, conversions and floats': {
    wat: `(module (memory 1) (data (i32.const 0) "\\01\\02\\03\\04\\05\\06\\07\\08\\f9\\fa\\fb")
      (func (export "dot") (param i32 i32) (result i32) (local $v v128)
        (local.set $v (i32x4.add
          (i32x4.splat (local.get 0)) (v128.load offset=1 (i32.const 0))))
        (local.set $v (i16x8.mul (local.get $v) (i16x8.splat (local.get 1))))
        (local.set $v (i8x16.shuffle 3 2 1 0 7 6 5 4 19 18 17 16 23 22 21 20
          (local.get $v) (v128.const i32x4 1 2 3 4)))
        (v128.store (i32.const 32) (local.get $v))
        (local.set $v (v128.load8_lane 5 (i32.const 3) (local.get $v)))
        (i32.add
          (i32x4.extract_lane 2 (i32x4.dot_i16x8_s (local.get $v) (local.get $v)))
          (i8x16.bitmask (i8x16.gt_s (local.get $v) (v128.bitselect
            (local.get $v) (v128.not (local.get $v)) (v128.const i64x2 -1 0))))))
      (func (export "saturate") (param f64) (result i32 i64 i32)
        (i32.trunc_sat_f64_s (local.get 0))
        (i64.trunc_sat_f64_u (local.get 0))
        (i32.extend8_s (i32.trunc_sat_f64_u (local.get 0))))
      (func (export "newton") (param f64) (result f64) (local $i i32) (local $x f64)
        (local.set $x (f64.const 1))
        (loop $l
          (local.set $x (f64.mul (f64.const 0.5)
            (f64.add (local.get $x) (f64.div (local.get 0) (local.get $x)))))
          (br_if $l (i32.lt_u
            (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40))))
        (local.get $x)))`,
    calls: [
      ...pairs('dot'),
      ...[0.5, -1, 1e300, Number.NaN, 200, -129].flatMap((x): Call[] => [
        ['saturate', x],
        ['newton', x],
      ]),
    ],
  },
  'host functions and references to functions': {
    wat: `(module
      (import "m" "log" (func $log (param i32)))
      (import "m" "pair" (func $pair (result i32 f64)))
      (table 1 funcref) (elem (i32.const 0) $log) (elem declare func $log)
      (type $t (func (param i32)))
      (global $g (export "g") (mut i64) (i64.const 5)) (global $h i32 (i32.const 8))
      (func (export "talk") (param i32) (result f64) (local f64)
        (call $log (local.get 0))
        (call_indirect (type $t) (global.get $h) (i32.const 0))
        (global.set $g (i64.add (global.get $g) (i64.const 1)))
        (call $pair) (local.set 1) (drop) (local.get 1))
      (func (export "same") (result i32) (ref.is_null (ref.func $log))))`,
    calls: [['talk', 3], ['talk', 4], ['same']],
  },
};
