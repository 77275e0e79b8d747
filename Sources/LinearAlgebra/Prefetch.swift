import CShims

/// Loads a block that will be read soon into the cache. It has no other effect.
///
/// - Parameter block: a contiguous block, such as those of a tape. At most its first megabyte is loaded, because more would be evicted from the cache again.
/// - Cost: one instruction for 64 bytes.
package func prefetch(_ block: Block) { sode_shim_prefetch(block.base, min(block.rows * block.stride * block.precision.byteCount, 1 << 20)) }
