;; Work that takes long for the fuel that it costs, to see what an attacker gains by choosing it.
(module
  (memory (export "memory") 256 256)

  ;; A chain of divisions, each of which waits for the one before.
  (func (export "divide") (result i32)
    (local $x i64)
    (local.set $x (i64.const -1))
    (loop $next
      (local.set $x (i64.add (i64.rem_u (i64.const -3) (i64.or (local.get $x) (i64.const 1))) (i64.const 7)))
      (local.set $x (i64.add (i64.rem_u (i64.const -5) (i64.or (local.get $x) (i64.const 1))) (i64.const 9)))
      (local.set $x (i64.add (i64.rem_u (i64.const -7) (i64.or (local.get $x) (i64.const 1))) (i64.const 5)))
      (local.set $x (i64.add (i64.rem_u (i64.const -9) (i64.or (local.get $x) (i64.const 1))) (i64.const 3)))
      (br $next))
    (i32.const 0))

  ;; Reads all over 16 MiB, where no cache helps: each address comes from the value before.
  (func (export "wander") (result i32)
    (local $x i32)
    (loop $next
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (local.set $x (i32.add (local.get $x)
        (i32.load (i32.and (i32.shr_u (local.get $x) (i32.const 4)) (i32.const 0xfffffc)))))
      (br $next))
    (i32.const 0))

  ;; The host's own loops, for nothing.
  (func (export "fill_nothing") (result i32)
    (loop $next
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
      (br $next))
    (i32.const 0)))
