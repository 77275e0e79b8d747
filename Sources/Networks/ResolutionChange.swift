import LinearAlgebra
import Settings
import VectorFields

/// The same network for images of twice the height and width, or of half: multi-level learning between resolutions.
///
/// Kernels of three pixels become those of the other grid by the Galerkin relation (`GalerkinStencils`); those of one pixel, biases, normalizations and an integrator's numbers stay. Kernels with a stride stay as well,
/// because the restricted operator has no stencil of their size. Weights of single pixels (a dense readout of an image, a dense connector) are spread over the pixels, so that an image whose pixels are repeated has the same value.
/// Source: Haber, Ruthotto, Holtham & Jun 2017, "Learning across scales" (arXiv:1703.02009).
package struct ResolutionChange: Sendable {
  package enum Direction: Sendable { case finer, coarser }

  package let before: NetworkPlan
  package let after: NetworkPlan
  private let direction: Direction
  /// One for each tensor.
  private let rules: [Rule]

  private enum Rule: Sendable {
    case copy
    case stencils(rows: Int, columns: Int)
    case pixels(PixelGrid)
  }

  /// - Throws: `.incompatible` for a network whose inputs are no images, and for kernels that have no counterpart on the other grid; `.shapeMismatch` for images that cannot be halved, and where an image inside the network has one pixel along an axis on one grid alone.
  package init(_ plan: NetworkPlan, _ direction: Direction) throws(Failure) {
    guard plan.inputShape.isImage else {
      throw Failure(.incompatible, "the network's inputs are a list of \(plan.inputs) features; only networks of images (option input_shape) have other resolutions")
    }
    let shape = try Self.changed(plan.inputShape, direction, "input_shape")
    // Signals of one axis were given without a height.
    let hasHeight = try plan.specification.network.reals("input_shape").count == 3
    let extents = hasHeight ? [shape.channels, shape.height, shape.width] : [shape.channels, shape.width]
    var specification = try plan.specification.changingNetwork("input_shape", .text(extents.map(String.init).joined(separator: ",")))
    if specification.network.isSet("inputs") { specification = try specification.changingNetwork("inputs", .integer(Int64(shape.features))) }
    (before, self.direction) = (plan, direction)
    after = try NetworkPlan(specification)
    guard before.tensors.map(\.name) == after.tensors.map(\.name) else { throw Failure(.incompatible, "at the other resolution the network has other tensors") }
    var rules: [Rule] = []
    for (old, new) in zip(before.tensors, after.tensors) { rules.append(try Self.rule(old, new, before, after, direction)) }
    self.rules = rules
  }

  /// - Throws: `.shapeMismatch` for an odd extent that would be halved.
  private static func changed(_ shape: Shape, _ direction: Direction, _ name: String) throws(Failure) -> Shape {
    func extent(_ pixels: Int) -> Int { pixels == 1 ? 1 : direction == .finer ? 2 * pixels : pixels / 2 }
    for pixels in [shape.height, shape.width] where direction == .coarser && pixels > 1 && (pixels % 2 != 0 || pixels == 2) {
      throw Failure(.shapeMismatch, "\(name) is an image of \(shape); to halve it, its height and width must be even and at least 4, or 1")
    }
    return Shape(channels: shape.channels, height: extent(shape.height), width: extent(shape.width))
  }

  private static func rule(_ old: ParameterTensor, _ new: ParameterTensor, _ before: NetworkPlan, _ after: NetworkPlan, _ direction: Direction) throws(Failure) -> Rule {
    guard old.shape == new.shape else {
      if let stencil = old.stencil, let other = new.stencil, (stencil.rows, stencil.columns) != (other.rows, other.columns) {
        let (fine, coarse) = direction == .finer ? (other, stencil) : (stencil, other)
        throw Failure(
          .shapeMismatch,
          "\(old.name) has kernels of \(fine.rows) × \(fine.columns) pixels, but \(coarse.rows) × \(coarse.columns) at the coarser resolution, where the image inside the network that they act on has one pixel along an axis; every image inside must keep 2 pixels or more there"
        )
      }
      // A matrix that reads an image.
      let (shapes, others) = (image(read: old.name, before), image(read: new.name, after))
      let isReader = old.shape.count == 2 && new.shape.count == 2 && old.shape[0] == new.shape[0] && shapes.features == old.shape[1] && others.features == new.shape[1]
      guard isReader, try changed(shapes, direction, old.name) == others else {
        throw Failure(.incompatible, "\(old.name) has shape \(old.shape), and \(new.shape) at the other resolution; no rule converts it")
      }
      let fine = direction == .finer ? others : shapes
      return .pixels(PixelGrid(channels: fine.channels, height: fine.height, width: fine.width))
    }
    guard let stencil = old.stencil, stencil.stride == 1, stencil.rows * stencil.columns > 1 else { return .copy }
    guard [1, 3].contains(stencil.rows), [1, 3].contains(stencil.columns), stencil.dilation == 1 else {
      throw Failure(
        .incompatible,
        "\(old.name) has kernels of \(stencil.rows) × \(stencil.columns) pixels\(stencil.dilation == 1 ? "" : " with dilation \(stencil.dilation)"); between resolutions kernels have 3 pixels along an axis, without dilation, or 1")
    }
    return .stencils(rows: stencil.rows, columns: stencil.columns)
  }

  /// The image that a connector's matrix reads.
  private static func image(read name: String, _ plan: NetworkPlan) -> Shape {
    plan.connectors.first { name.hasPrefix($0.connector.name + ".") }?.connector.input ?? Shape(channels: 0)
  }

  /// Converts a vector of parameters.
  ///
  /// - Parameters:
  ///   - vector: `before.parameterCount` numbers; result: `after.parameterCount`.
  /// - Throws: the reason why the work must end.
  package func convert(_ vector: Vector, into result: Vector) throws(Failure) {
    precondition(vector.count == before.parameterCount && result.count == after.parameterCount, "a change of resolution of vectors of another network")
    for (rule, (old, new)) in zip(rules, zip(before.tensors, after.tensors)) {
      try Watch.check()
      let (from, to) = (vector[old.range], result[new.range])
      switch rule {
      case .copy: try copyInPieces(from, into: to)
      case .stencils(let rows, let columns):
        try copyInPieces(from, into: to)
        let size = (1 << 16) * rows * columns
        for start in stride(from: 0, to: to.count, by: size) {
          try Watch.check()
          let part = to[start..<min(start + size, to.count)]
          direction == .finer ? GalerkinStencils.prolong(part, rows: rows, columns: columns) : GalerkinStencils.restrict(part, rows: rows, columns: columns)
        }
      case .pixels(let grid):
        for row in 0..<old.shape[0] {
          let (given, made) = (from[row * old.shape[1]..<(row + 1) * old.shape[1]], to[row * new.shape[1]..<(row + 1) * new.shape[1]])
          if direction == .finer { try grid.spread(given, by: 1 / Double(grid.share), into: made) } else { try grid.sum(given, by: 1, into: made) }
        }
      }
    }
  }

  /// The normalization of the inputs: each pixel's for its fine pixels, or the mean of theirs.
  func converted(_ normalization: Normalization?) throws(Failure) -> Normalization? {
    guard let normalization else { return nil }
    let fine = direction == .finer ? after.inputShape : before.inputShape
    let grid = PixelGrid(channels: fine.channels, height: fine.height, width: fine.width)
    let buffer = try Buffer(byteCount: 16 * after.inputs)
    let vectors = [buffer.vector(count: after.inputs, precision: .float64), buffer.vector(count: after.inputs, precision: .float64, offset: 8 * after.inputs)]
    for (from, to) in zip([normalization.shift, normalization.scale], vectors) {
      if direction == .finer { try grid.spread(from, by: 1, into: to) } else { try grid.sum(from, by: 1 / Double(grid.share), into: to) }
    }
    let views = vectors.map { TensorView(UnsafeRawPointer($0.base), type: .float64, rows: after.inputs, columns: 1) }
    defer { withExtendedLifetime(buffer) {} }
    return try Normalization(shift: views[0], scale: views[1], inputs: after.inputs, precision: after.precision)
  }
}

extension Network {
  /// The network for images of twice or half the height and width, with converted parameters and normalization.
  /// - Throws: what `ResolutionChange.init` throws; `memory`; `notFinite` if prolonged kernels overflow.
  package func changed(_ direction: ResolutionChange.Direction) throws(Failure) -> Network {
    let (change, present) = (try ResolutionChange(plan, direction), snapshot)
    let converted = try ParameterSnapshot(plan: change.after, scaling: DataScaling(features: try change.converted(present.normalization), targets: present.targetScaling), isInitial: present.isInitial) { (parameters) throws(Failure) in
      try change.convert(present.parameters, into: parameters)
    }
    guard try allFiniteInPieces(converted.parameters) else { throw Failure(.notFinite, "kernels of the other resolution are not finite") }
    return try withExtendedLifetime(present) { () throws(Failure) in try Network(change.after, converted, metadata: metadata) }
  }
}
