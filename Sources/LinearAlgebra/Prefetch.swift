import CShims

/// Prefetches a block that will be read soon, so that a sweep over memory beyond the caches waits less. It has no other effect.
///
/// - Parameter block: contiguous, as a tape's are; of a longer one the first megabyte is asked for, since more would push it out of the cache again.
/// - Cost: one instruction for 64 bytes.
package func prefetch(_ block: Block) { sode_shim_prefetch(block.base, min(block.rows * block.stride * block.precision.byteCount, 1 << 20)) }
