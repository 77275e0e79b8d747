import CStableODE
import LinearAlgebra
import Networks
import Settings
import Stability
import Storage

// Section 15 of the header: certificates.

/// A certificate that a handle can own, with its text.
final class CertificateBox {
  let certificate: Certificate
  let text: String

  init(_ certificate: Certificate, text: String) { (self.certificate, self.text) = (certificate, text) }
}

@_cdecl("sode_network_certify") @implementation
public func sode_network_certify(
  _ network: OpaquePointer?, _ statement: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?, _ length: Int, _ input: UnsafePointer<sode_tensor>?,
  _ certificate: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(certificate, "certificate")
    let statement = try text(statement, "statement")
    let json: JSON? = options == nil ? nil : try json(options, length: length)
    try using(network, .network, "network") { network throws(Failure) in
      let view = try input.map { (pointer) throws(Failure) in try oneInput(try CallerTensor(pointer, "input"), network.plan) }
      let snapshot = network.snapshot
      let made = try Certificate.prove(statement, of: network, snapshot, json, input: view)
      let file = try ModelFile.encode(network, snapshot, libraryVersion: versionText)
      var hash = SHA256()
      try Watch.pieces(file.byteCount) { (piece) throws(Failure) in hash.update(UnsafeRawBufferPointer(start: file.base + piece.lowerBound, count: piece.count)) }
      let model = withExtendedLifetime(file) { (sha256: hash.digest(), bytes: file.byteCount) }
      try hand(CertificateBox(made, text: try made.text(model: model, libraryVersion: versionText)), .certificate, to: out)
    }
  }
}

/// A single input, with or without the axis of samples.
private func oneInput(_ tensor: CallerTensor, _ plan: NetworkPlan) throws(Failure) -> TensorView {
  if tensor.axes == 1, tensor.columns == plan.inputs {
    return TensorView(UnsafeRawPointer(tensor.base), type: tensor.type, rows: 1, columns: plan.inputs, rowStride: 0, columnStride: tensor.strides.3)
  }
  let view = try samples(tensor, plan)
  guard view.rows == 1 else { throw Failure(.shapeMismatch, "\(tensor.argument) has \(view.rows) samples; a certificate is about one input") }
  return view
}

@_cdecl("sode_certificate_verdict") @implementation
public func sode_certificate_verdict(_ certificate: OpaquePointer?, _ verdict: UnsafeMutablePointer<Int32>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(verdict, "verdict")
    try using(certificate, .certificate, "certificate") { box throws(Failure) in out.pointee = box.certificate.verdict.rawValue }
  }
}

@_cdecl("sode_certificate_number") @implementation
public func sode_certificate_number(_ certificate: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<Double>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(value, "value")
    let name = try text(name, "name")
    try using(certificate, .certificate, "certificate") { box throws(Failure) in
      guard let found = box.certificate.results.first(where: { $0.name == name }) else {
        throw unknownName(name, what: "number of the certificate", allowed: box.certificate.results.map(\.name))
      }
      out.pointee = found.value
    }
  }
}

@_cdecl("sode_certificate_json") @implementation
public func sode_certificate_json(_ certificate: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(certificate, .certificate, "certificate") { box throws(Failure) in try copyOut(box.text, buffer, capacity, needed) }
  }
}

@_cdecl("sode_certificate_free") @implementation
public func sode_certificate_free(_ certificate: OpaquePointer?) { free(certificate, .certificate, "certificate") }

@_cdecl("sode_network_repair") @implementation
public func sode_network_repair(
  _ network: OpaquePointer?, _ statement: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?, _ length: Int, _ distance: UnsafeMutablePointer<Double>?,
  _ repaired: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(repaired, "repaired")
    let statement = try text(statement, "statement")
    let json: JSON? = options == nil ? nil : try json(options, length: length)
    try using(network, .network, "network") { network throws(Failure) in
      let made = try Certificate.repaired(statement, network, network.snapshot, json)
      try hand(made.network, .network, to: out)
      distance?.pointee = made.distance
    }
  }
}

@_cdecl("sode_network_certified_radius") @implementation
public func sode_network_certified_radius(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ num_threads: Int64, _ classes: UnsafeMutablePointer<sode_tensor>?, _ radii: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    let threads = try threads(num_threads)
    try using(network, .network, "network") { network throws(Failure) in
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      let target = try CallerTensor(radii, "radii")
      try target.expectVector(count: batch.rows, "one radius per sample")
      try target.expectWritableReals()
      let names = try classes.map { (pointer) throws(Failure) in
        let tensor = try CallerTensor(pointer, "classes")
        try tensor.expectVector(count: batch.rows, "one class per sample")
        try tensor.expectWritableClasses()
        return tensor.writingColumn
      }
      let samples = try RadiusSamples(try CertifiedRadii(network, network.snapshot), network, batch, threads: threads)
      let results = try samples.results(roundedTo: target.writing.type)
      convert(results.radii, to: target.writingColumn)
      if let names { results.store(classesTo: names) }
    }
  }
}
