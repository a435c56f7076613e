;; The memory that a plugin and its host share: the kernel of the Extism 1.x ABI.
;;
;; A block is 16 bytes of header and then its data, both aligned to 16 bytes:
;;
;;   length: u32 | capacity: u32 | seal: u32 | unused: u32 | data …
;;
;; A handle is the offset of the data. It is good while the seal equals SEAL xor the offset. What
;; lies here belongs to one call of one plugin, which may overwrite all of it with `store_*`,
;; headers included. So nothing here is trusted: a bad handle reads as length 0, the free list is
;; searched in at most 8 steps, and the host checks every offset and length against the memory.
;;
;; An instance serves one call and is then dropped. The build meters and bounds this module like
;; a plugin's.
(module
  (memory (export "memory") 1 256)

  (global $SEAL i32 (i32.const 0x5ab17e11))
  (global $HEADER i32 (i32.const 16))
  ;; Offset 0 is no handle, so the first block lies behind it.
  (global $FIRST_DATA i32 (i32.const 80))

  (global $top (mut i32) (i32.const 64))       ;; end of the last block
  (global $free_list (mut i32) (i32.const 0))  ;; first free block; its data begins with the next
  (global $input (mut i32) (i32.const 0))
  (global $input_length (mut i32) (i32.const 0))
  ;; What the host reads when the run is over: as a global, it need not be compiled.
  (global $output (export "output") (mut i32) (i32.const 0))
  (global $output_length (export "output_length") (mut i32) (i32.const 0))
  (global $error (export "error") (mut i32) (i32.const 0))
  ;; Whether the last alloc found no room.
  (global $refused (export "alloc_refused") (mut i32) (i32.const 0))

  (func $header (param $data i32) (result i32)
    (i32.sub (local.get $data) (global.get $HEADER)))

  (func $seal_of (param $data i32) (result i32)
    (i32.xor (local.get $data) (global.get $SEAL)))

  ;; Whether this is the handle of a living block.
  (func $is_handle (param $handle i64) (result i32)
    (local $data i32)
    (if (i64.ge_u (local.get $handle) (i64.extend_i32_u (global.get $top)))
      (then (return (i32.const 0))))
    (local.set $data (i32.wrap_i64 (local.get $handle)))
    (if (i32.or
          (i32.lt_u (local.get $data) (global.get $FIRST_DATA))
          (i32.and (local.get $data) (i32.const 15)))
      (then (return (i32.const 0))))
    (i32.eq
      (i32.load offset=8 (call $header (local.get $data)))
      (call $seal_of (local.get $data))))

  ;; Whether bytes [offset, offset + length) lie among the blocks. Both are below 2^32 here.
  (func $is_inside (param $offset i64) (param $length i64) (result i32)
    (i32.and
      (i32.and
        (i64.ge_u (local.get $offset) (i64.extend_i32_u (global.get $FIRST_DATA)))
        (i64.le_u (local.get $offset) (i64.const 0xffffffff)))
      (i64.le_u
        (i64.add (local.get $offset) (local.get $length))
        (i64.extend_i32_u (global.get $top)))))

  (func $write_header (param $data i32) (param $length i32)
    (i32.store (call $header (local.get $data)) (local.get $length))
    (i32.store offset=8 (call $header (local.get $data)) (call $seal_of (local.get $data))))

  ;; The first of at most 8 free blocks that is large enough, taken off the list; or 0.
  (func $take_free (param $capacity i32) (result i32)
    (local $data i32) (local $previous i32) (local $steps i32)
    (local.set $data (global.get $free_list))
    (loop $search
      (if (i32.or (i32.eqz (local.get $data)) (i32.ge_u (local.get $steps) (i32.const 8)))
        (then (return (i32.const 0))))
      (if (i32.ge_u
            (i32.load offset=4 (call $header (local.get $data)))
            (local.get $capacity))
        (then
          (if (local.get $previous)
            (then (i32.store (local.get $previous) (i32.load (local.get $data))))
            (else (global.set $free_list (i32.load (local.get $data)))))
          (return (local.get $data))))
      (local.set $previous (local.get $data))
      (local.set $data (i32.load (local.get $data)))
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (br $search))
    (unreachable))

  ;; Makes room for everything below $end; 0 if memory cannot grow that far.
  (func $reserve (param $end i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub (local.get $end) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.le_s (local.get $missing) (i32.const 0)) (then (return (i32.const 1))))
    (i32.ne
      (memory.grow
        (i32.shr_u (i32.add (local.get $missing) (i32.const 65535)) (i32.const 16)))
      (i32.const -1)))

  ;; A zeroed block of that many bytes; 0 when there is no room, and for length 0.
  (func $alloc (export "alloc") (param $length i64) (result i64)
    (local $capacity i32) (local $data i32)
    (if (i64.eqz (local.get $length)) (then (return (i64.const 0))))
    (global.set $refused (i32.const 1))
    (if (i64.gt_u (local.get $length) (i64.const 0x01000000)) (then (return (i64.const 0))))
    (local.set $capacity
      (i32.and
        (i32.add (i32.wrap_i64 (local.get $length)) (i32.const 15))
        (i32.const -16)))
    (local.set $data (call $take_free (local.get $capacity)))
    (if (local.get $data)
      (then (memory.fill (local.get $data) (i32.const 0) (local.get $capacity)))
      (else
        (local.set $data (i32.add (global.get $top) (global.get $HEADER)))
        (if (i32.eqz (call $reserve (i32.add (local.get $data) (local.get $capacity))))
          (then (return (i64.const 0))))
        (global.set $top (i32.add (local.get $data) (local.get $capacity)))
        (i32.store offset=4 (call $header (local.get $data)) (local.get $capacity))))
    (call $write_header (local.get $data) (i32.wrap_i64 (local.get $length)))
    (global.set $refused (i32.const 0))
    (i64.extend_i32_u (local.get $data)))

  ;; Gives a block back. What is no handle is ignored. The last block shrinks the heap, zeroed
  ;; again so that the next block there starts from zeros too.
  (func $free (export "free") (param $handle i64)
    (local $data i32) (local $capacity i32)
    (if (i32.eqz (call $is_handle (local.get $handle))) (then (return)))
    (local.set $data (i32.wrap_i64 (local.get $handle)))
    (local.set $capacity (i32.load offset=4 (call $header (local.get $data))))
    (if (i32.eq (local.get $data) (global.get $input))
      (then (global.set $input_length (i32.const 0))))
    (i32.store offset=8 (call $header (local.get $data)) (i32.const 0))
    (if (i32.eq (i32.add (local.get $data) (local.get $capacity)) (global.get $top))
      (then
        (memory.fill (local.get $data) (i32.const 0) (local.get $capacity))
        (global.set $top (call $header (local.get $data))))
      (else
        (i32.store (local.get $data) (global.get $free_list))
        (global.set $free_list (local.get $data)))))

  (func $length (export "length") (param $handle i64) (result i64)
    (if (i32.eqz (call $is_handle (local.get $handle))) (then (return (i64.const 0))))
    (i64.load32_u (call $header (i32.wrap_i64 (local.get $handle)))))

  (func (export "length_unsafe") (param $handle i64) (result i64)
    (call $length (local.get $handle)))

  (func (export "load_u8") (param $offset i64) (result i32)
    (if (i32.eqz (call $is_inside (local.get $offset) (i64.const 1)))
      (then (return (i32.const 0))))
    (i32.load8_u (i32.wrap_i64 (local.get $offset))))

  (func (export "load_u64") (param $offset i64) (result i64)
    (if (i32.eqz (call $is_inside (local.get $offset) (i64.const 8)))
      (then (return (i64.const 0))))
    (i64.load (i32.wrap_i64 (local.get $offset))))

  (func (export "store_u8") (param $offset i64) (param $value i32)
    (if (call $is_inside (local.get $offset) (i64.const 1))
      (then (i32.store8 (i32.wrap_i64 (local.get $offset)) (local.get $value)))))

  (func (export "store_u64") (param $offset i64) (param $value i64)
    (if (call $is_inside (local.get $offset) (i64.const 8))
      (then (i64.store (i32.wrap_i64 (local.get $offset)) (local.get $value)))))

  ;; For the host alone: a plugin's import of it is refused.
  (func (export "input_set") (param $offset i64) (param $length i64)
    (global.set $input (i32.wrap_i64 (local.get $offset)))
    (global.set $input_length (i32.wrap_i64 (local.get $length))))

  (func (export "input_offset") (result i64) (i64.extend_i32_u (global.get $input)))
  (func (export "input_length") (result i64) (i64.extend_i32_u (global.get $input_length)))

  (func (export "input_load_u8") (param $index i64) (result i32)
    (if (i64.ge_u (local.get $index) (i64.extend_i32_u (global.get $input_length)))
      (then (return (i32.const 0))))
    (i32.load8_u (i32.add (global.get $input) (i32.wrap_i64 (local.get $index)))))

  (func (export "input_load_u64") (param $index i64) (result i64)
    (if (i32.or
          (i64.gt_u (local.get $index) (i64.const 0x01000000))
          (i64.gt_u
            (i64.add (local.get $index) (i64.const 8))
            (i64.extend_i32_u (global.get $input_length))))
      (then (return (i64.const 0))))
    (i64.load (i32.add (global.get $input) (i32.wrap_i64 (local.get $index)))))

  ;; Ignored unless the bytes lie among the blocks.
  (func (export "output_set") (param $offset i64) (param $length i64)
    (if (i64.gt_u (local.get $length) (i64.const 0x01000000)) (then (return)))
    (if (i32.or
          (i64.eqz (local.get $length))
          (call $is_inside (local.get $offset) (local.get $length)))
      (then
        (global.set $output (i32.wrap_i64 (local.get $offset)))
        (global.set $output_length (i32.wrap_i64 (local.get $length))))))

  ;; 0 takes an error back; what is no handle counts as 0.
  (func (export "error_set") (param $handle i64)
    (global.set $error
      (select
        (i32.wrap_i64 (local.get $handle))
        (i32.const 0)
        (call $is_handle (local.get $handle)))))

  (func (export "error_get") (result i64) (i64.extend_i32_u (global.get $error))))
