import CStableODE
import Datasets
import Networks
import Settings
import Storage
import Training

// Sections 7 and 9 of the header: training, and checkpoint files. Cancel tokens are in CancelTokenEntries.swift.

@_cdecl("sode_trainer_create") @implementation
public func sode_trainer_create(_ network: OpaquePointer?, _ trainer: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(trainer, "trainer")
    try using(network, .network, "network") { network throws(Failure) in try hand(TrainerBox(Trainer(network)), .trainer, to: out) }
  }
}

@_cdecl("sode_trainer_set_int") @implementation
public func sode_trainer_set_int(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: Int64) -> sode_status {
  set(trainer, key) { () throws(Failure) in .integer(value) }
}

@_cdecl("sode_trainer_set_real") @implementation
public func sode_trainer_set_real(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: Double) -> sode_status {
  set(trainer, key) { () throws(Failure) in .real(value) }
}

@_cdecl("sode_trainer_set_text") @implementation
public func sode_trainer_set_text(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?) -> sode_status {
  set(trainer, key) { () throws(Failure) in .text(try text(value, "value")) }
}

@_cdecl("sode_trainer_set_json") @implementation
public func sode_trainer_set_json(_ trainer: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ length: Int) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      let given = try json(text, length: length)
      guard let members = given.members else {
        throw Failure(.invalidArgument, "trainer options are a JSON object; given: \(given.kindName)")
      }
      var settings: [(key: String, value: OptionValue?)] = []
      for (key, value) in members { settings.append((key, setting(value))) }
      try box.trainer.set(settings)
    }
  }
}

@_cdecl("sode_trainer_set_callback") @implementation
public func sode_trainer_set_callback(_ trainer: OpaquePointer?, _ callback: sode_callback?, _ user_data: UnsafeMutableRawPointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      box.callback = callback
      box.userData = user_data
    }
  }
}

@_cdecl("sode_trainer_run") @implementation
public func sode_trainer_run(
  _ trainer: OpaquePointer?, _ training: OpaquePointer?, _ validation: OpaquePointer?, _ limits: UnsafePointer<sode_limits>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      try withRun(training, validation, limits) { training, validation, limits throws(Failure) in
        try box.withCallback { () throws(Failure) in try box.trainer.run(training: training, validation: validation, limits: limits, onEvent: { event in calling(back: trainer) { box.report(event) } }) }
      }
    }
  }
}

/// Calls `body` with the data and limits of a run.
private func withRun(
  _ training: OpaquePointer?, _ validation: OpaquePointer?, _ limits: UnsafePointer<sode_limits>?,
  _ body: (Dataset, Dataset?, TrainingLimits) throws(Failure) -> Status
) throws(Failure) -> Status {
  let limits = try CallLimits(limits)
  return try using(training, .dataset, "training") { training throws(Failure) in
    try usingOptional(validation, .dataset, "validation") { validation throws(Failure) in
      try watching(limits) { () throws(Failure) in
        try body(training, validation, TrainingLimits(epochs: limits.epochs, watch: .current))
      }
    }
  }
}

@_cdecl("sode_trainer_run_stream") @implementation
public func sode_trainer_run_stream(
  _ trainer: OpaquePointer?, _ training: OpaquePointer?, _ validation: OpaquePointer?, _ limits: UnsafePointer<sode_limits>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    let limits = try CallLimits(limits)
    return try using(trainer, .trainer, "trainer") { box throws(Failure) in
      try using(training, .stream, "training") { stream throws(Failure) in
        try usingOptional(validation, .dataset, "validation") { validation throws(Failure) in
          try watching(limits) { () throws(Failure) in
            try box.withCallback { () throws(Failure) in
              try box.trainer.run(training: .stream(stream), validation: validation, limits: TrainingLimits(epochs: limits.epochs, watch: .current)) { event in
                calling(back: trainer) { box.report(event) }
              }
            }
          }
        }
      }
    }
  }
}

/// Hands out a finer trainer and its network, or neither on failure.
private func hand(
  _ finer: Trainer, of box: TrainerBox, _ network: UnsafeMutablePointer<OpaquePointer?>, _ trainer: UnsafeMutablePointer<OpaquePointer?>
) throws(Failure) {
  let next = TrainerBox(finer)
  (next.callback, next.userData) = (box.callback, box.userData)
  try hand(next, network, trainer)
}

/// Hands out a trainer and its network, or neither on failure.
private func hand(_ box: TrainerBox, _ network: UnsafeMutablePointer<OpaquePointer?>, _ trainer: UnsafeMutablePointer<OpaquePointer?>) throws(Failure) {
  var made: OpaquePointer?
  try hand(box.trainer.network, .network, to: &made)
  do throws(Failure) {
    try hand(box, .trainer, to: trainer)
  } catch {
    free(made, .network, "network")
    throw error
  }
  network.pointee = made
}

@_cdecl("sode_trainer_history_count") @implementation
public func sode_trainer_history_count(_ trainer: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in out.pointee = Int64(box.present.history.count) }
  }
}

