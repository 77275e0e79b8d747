import CStableODE
import Networks
import Settings
import Testing
import Training

struct IntrospectionEntriesTests {
  /// What C shows is what the modules describe, field by field.
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
      switch (option.kind, option.standard) {
      case (.integer(let bounds), .integer(let standard)):
        #expect(info.type == SODE_OPTION_INT && info.int_low == bounds.lowerBound && info.int_high == bounds.upperBound && info.int_default == standard)
      case (.real(let bounds, _), .real(let standard)):
        #expect(info.type == SODE_OPTION_REAL && info.real_low == bounds.lowerBound && info.real_high == bounds.upperBound && info.real_default == standard)
      case (.choice(let names), .text(let standard)):
        #expect(info.type == SODE_OPTION_TEXT && String(cString: info.choices) == names.joined(separator: ",") && String(cString: info.text_default) == standard)
      case (.text, .text(let standard)), (.reals, .text(let standard)):
        #expect(info.type == SODE_OPTION_TEXT && info.choices == nil && String(cString: info.text_default) == standard)
      default: Issue.record("\(option.key): its default is of another type than its kind")
      }
    }
    var info = sode_option_info()
    info.struct_size = UInt32(MemoryLayout<sode_option_info>.size)
    #expect(sode_option_at(scope, count, &info) == SODE_ERR_OUT_OF_RANGE)
  }
}
