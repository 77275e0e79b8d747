/// The progress of one sample in a solve: its time, its step size and what step control remembers.
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
  /// The number of accepted steps after which the sample's solve ends, at whatever time.
  var limit = Int32.max
  /// The segment of the record that the next accepted step belongs to, and its place there.
  var segment: Int32 = 0
  var place: Int32 = 0
  var state = State.running
  /// Whether the last step was rejected, and whether the step of this round was accepted.
  var wasRejected = false
  var isAccepted = false
  var wasNotFinite = false
  /// Whether the step being tried ends the layer.
  var isFinal = false

  /// A sample runs until it arrives (finished) or cannot continue (stopped). Once its final state has been written, it is retired.
  enum State: UInt8 { case running, finished, stopped, retired, padding }

  /// A sample at the beginning of its layer.
  init(column: Int) { self.column = Int32(column) }

  /// A sample at the beginning of a segment, of which it takes `limit` steps.
  init(column: Int, segment: Int, from bookmark: AdaptiveRecord.Bookmark, limit: Int) {
    self.init(column: column)
    (time, stepSize, logOfLast) = (bookmark.time, bookmark.stepSize, bookmark.logOfLast)
    (self.segment, self.limit) = (Int32(segment), Int32(limit))
  }

  /// The state of step control after an accepted step.
  ///
  /// - Parameter lastSize: the size of this step.
  func bookmark(lastSize: Double) -> AdaptiveRecord.Bookmark {
    AdaptiveRecord.Bookmark(time: time, stepSize: stepSize, logOfLast: logOfLast, lastSize: lastSize)
  }

  /// Counts an accepted step in its segment and returns the slot of its state.
  mutating func passStep(_ schedule: SegmentSchedule) -> Int {
    let slot = Int(segment + place)
    place += 1
    if Int(place) == schedule.length(Int(segment)) { (segment, place) = (segment + 1, 0) }
    return slot
  }
}