@_cdecl("sode_trainer_history_at") @implementation
public func sode_trainer_history_at(_ trainer: OpaquePointer?, _ index: Int64, _ row: UnsafeMutablePointer<sode_progress>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(row, "row")
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in
      try writeStruct(progress(try element(of: box.present.history, index)), to: out, "row")
    }
  }
}

@_cdecl("sode_trainer_save") @implementation
public func sode_trainer_save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> sode_status {
  reporting { () throws(Failure) in
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in
      try CheckpointFile.save(box.present, to: try text(path, "path"), libraryVersion: versionText)
    }
  }
}

@_cdecl("sode_trainer_load") @implementation
public func sode_trainer_load(
  _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?, _ trainer: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let path = try text(path, "path")
    let networkOut = try required(network, "network")
    let trainerOut = try required(trainer, "trainer")
    try hand(TrainerBox(try CheckpointFile.load(path)), networkOut, trainerOut)
  }
}

@_cdecl("sode_trainer_refine") @implementation
public func sode_trainer_refine(
  _ trainer: OpaquePointer?, _ prolongation: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?,
  _ finer: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let networkOut = try required(network, "network")
    let trainerOut = try required(finer, "finer")
    let prolongation = try prolongations(try text(prolongation, "prolongation"))
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      try hand(try box.trainer.refined(prolongation), of: box, networkOut, trainerOut)
    }
  }
}

@_cdecl("sode_multilevel_run") @implementation
public func sode_multilevel_run(
  _ trainer: OpaquePointer?, _ layers: Int64, _ prolongation: UnsafePointer<CChar>?, _ training: OpaquePointer?, _ validation: OpaquePointer?,
  _ limits: UnsafePointer<sode_limits>?, _ network: UnsafeMutablePointer<OpaquePointer?>?, _ finest: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    let networkOut = try required(network, "network")
    let trainerOut = try required(finest, "finest")
    let layers = try checked(layers, "layers", in: 1...1_000_000)
    let prolongation = try prolongations(try text(prolongation, "prolongation"))
    return try using(trainer, .trainer, "trainer") { box throws(Failure) in
      try withRun(training, validation, limits) { training, validation, limits throws(Failure) in
        defer { box.level = nil }
        let (level, status) = try box.withCallback { () throws(Failure) in
          try trainMultilevel(
            box.trainer, to: layers, prolongation, training: training, validation: validation, limits: limits, onLevel: { box.level = $0 },
            onEvent: { event in calling(back: trainer) { box.report(event) } })
        }
        if level === box.trainer {
          (networkOut.pointee, trainerOut.pointee) = (nil, nil)
        } else {
          try hand(level, of: box, networkOut, trainerOut)
        }
        return status
      }
    }
  }
}

@_cdecl("sode_trainer_free") @implementation
public func sode_trainer_free(_ trainer: OpaquePointer?) { free(trainer, .trainer, "trainer") }

/// A trainer with the caller's callback.
final class TrainerBox {
  let trainer: Trainer
  var callback: sode_callback?
  var userData: UnsafeMutableRawPointer?
  /// The trainer of the level that sode_multilevel_run is training.
  var level: Trainer?

  init(_ trainer: Trainer) { self.trainer = trainer }

  /// The trainer that callbacks read and save: the one of the level that is being trained.
  var present: Trainer { level ?? trainer }

  /// The failure for what the callback threw in the present run.
  private var exception: Failure?

  /// Runs `body`, which reports to the callback. If the run ends because the callback threw an exception, the failure has the exception's text.
  func withCallback<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    exception = nil
    do throws(Failure) { return try body() } catch {
      throw error.status == .callbackFailed ? exception ?? error : error
    }
  }

  /// Passes an event to the callback and gives its answer; 0 without a callback.
  func report(_ happened: TrainingEvent) -> Int32 {
    guard let callback else { return 0 }
    var progress = progress(happened)
    do throws(Failure) {
      return try withPointer(&progress) { progress throws(Failure) in
        try call(unsafeBitCast(callback, to: UnsafeRawPointer.self), "the callback", [progress, userData])
      }
    } catch {
      exception = error
      return -1
    }
  }
}

/// A training event as the C struct.
private func progress(_ event: TrainingEvent) -> sode_progress {
  var row = sode_progress()
  row.struct_size = UInt32(MemoryLayout<sode_progress>.size)
  row.kind = event.kind.rawValue
  row.epoch = Int64(event.epoch)
  row.step = Int64(event.step)
  row.epoch_fraction = event.epochFraction
  row.training_loss = event.trainingLoss
  row.training_accuracy = event.trainingAccuracy
  row.validation_loss = event.validationLoss
  row.validation_accuracy = event.validationAccuracy
  row.learning_rate = event.learningRate
  row.seconds = event.seconds
  row.is_best = event.isBest ? 1 : 0
  row.work = event.work
  row.level = Int32(event.level)
  row.validation_metric = event.validationMetric
  row.objective = event.objective
  return row
}

/// The value of a member; nil for null, which gives the option its default again.
private func setting(_ json: JSON) -> OptionValue? {
  if case .null = json { return nil }
  return OptionValue(json)
}

private func set(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: () throws(Failure) -> OptionValue) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in try box.trainer.set(try text(key, "key"), try value()) }
  }
}
