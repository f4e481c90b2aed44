package config

import _ "embed"

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 7) of a configuration file, for editors.
// It is written from the types that the configuration is read into, and from what
// is said beside their fields, by `go generate ./internal/cli`. What it refuses
// slactl refuses; it cannot tell everything that `slactl config lint` does.
func Schema() []byte { return schema }
