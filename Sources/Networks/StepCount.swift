import Settings

extension NetworkPlan {
  /// Numbers of a state and times of a trajectory, for a network whose scores are the states at these times; nil for other networks.
  package var trajectoryShape: (width: Int, steps: Int)? { nil }

  /// The plan of a network with the same parameters for sequences or trajectories of another number of steps.
  /// - Throws: `.incompatible` for a network without steps, or whose layers have weights of their own.
  package func withSteps(_ steps: Int) throws(Failure) -> NetworkPlan { throw Failure(.incompatible, "") }
}

extension Network {
  /// A network with the same parameters for another number of steps.
  package func withSteps(_ steps: Int) throws(Failure) -> Network {
    let (changed, snapshot) = (try plan.withSteps(steps), snapshot)
    return try Network(changed, snapshot, metadata: metadata)
  }
}
