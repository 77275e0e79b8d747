import CStableODE
import Settings
import Training

// Section 7 of the header: reading a trainer's options back. Setting them is in TrainerEntries.swift.

@_cdecl("sode_trainer_get_int") @implementation
public func sode_trainer_get_int(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<Int64>?) -> sode_status {
  get(trainer, key, value, "an integer or a truth value") { option in
    switch option {
    case .integer(let number): number
    case .flag(let isTrue): isTrue ? 1 : 0
    case .real, .text, .structure: nil
    }
  }
}

@_cdecl("sode_trainer_get_real") @implementation
public func sode_trainer_get_real(_ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<Double>?) -> sode_status {
  get(trainer, key, value, "a real number") { option in
    if case .real(let number) = option { number } else { nil }
  }
}

@_cdecl("sode_trainer_get_text") @implementation
public func sode_trainer_get_text(
  _ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in
      let key = try text(key, "key")
      let value = try present(key, of: box)
      guard case .text(let found) = value else { throw typeFailure(key, value, "a text") }
      try copyOut(found, buffer, capacity, needed)
    }
  }
}

@_cdecl("sode_trainer_json") @implementation
public func sode_trainer_json(
  _ trainer: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in
      let settings = try box.trainer.options.trainerSettings()
      try copyOut(try JSON.object(settings.map { ($0.key, $0.value.json) }).written(), buffer, capacity, needed)
    }
  }
}

/// Writes an option's value as one type.
/// - Parameters:
///   - wanted: the type in words.
///   - read: the value as this type; nil when it is of another.
private func get<Value>(
  _ trainer: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<Value>?, _ wanted: String, _ read: (OptionValue) -> Value?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(value, "value")
    try reading(trainer, .trainer, "trainer") { box throws(Failure) in
      let key = try text(key, "key")
      let option = try present(key, of: box)
      guard let found = read(option) else { throw typeFailure(key, option, wanted) }
      out.pointee = found
    }
  }
}

/// The value of an option.
/// - Throws: `state` for an automatic one that the first run is still to choose.
private func present(_ key: String, of box: TrainerBox) throws(Failure) -> OptionValue {
  if try box.trainer.options.isOpenInTraining(key) { throw Failure(.state, "\(key) is not set, and is chosen by the first run to suit the data") }
  return try box.trainer.options.value(key)
}

private func typeFailure(_ key: String, _ value: OptionValue, _ wanted: String) -> Failure {
  Failure(.unsupportedType, "\(key) is \(value.typeName); it was asked for as \(wanted)")
}
