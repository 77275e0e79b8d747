import CStableODE
import Foundation

// stableode-benchmarks --data FOLDER [--workloads W1,W2] [--what step,infer1] [--precisions f32] [--threads 1] [--groups 7] [--seconds 0.2] [--peer COMMAND] [--image-peer COMMAND]
// Writes one JSON line per number to standard output. Measures only through the C interface, except for the workload `kernels`, which measures the convolution kernels themselves.

let allWhat = ["infer1", "infer1024", "step", "epoch"] + NodeSuite.allWhat + StreamSuite.allWhat
var options = [
  "data": "", "workloads": (Workload.all.map(\.name) + [NodeSuite.name, StreamSuite.name, ConvolutionSuite.name] + ImageSuite.names).joined(separator: ","), "what": allWhat.joined(separator: ","),
  "precisions": Workload.Precision.allCases.map(\.rawValue).joined(separator: ","), "threads": "1", "groups": "7", "seconds": "0.2", "peer": "", "image-peer": "",
]

func fail(_ text: String) -> Never {
  FileHandle.standardError.write(Data("stableode-benchmarks: \(text)\n".utf8))
  exit(1)
}

var arguments = CommandLine.arguments.dropFirst()
while let flag = arguments.popFirst() {
  guard flag.hasPrefix("--"), options[String(flag.dropFirst(2))] != nil, let value = arguments.popFirst() else {
    fail("unknown or incomplete option \(flag); there are: " + options.keys.sorted().map { "--\($0) VALUE" }.joined(separator: " "))
  }
  options[String(flag.dropFirst(2))] = value
}
func list(_ option: String) -> Set<String> { Set((options[option] ?? "").split(separator: ",").map(String.init)) }
guard let threads = Int(options["threads"] ?? ""), threads >= 1, let groups = Int(options["groups"] ?? ""), groups >= 1,
  let seconds = Double(options["seconds"] ?? ""), seconds >= 0
else { fail("--threads and --groups take a whole number >= 1, --seconds a number >= 0") }

let timing = Timing(groups: groups, seconds: seconds, threads: threads)
FileHandle.standardError.write(Data("\(String(cString: sode_build_info()))\n".utf8))
do {
  for precision in Workload.Precision.allCases where list("precisions").contains(precision.rawValue) {
    let command = options["peer"] ?? ""
    let peer = command.isEmpty ? nil : try Peer(command, precision)
    for workload in Workload.all where list("workloads").contains(workload.name) && workload.precisions.contains(precision) {
      let subject = try Subject(workload, precision, threads: threads, data: options["data"] ?? "")
      for what in allWhat where list("what").contains(what) && !(NodeSuite.allWhat + StreamSuite.allWhat).contains(what) {
        if what == "epoch", workload.epochBatch == nil { continue }
        let beside = try peer?.prepare(workload.name, what) == true ? peer.map { peer in { try peer.group(seconds) } } : nil
        switch what {
        case "infer1": try measureInference(subject, batch: 1, timing, beside: beside)
        case "infer1024": try measureInference(subject, batch: 1024, timing, beside: beside)
        case "step": try measureStep(subject, timing, beside: beside)
        default: try measureEpoch(subject, timing, beside: beside)
        }
      }
    }
    if precision == .f32, list("workloads").contains(StreamSuite.name) {
      let suite = try StreamSuite()
      defer { suite.free() }
      for what in StreamSuite.allWhat where list("what").contains(what) { try suite.measure(what, timing) }
    }
    if precision == .f32, list("workloads").contains(ConvolutionSuite.name) { try ConvolutionSuite(timing: Timing(groups: groups, seconds: seconds / 10, threads: 1)).measure() }
    if precision == .f32, ImageSuite.names.contains(where: { list("workloads").contains($0) }) {
      let command = options["image-peer"] ?? ""
      let peer = command.isEmpty ? nil : try Peer(command, precision)
      for name in ImageSuite.names where list("workloads").contains(name) {
        // The peer writes W6's initial weights when it prepares its first run.
        _ = try peer?.prepare(name, "infer1")
        let suite = try ImageSuite(name, threads: threads, data: options["data"] ?? "")
        defer { suite.free() }
        for what in ImageSuite.allWhat where list("what").contains(what) {
          let beside = try peer?.prepare(name, what) == true ? peer.map { peer in { try peer.group(seconds) } } : nil
          try suite.measure(what, timing, beside: beside, peerName: peer?.detail ?? "")
        }
      }
    }
    if precision == .f32, list("workloads").contains(NodeSuite.name) {
      let suite = try NodeSuite(threads: threads, data: options["data"] ?? "")
      defer { suite.free() }
      for what in NodeSuite.allWhat where list("what").contains(what) {
        let beside = try peer?.prepare(NodeSuite.name, what) == true ? peer.map { peer in { try peer.group(seconds) } } : nil
        try suite.measure(what, timing, beside: beside)
      }
    }
  }
} catch {
  fail("\(error)")
}
