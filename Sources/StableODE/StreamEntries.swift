import CStableODE
import Datasets
import LinearAlgebra
import Settings
import Training

// Section 7 of the header: streams of samples.

@_cdecl("sode_stream_create") @implementation
public func sode_stream_create(_ source: UnsafePointer<sode_source>?, _ buffer_samples: Int64, _ stream: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(stream, "stream")
    let given = try readStruct(try required(source, "source"), zero: sode_source(), "source")
    guard let next = given.next else { throw Failure(.nullPointer, "source->next is NULL; a function is needed") }
    let memory = CallerMemory(given.release, given.user_data)
    let made = try SampleStream(CallerSource(next, given.reset, given.user_data, memory), capacity: try checked(buffer_samples, "buffer_samples", in: 1...mostSamples))
    try hand(made, .stream, to: out)
    memory.isTaken = true
  }
}

@_cdecl("sode_stream_create_arrow") @implementation
public func sode_stream_create_arrow(
  _ open: sode_open?, _ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ user_data: UnsafeMutableRawPointer?, _ columns: OpaquePointer?,
  _ buffer_samples: Int64, _ stream: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(stream, "stream")
    let open = try required(open, "open")
    let capacity = try checked(buffer_samples, "buffer_samples", in: 1...mostSamples)
    try using(columns, .columns, "columns") { columns throws(Failure) in
      let memory = CallerMemory(release, user_data)
      try hand(try SampleStream(ArrowSource(open, user_data, memory, columns.record), capacity: capacity), .stream, to: out)
      memory.isTaken = true
    }
  }
}

@_cdecl("sode_stream_free") @implementation
public func sode_stream_free(_ stream: OpaquePointer?) { free(stream, .stream, "stream") }

/// A source that C functions give.
private final class CallerSource: SampleSource {
  private let nextFunction: sode_next
  private let resetFunction: sode_tick?
  private let userData: UnsafeMutableRawPointer?
  private let memory: CallerMemory
  private var hasBegun = false

  init(_ next: @escaping sode_next, _ reset: sode_tick?, _ userData: UnsafeMutableRawPointer?, _ memory: CallerMemory) {
    (nextFunction, resetFunction, self.userData, self.memory) = (next, reset, userData, memory)
  }

  func reset() throws(Failure) {
    if let resetFunction {
      try heed(try call(unsafeBitCast(resetFunction, to: UnsafeRawPointer.self), "reset of the source", [userData]), "reset of the source")
    } else if hasBegun {
      throw Failure(.state, "the source can be read once, because it has no function reset; a further pass is needed")
    }
    hasBegun = true
  }

  func next() throws(Failure) -> Dataset? {
    var batch: OpaquePointer?
    let answer = try withPointer(&batch) { pointer throws(Failure) in
      try call(unsafeBitCast(nextFunction, to: UnsafeRawPointer.self), "next of the source", [pointer, userData])
    }
    defer { free(batch, .dataset, "batch") }
    try heed(answer, "next of the source")
    guard batch != nil else { return nil }
    return try using(batch, .dataset, "the batch of the source") { $0 }
  }
}

/// A source of Arrow streams, one for each pass.
private final class ArrowSource: SampleSource {
  private let open: sode_open
  private let userData: UnsafeMutableRawPointer?
  private let memory: CallerMemory
  private let record: ColumnRecord
  private var pass: (stream: ArrowPass, reader: ArrowReader)?

  init(_ open: @escaping sode_open, _ userData: UnsafeMutableRawPointer?, _ memory: CallerMemory, _ record: ColumnRecord) {
    (self.open, self.userData, self.memory, self.record) = (open, userData, memory, record)
  }

  func reset() throws(Failure) {
    pass = nil
    let stream = ArrowPass()
    try heed(try call(unsafeBitCast(open, to: UnsafeRawPointer.self), "open", [UnsafeMutableRawPointer(stream.place), userData]), "open")
    pass = (stream, try ArrowReader(stream.place))
  }

  func next() throws(Failure) -> Dataset? {
    guard let pass else { throw Failure(.internal, "an Arrow source without a pass") }
    while let owner = try pass.reader.next() {
      let batch = try pass.reader.columns.batch(owner.array, firstRow: 0, owner: owner)
      if batch.count == 0 { continue }
      return try Dataset(Table(pass.reader.columns.schema, batches: [batch]), record, isCopied: false)
    }
    return nil
  }
}

/// The Arrow stream of one pass, which is released with this object.
private final class ArrowPass {
  let place: UnsafeMutablePointer<ArrowArrayStream>

  init() {
    place = .allocate(capacity: 1)
    place.initialize(to: ArrowArrayStream())
  }

  deinit {
    if let release = place.pointee.release { callRelease(unsafeBitCast(release, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self), place) }
    place.deallocate()
  }
}

/// Ends the work as a source's answer asks for.
private func heed(_ answer: Int32, _ what: StaticString) throws(Failure) {
  guard answer != 0 else { return }
  // A source that calls the library fails when the work must end; the reason of the end is then this one's too.
  try Watch.check()
  throw answer > 0 ? Failure(.stoppedByCallback, "\(what) returned \(answer)") : Failure(.callbackFailed, "\(what) returned \(answer)")
}
