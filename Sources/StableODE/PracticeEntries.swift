import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings
import Training

// Section 7 of the header: losses, metrics and class weights of the caller's, and the search for a learning rate.

@_cdecl("sode_trainer_set_class_weights") @implementation
public func sode_trainer_set_class_weights(_ trainer: OpaquePointer?, _ weights: UnsafePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      guard weights != nil else { return try box.trainer.setClassWeights(nil) }
      let tensor = try CallerTensor(weights, "weights")
      if box.trainer.network.plan.classes > 0 { try tensor.expectVector(count: box.trainer.network.plan.classes, "one weight per class") }
      try box.trainer.setClassWeights(tensor.readingColumn)
    }
  }
}

@_cdecl("sode_trainer_set_loss") @implementation
public func sode_trainer_set_loss(_ trainer: OpaquePointer?, _ loss: sode_loss_function?, _ user_data: UnsafeMutableRawPointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      guard let loss else { return try box.trainer.setLoss(nil) }
      try box.trainer.setLoss(try CallerLoss(loss, user_data, of: box.trainer.network.plan))
    }
  }
}

@_cdecl("sode_trainer_set_metric") @implementation
public func sode_trainer_set_metric(
  _ trainer: OpaquePointer?, _ metric: sode_metric_function?, _ larger_is_better: Int32, _ user_data: UnsafeMutableRawPointer?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      guard let metric else { return try box.trainer.setMetric(nil) }
      try box.trainer.setMetric(try CallerMetric(metric, user_data, isLargerBetter: larger_is_better != 0))
    }
  }
}

@_cdecl("sode_trainer_find_learning_rate") @implementation
public func sode_trainer_find_learning_rate(
  _ trainer: OpaquePointer?, _ training: OpaquePointer?, _ low: Double, _ high: Double, _ steps: Int64, _ curve: UnsafeMutablePointer<sode_tensor>?,
  _ suggestion: UnsafeMutablePointer<Double>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(suggestion, "suggestion")
    let steps = try checked(steps, "steps", in: 2...100_000)
    var target: CallerTensor?
    if curve != nil {
      let tensor = try CallerTensor(curve, "curve")
      try tensor.expect(shape: [steps, 2], "steps; rate, loss")
      try tensor.expectWritableReals()
      target = tensor
    }
    try using(trainer, .trainer, "trainer") { box throws(Failure) in
      try using(training, .dataset, "training") { training throws(Failure) in
        let found = try box.trainer.findLearningRate(training: training, low: low, high: high, steps: steps)
        if let target { try write(zip(found.rates, found.losses).flatMap { [$0, $1] }, to: target.writing) }
        out.pointee = found.suggestion
      }
    }
  }
}
