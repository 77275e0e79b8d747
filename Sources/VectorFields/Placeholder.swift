// VectorFields
