import LinearAlgebra
import Settings

/// f(y) = σ(Ky + b): the residual network's field, with no stability guarantee.
///
/// Source: Haber & Ruthotto 2017, eq. 2.1; Lu et al. 2018 (residual block). K is outputs × inputs and multiplies each sample's column. [HR] writes samples as rows, Y·K, so that its K is the transpose of this
/// one. Cost: one product.
package final class DenseField: MappedField {
  package let plan: LayerPlan
  package let map: AffineMap

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K")
    map = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
  }
}
