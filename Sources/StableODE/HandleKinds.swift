import Datasets
import Networks
import Settings
import Stability
import Training

// The kinds of handles. Their numbers are internal; 5 belongs to cancel tokens, which own no object.

extension HandleKind where Object == Network {
  static var network: HandleKind { HandleKind(number: 1, noun: "network", shared: true) }
}
extension HandleKind where Object == SpecificationBox {
  static var specification: HandleKind { HandleKind(number: 2, noun: "specification", shared: false) }
}
extension HandleKind where Object == Dataset {
  static var dataset: HandleKind { HandleKind(number: 3, noun: "dataset", shared: true) }
}
extension HandleKind where Object == TrainerBox {
  static var trainer: HandleKind { HandleKind(number: 4, noun: "trainer", shared: false) }
}
extension HandleKind where Object == Predictor {
  static var predictor: HandleKind { HandleKind(number: 6, noun: "predictor", shared: false) }
}
extension HandleKind where Object == GradientBox {
  static var gradient: HandleKind { HandleKind(number: 7, noun: "gradient", shared: false) }
}
extension HandleKind where Object == Table {
  static var table: HandleKind { HandleKind(number: 8, noun: "table", shared: true) }
}
extension HandleKind where Object == ColumnsBox {
  static var columns: HandleKind { HandleKind(number: 9, noun: "record of columns", shared: true) }
}
extension HandleKind where Object == CertificateBox {
  static var certificate: HandleKind { HandleKind(number: 11, noun: "certificate", shared: true) }
}
extension HandleKind where Object == SampleStream {
  static var stream: HandleKind { HandleKind(number: 10, noun: "stream", shared: false) }
}
extension HandleKind where Object == Report {
  static var report: HandleKind { HandleKind(number: 12, noun: "report", shared: true) }
}
extension HandleKind where Object == Stepper {
  static var stepper: HandleKind { HandleKind(number: 16, noun: "stepper", shared: false) }
}
