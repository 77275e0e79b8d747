import LinearAlgebra
import Settings
import VectorFields

/// How a network takes samples that are images, from arrays with the axes [samples, channels, height, width] in this order or with the channels last.
extension NetworkPlan {
  /// The samples in the order of the network's inputs, channel, y, x; nil if their shape is another one.
  ///
  /// Where both orders have the same shape, the channels come first. An image of one channel may lack this axis, and an image in one dimension has no height.
  package func arranged(_ samples: TensorView) -> TensorView? {
    guard let axes = samples.axes else { return samples.columns == inputs ? samples : nil }
    let (a, b, c) = axes.extents
    let wanted = (inputShape.channels, inputShape.height, inputShape.width)
    if (a, b, c) == wanted { return samples }
    if (c, a, b) == wanted { return samples.with(axes.lastFirst) }
    guard b == 1 else { return nil }
    // Two axes, a and c: those of an image without its channel, or pixels before channels in one dimension.
    if (1, a, c) == wanted { return samples.with(SampleAxes(extents: wanted, strides: (0, axes.strides.0, axes.strides.2))) }
    if (c, 1, a) == wanted { return samples.with(SampleAxes(extents: wanted, strides: (axes.strides.2, 0, axes.strides.0))) }
    return nil
  }

  /// - Parameter name: what the samples are called in messages.
  /// - Throws: `.shapeMismatch` for samples of another shape.
  package func arrange(_ samples: TensorView, called name: String) throws(Failure) -> TensorView {
    if let arranged = arranged(samples) { return arranged }
    guard let axes = samples.axes else { throw Failure(.shapeMismatch, "\(name) has \(samples.columns) features per sample; the network has inputs \(inputs)") }
    let (a, b, c) = axes.extents
    throw Failure(.shapeMismatch, "\(name) has samples of shape [\(a), \(b), \(c)]; the network takes \(takenShapes)")
  }

  /// The shapes of batches that the network takes, for messages.
  package var takenShapes: String {
    let (flat, shape) = ("[samples, \(inputs)]", inputShape)
    guard shape.isImage else { return flat }
    if shape.height == 1, shape.channels == shape.width { return "\(flat) or [samples, \(shape.channels), \(shape.width)]" }
    if shape.height == 1 { return "\(flat), [samples, \(shape.channels), \(shape.width)] or [samples, \(shape.width), \(shape.channels)]" }
    return "\(flat), [samples, \(shape.channels), \(shape.height), \(shape.width)] or [samples, \(shape.height), \(shape.width), \(shape.channels)]"
  }
}
