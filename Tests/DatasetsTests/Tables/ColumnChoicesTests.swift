import Datasets
import Settings
import Testing

@Suite struct ColumnChoicesTests {
  @Test func choicesAreRead() throws {
    let choices = try ColumnChoices(#"{"target": "y", "classes": "always", "missing": "mean", "unseen": "zeros", "ignore": ["a", "b"], "columns": {"c": {"kind": "category"}}}"#)
    #expect(choices.targets == ["y"] && choices.classes == .always && choices.missing == .mean && choices.unseen == .zeros && choices.ignored == ["a", "b"] && choices.columns["c"] != nil)
    let none = try ColumnChoices(#"{"target": null}"#)
    #expect(none.targets.isEmpty && none.classes == .automatic && none.missing == .error && none.unseen == .error)
  }

  @Test func wrongChoicesAreNamed() {
    for (text, message) in [
      (#"{"targt": "y"}"#, "unknown option of columns 'targt'; did you mean 'target'?"), (#"{"missing": "men"}"#, "unknown missing 'men'; did you mean 'mean'?"),
      (#"{"target": 3}"#, "target is an integer; it must be the name of a column"), (#"{"target": ["a", "a"]}"#, "names the column 'a' twice"), ("3", "they must be an object"),
      (#"{"columns": {"c": {"kin": 1}}}"#, "unknown option of a column 'kin'; did you mean 'kind'?"), (#"{"columns": {"c": {"categories": []}}}"#, "columns.c: categories must be a list of 1 … 65536 texts, integers or booleans"),
      (#"{"columns": {"c": {"categories": "ab"}}}"#, "categories is a text; it must be a list of texts, integers or booleans"),
      (#"{"columns": {"c": {"categories": ["a", 1.5]}}}"#, "columns.c: a category is a real number"), (#"{"columns": {"c": {"categories": ["a", "b", "a"]}}}"#, "columns.c: the category 'a' occurs twice"),
      (#"{"columns": {"c": {"categories": [\#((0...ColumnRecord.mostCategories).map { "\($0)" }.joined(separator: ","))]}}}"#, "columns.c: categories must be a list of 1 … 65536"),
      (#"{"columns": 3}"#, "columns is an integer"), (#"{"unseen": true}"#, "unseen is true or false"),
    ] {
      do {
        _ = try ColumnChoices(text)
        Issue.record("\(text) was taken")
      } catch { #expect("\(error)".contains(message), "\(error)") }
    }
  }
}
