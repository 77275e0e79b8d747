import CStableODE

/// An Arrow array of a struct of float columns, made by hand, and how often it has been released.
final class ArrowSample {
  var schema = ArrowSchema()
  var array = ArrowArray()
  private(set) var released = 0
  private var held: [UnsafeMutableRawPointer] = []

  private func hold<Value>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
    memory.initialize(from: values, count: values.count)
    held.append(UnsafeMutableRawPointer(memory))
    return memory
  }
  private func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(hold(Array(text.utf8CString))) }

  init(_ columns: [(name: String, numbers: [Float])], metadata: [UInt8] = []) {
    let (keep, free): (@convention(c) (UnsafeMutablePointer<ArrowSchema>?) -> Void, @convention(c) (UnsafeMutablePointer<ArrowArray>?) -> Void) = (
      { $0?.pointee.release = nil },
      { array in
        guard let user = array?.pointee.private_data else { return }
        Unmanaged<ArrowSample>.fromOpaque(user).takeRetainedValue().released += 1
        array?.pointee.release = nil
      }
    )
    var (schemas, arrays): ([UnsafeMutablePointer<ArrowSchema>?], [UnsafeMutablePointer<ArrowArray>?]) = ([], [])
    for column in columns {
      var (child, part) = (ArrowSchema(), ArrowArray())
      (child.format, child.name, child.release) = (text("f"), text(column.name), keep)
      let buffers: [UnsafeRawPointer?] = [nil, UnsafeRawPointer(hold(column.numbers))]
      (part.length, part.n_buffers, part.buffers, part.release) = (Int64(column.numbers.count), 2, hold(buffers), { $0?.pointee.release = nil })
      schemas.append(hold([child]))
      arrays.append(hold([part]))
    }
    let none: [UnsafeRawPointer?] = [nil]
    (schema.format, schema.name, schema.n_children, schema.children, schema.release) = (text("+s"), text(""), Int64(columns.count), hold(schemas), keep)
    if !metadata.isEmpty { schema.metadata = UnsafeRawPointer(hold(metadata)).assumingMemoryBound(to: CChar.self) }
    (array.length, array.n_children, array.children, array.n_buffers, array.buffers, array.release) = (Int64(columns.first?.numbers.count ?? 0), Int64(columns.count), hold(arrays), 1, hold(none), free)
  }

  deinit { for memory in held { memory.deallocate() } }

  /// The handle of a table that has taken the array; the caller frees it.
  func table() -> OpaquePointer? {
    var table: OpaquePointer?
    // The table keeps the sample alive until it releases the array.
    let own = Unmanaged.passRetained(self)
    array.private_data = own.toOpaque()
    guard sode_table_from_array(&schema, &array, &table) == SODE_OK else {
      own.release()
      return nil
    }
    return table
  }
}
