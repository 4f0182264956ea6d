// Package locales holds the message catalogues: one folder a language, one
// JSON file an area. Translators edit these files and nothing else.
package locales

import "embed"

// FS holds ky/*.json, ru/*.json and en/*.json.
//
//go:embed ky/*.json ru/*.json en/*.json
var FS embed.FS
