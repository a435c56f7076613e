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

  ;; Follows a chain through all lines of 16 MiB: each address is what the load before has read, so
  ;; that nothing can be fetched ahead, and no cache holds so much.
  (func (export "chase") (result i32)
    (local $line i32) (local $next i32)
    (loop $link
      (local.set $next
        (i32.and
          (i32.add (i32.mul (local.get $line) (i32.const 1664525)) (i32.const 1013904223))
          (i32.const 0x3ffff)))
      (i32.store
        (i32.shl (local.get $line) (i32.const 6))
        (i32.shl (local.get $next) (i32.const 6)))
      (br_if $link (local.tee $line (local.get $next))))
    (loop $follow
      (local.get $line)
      i32.load i32.load i32.load i32.load i32.load i32.load i32.load i32.load
      (local.set $line)
      (br $follow))
    (i32.const 0))

  ;; The host's own loops, for nothing.
  (func (export "fill_nothing") (result i32)
    (loop $next
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
      (br $next))
    (i32.const 0)))
