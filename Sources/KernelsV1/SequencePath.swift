import CKernels

/// Each sample's path at each point, or for the transpose the points' cotangents added to the observations.
///
/// Sample by sample and channel by channel: knots and points ascend together, so that each is visited once.
@inline(__always) func path<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: PathCall.self).pointee
  var sample = 0
  while sample < c.columns {
    var work = SamplePath<F.Scalar>(c, sample)
    work.run()
    sample &+= 1
  }
}

/// One sample's observations and the places of its points.
private struct SamplePath<S: KernelScalar> {
  let c: PathCall
  let knots: UnsafePointer<S>
  let values: UnsafeMutablePointer<S>
  let out: UnsafeMutablePointer<S>
  /// The first and the last step with an observation; -1 without any.
  var first = -1
  var last = -1
  /// The sample's time = origin + rate·the block's time.
  var origin = 0.0
  var rate = 1.0

  @inline(__always) init(_ c: PathCall, _ sample: Int) {
    self.c = c
    knots = c.knots.assumingMemoryBound(to: S.self) + sample
    values = c.values.assumingMemoryBound(to: S.self) + sample
    out = c.out.assumingMemoryBound(to: S.self) + sample
  }

  @inline(__always) mutating func run() {
    if c.maskOffset < 0 { (first, last) = (0, c.steps &- 1) }
    var step = c.maskOffset < 0 ? c.steps : 0
    while step < c.steps {
      if isPresent(step) {
        if first < 0 { first = step }
        last = step
      }
      step &+= 1
    }
    if c.isScaled {
      origin = first < 0 ? 0 : time(first)
      rate = first < 0 ? 0 : (time(last) - origin) / c.horizon
    }
    if !c.isTransposed, c.lead > 0 { lead() }
    var channel = 0
    while channel < c.channels {
      if c.interpolation == 0 { hold(channel) } else { interpolate(channel) }
      channel &+= 1
    }
  }

  @inline(__always) func time(_ step: Int) -> Double {
    c.timeOffset < 0 ? Double(step) : Double(knots[(step &* c.stepWidth &+ c.timeOffset) &* c.knotStride])
  }

  @inline(__always) func isObserved(_ step: Int, _ channel: Int) -> Bool {
    c.maskOffset < 0 || knots[(step &* c.stepWidth &+ c.maskOffset &+ channel) &* c.knotStride] != 0
  }

  /// Whether any channel is observed.
  @inline(__always) func isPresent(_ step: Int) -> Bool {
    if c.maskOffset < 0 { return true }
    var channel = 0
    while channel < c.channels {
      if isObserved(step, channel) { return true }
      channel &+= 1
    }
    return false
  }

  /// The next step at which the channel is observed; -1 after the last.
  @inline(__always) func next(_ step: Int, _ channel: Int) -> Int {
    var step = step &+ 1
    while step < c.steps {
      if isObserved(step, channel) { return step }
      step &+= 1
    }
    return -1
  }

  @inline(__always) func place(_ point: Int, _ row: Int) -> UnsafeMutablePointer<S> {
    out + (point &* (c.lead &+ c.channels) &+ row) &* c.outStride
  }

  @inline(__always) func value(_ step: Int, _ channel: Int) -> UnsafeMutablePointer<S> {
    values + (step &* c.stepWidth &+ c.valueOffset &+ channel) &* c.valueStride
  }

  /// The rows before the channels: whether there is an observation, or the time since the last one and the weight of this one. No tangent: times and masks are given.
  @inline(__always) private func lead() {
    var step = -1
    var (gap, before) = (0.0, 0.0)
    var isFirst = true
    var point = 0
    while point < c.count {
      let at = c.points[point]
      while step < at.step {
        step &+= 1
        let isHere = isPresent(step)
        gap = isHere && !isFirst ? time(step) - before : 0
        if isHere { (before, isFirst) = (time(step), false) }
      }
      if c.isTangent {
        var row = 0
        while row < c.lead {
          place(point, row).pointee = 0
          row &+= 1
        }
      } else if c.form == 2 {
        place(point, 0).pointee = rate > 0 ? S(gap / rate * at.gap) : 0
        place(point, 1).pointee = isPresent(at.step) ? S(at.weight) : 0
      } else if at.step >= 0 {
        place(point, 0).pointee = isPresent(at.step) ? 1 : 0
      } else {
        let begin = origin + rate * at.begin
        place(point, 0).pointee = first >= 0 && time(first) <= begin && begin < time(last) ? 1 : 0
      }
      point &+= 1
    }
  }

  /// The channel as it was last observed, 0 before that and between events.
  @inline(__always) private func hold(_ channel: Int) {
    var (step, held) = (-1, -1)
    var point = 0
    while point < c.count {
      let at = c.points[point]
      while step < at.step {
        step &+= 1
        if isObserved(step, channel) { held = step }
      }
      let target = place(point, c.lead &+ channel)
      let isRead = held >= 0 && (c.form != 2 || at.weight != 0)
      if c.isTransposed {
        if isRead { value(held, channel).pointee += target.pointee }
      } else {
        target.pointee = isRead ? value(held, channel).pointee : 0
      }
      point &+= 1
    }
  }

  /// The channel's path through its own observations: keep·x₀ + a(x₁ − x₀) + b(x₀ − x₋₁) between the knots x₀ and x₁.
  @inline(__always) private func interpolate(_ channel: Int) {
    var previous = -1
    var left = next(-1, channel)
    var right = left < 0 ? -1 : next(left, channel)
    var before = 0.0
    var start = left < 0 ? 0 : time(left)
    var end = right < 0 ? 0 : time(right)
    let keep: S = c.form == 1 ? 0 : 1
    var point = 0
    while point < c.count {
      let at = c.points[point]
      let lookup = origin + rate * at.lookup
      while right >= 0, end <= lookup {
        (previous, left, right) = (left, right, next(right, channel))
        (before, start) = (start, end)
        if right >= 0 { end = time(right) }
      }
      let target = place(point, c.lead &+ channel)
      var (a, b) = (0.0, 0.0)
      if right >= 0, lookup >= start {
        let length = end - start
        let u = (origin + rate * at.time - start) / length
        // Without a slope on the left the first piece is linear; after a jump the path starts level.
        let ratio = previous >= 0 && start > before ? length / (start - before) : 0
        if c.interpolation == 1 || previous < 0 {
          a = c.form == 1 ? rate / length : u
        } else if c.form == 1 {
          a = u * (4 - 3 * u) * (rate / length)
          b = (1 - u) * (1 - 3 * u) * ratio * (rate / length)
        } else {
          a = u * u * (2 - u)
          b = u * (1 - u) * (1 - u) * ratio
        }
      }
      if left < 0 {
        if !c.isTransposed { target.pointee = 0 }
      } else if c.isTransposed {
        let cotangent = target.pointee
        value(left, channel).pointee += cotangent * (keep - S(a) + S(b))
        if a != 0 { value(right, channel).pointee += cotangent * S(a) }
        if b != 0 { value(previous, channel).pointee -= cotangent * S(b) }
      } else {
        let here = value(left, channel).pointee
        var sum = keep * here
        if a != 0 { sum += S(a) * (value(right, channel).pointee - here) }
        if b != 0 { sum += S(b) * (here - value(previous, channel).pointee) }
        target.pointee = sum
      }
      point &+= 1
    }
  }
}
