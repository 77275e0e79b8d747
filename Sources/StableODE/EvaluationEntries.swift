import CStableODE
import Datasets
import Networks
import Settings
import Training

// Section 8 of the header, the part that takes a dataset.

@_cdecl("sode_network_evaluate") @implementation
public func sode_network_evaluate(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ evaluation: UnsafeMutablePointer<sode_evaluation>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(evaluation, "evaluation")
    _ = try structSize(out, "evaluation")
    let threads = try threads(num_threads)
    try using(network, .network, "network") { network throws(Failure) in
      try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
        let result = try evaluate(network, on: dataset, threads: threads)
        var evaluation = sode_evaluation()
        evaluation.samples = Int64(result.samples)
        evaluation.loss = result.loss
        evaluation.accuracy = result.accuracy
        try writeStruct(evaluation, to: out, "evaluation")
      }
    }
  }
}
