/// Where one sample of a solve stands.
struct SampleClock: BitwiseCopyable {
  /// Time since the layer began.
  var time = 0.0
  /// Where the last accepted step began.
  var begin = 0.0
  /// The step size to try next; once a step is chosen, the size being tried.
  var stepSize = 0.0
  /// log₂ of the last accepted error norm, 0 before the first.
  var logOfLast = 0.0
  /// The sample's column in the tile.
  var column: Int32
  var accepted: Int32 = 0
  var rejected: Int32 = 0
  /// Accepted steps after which the sample has arrived wherever it is.
  var limit = Int32.max
  /// The segment of the record that the next accepted step belongs to, and its place there.
  var segment: Int32 = 0
  var place: Int32 = 0
  var state = State.running
  /// Whether the last attempt was rejected, and whether it is this one that was accepted.
  var wasRejected = false
  var isAccepted = false
  var wasNotFinite = false
  /// Whether the step being tried ends the layer.
  var isFinal = false

  /// A sample runs until it arrives (finished) or cannot go on (stopped); its state is then given out (retired).
  enum State: UInt8 { case running, finished, stopped, retired, padding }

  /// A sample at the beginning of its layer.
  init(column: Int) { self.column = Int32(column) }

  /// A sample at the beginning of a segment, of which it takes `limit` steps.
  init(column: Int, segment: Int, from bookmark: AdaptiveRecord.Bookmark, limit: Int) {
    self.init(column: column)
    (time, stepSize, logOfLast) = (bookmark.time, bookmark.stepSize, bookmark.logOfLast)
    (self.segment, self.limit) = (Int32(segment), Int32(limit))
  }

  /// What step control knows after an accepted step.
  ///
  /// - Parameter lastSize: of the step.
  func bookmark(lastSize: Double) -> AdaptiveRecord.Bookmark {
    AdaptiveRecord.Bookmark(time: time, stepSize: stepSize, logOfLast: logOfLast, lastSize: lastSize)
  }

  /// Counts an accepted step into its segment; gives the slot of its state.
  mutating func passStep(_ schedule: SegmentSchedule) -> Int {
    let slot = Int(segment + place)
    place += 1
    if Int(place) == schedule.length(Int(segment)) { (segment, place) = (segment + 1, 0) }
    return slot
  }
}
