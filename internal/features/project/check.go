package project

import (
	"bytes"
	"embed"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed schema/*.json
var schemas embed.FS

const (
	packageSchema = "https://standard.open-contracting.org/infrastructure/schema/0__9__4/project-package-schema.json"
	projectSchema = "https://standard.open-contracting.org/infrastructure/schema/0__9__4/project-schema.json"
)

// schemaOf compiles the schemas of OC4IDS once. Nothing is fetched: they are
// part of the program.
var schemaOf = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, file := range map[string]string{packageSchema: "schema/project-package-schema.json", projectSchema: "schema/project-schema.json"} {
		data, err := schemas.ReadFile(file)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
	}
	out := map[string]*jsonschema.Schema{}
	for _, name := range []string{packageSchema, projectSchema} {
		s, err := c.Compile(name)
		if err != nil {
			return nil, err
		}
		out[name] = s
	}
	return out, nil
})

var english = message.NewPrinter(language.English)

// violations are the places where a document breaks a schema, each with its
// path and what is wrong.
func violations(schema string, doc any, under string) ([]Refusal, error) {
	all, err := schemaOf()
	if err != nil {
		return nil, err
	}
	err = all[schema].Validate(doc)
	if err == nil {
		return nil, nil
	}
	wrong, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return nil, err
	}
	var out []Refusal
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			path := strings.Trim(under+"/"+strings.Join(e.InstanceLocation, "/"), "/")
			out = append(out, breach(path, e.ErrorKind))
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(wrong)
	return out, nil
}
