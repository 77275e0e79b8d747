import CStableODE
import Networks
import Settings

// Section 11 of the header: known terms of a trajectory's equation.

@_cdecl("sode_network_set_known_terms") @implementation
public func sode_network_set_known_terms(_ network: OpaquePointer?, _ terms: UnsafePointer<sode_known_terms>?) -> sode_status {
  reporting { () throws(Failure) in
    let functions = try readStruct(try required(terms, "terms"), zero: sode_known_terms(), "terms")
    guard functions.evaluate != nil else { throw Failure(.nullPointer, "terms->evaluate is NULL; a function is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      guard let place = network.plan.knownTerms else {
        throw Failure(.incompatible, "the network has no known terms; option known_terms, for opening trajectory, gives its equation some")
      }
      let made = CallerTerms(functions)
      try place.set(made)
      made.own()
    }
  }
}
