import Settings

func registryListing(_ name: String) throws(Failure) -> [(name: String, help: String)] { [] }
func optionScope(_ name: String) throws(Failure) -> [OptionDescription] { [] }
