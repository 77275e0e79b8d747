import CStableODE
import Networks
import Settings
import Testing
import Training

struct IntrospectionEntriesTests {
  /// The C interface reports what the modules describe, field by field.
  @Test(arguments: ["network", "block", "trainer"]) func optionsAreTheModules(_ scope: String) throws {
    let described = ["network": networkOptions, "block": blockOptions, "trainer": trainerOptions][scope] ?? []
    var count: Int64 = 0
    #expect(sode_option_count(scope, &count) == SODE_OK)
    #expect(count == described.count && count > 0)
    for (index, option) in described.enumerated() {
      var info = sode_option_info()
      info.struct_size = UInt32(MemoryLayout<sode_option_info>.size)
      #expect(sode_option_at(scope, Int64(index), &info) == SODE_OK)
      #expect(String(cString: info.key) == option.key && String(cString: info.help) == option.help && String(cString: info.unit) == option.unit)
      #expect((info.required == 1) == option.isRequired)
      if option.isRequired { #expect(info.int_default == 0 && info.text_default == nil); continue }
      switch (option.kind, option.standard) {
      case (.flag, .flag(let standard)):
        #expect(info.type == SODE_OPTION_BOOL && info.int_low == 0 && info.int_high == 1 && info.int_default == (standard ? 1 : 0))
      case (.integer(let bounds), .integer(let standard)):
        #expect(info.type == SODE_OPTION_INT && info.int_low == bounds.lowerBound && info.int_high == bounds.upperBound && info.int_default == standard)
      case (.real(let bounds, _), .real(let standard)):
        #expect(info.type == SODE_OPTION_REAL && info.real_low == bounds.lowerBound && info.real_high == bounds.upperBound && info.real_default == standard)
      case (.choice(let names), .text(let standard)):
        #expect(info.type == SODE_OPTION_TEXT && String(cString: info.choices) == names.joined(separator: ",") && String(cString: info.text_default) == standard)
      case (.text, .text(let standard)), (.reals, .text(let standard)):
        #expect(info.type == SODE_OPTION_TEXT && info.choices == nil && String(cString: info.text_default) == standard)
      default: Issue.record("\(option.key): the type of its default does not match its kind")
      }
    }
    var info = sode_option_info()
    info.struct_size = UInt32(MemoryLayout<sode_option_info>.size)
    #expect(sode_option_at(scope, count, &info) == SODE_ERR_OUT_OF_RANGE)
  }

  /// A choice lists the options that apply to it, and each of these options names the choice.
  @Test(arguments: [("field", "antisymmetric", "gamma"), ("integrator", "dopri5", "max_steps"), ("optimizer", "sgd", "momentum"), ("opening", "sequence", "channels")])
  func choicesListTheirOptions(_ option: String, _ choice: String, _ key: String) throws {
    var count: Int64 = 0
    #expect(sode_option_count("\(option)=\(choice)", &count) == SODE_OK)
    var keys: [String] = []
    for index in 0..<count {
      var info = sode_option_info()
      info.struct_size = UInt32(MemoryLayout<sode_option_info>.size)
      #expect(sode_option_at("\(option)=\(choice)", index, &info) == SODE_OK)
      let takers = try #require(info.taken_by.map { String(cString: $0) })
      #expect(takers.contains("\(option)=") && takers.contains(choice))
      keys.append(String(cString: info.key))
    }
    #expect(keys.contains(key))
    #expect(sode_option_count("\(option)=nothing", &count) == SODE_ERR_UNKNOWN_NAME)
  }

  @Test(arguments: ["registries", "scopes"]) func listingsListThemselves(_ listing: String) {
    var count: Int64 = 0
    #expect(sode_registry_count(listing, &count) == SODE_OK && count >= 3)
    for index in 0..<count {
      var (name, help): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
      #expect(sode_registry_at(listing, index, &name, &help) == SODE_OK)
      var entries: Int64 = 0
      #expect((listing == "scopes" ? sode_option_count(name, &entries) : sode_registry_count(name, &entries)) == SODE_OK && entries > 0)
    }
  }
}
