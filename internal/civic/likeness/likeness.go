// Package likeness says how much two texts in Kyrgyz, Russian or English are
// about the same thing, from 0 to 1, without any service outside: letters are
// folded, endings taken off, words that say little left out, and words of one
// thing in different languages counted as one by a table of our own.
//
// The measure is fixed. It learns nothing from the cases of a city, so the same
// two texts are equally alike on every node and every day, and a clerk can be
// shown why.
package likeness

import (
	"math"
	"slices"

	"github.com/ashar-kg/ashar/internal/civic/place"
)

// Threshold is the likeness from which two texts are taken to be about the same,
// unless a city says otherwise. quality_test.go says what it is worth.
const Threshold = 0.35

// Weights of what is no thing of the table.
const (
	wordWeight = 1.0
	nameWeight = 0.5 // numbers, such as of houses and buses
)

// maxFeatures bounds what counts of a text: a letter of ten pages is about what
// it says most weightily, not about every word of it.
const maxFeatures = 40

// Doc is a text prepared for comparing. The zero Doc is like nothing.
type Doc struct {
	features []feature // sorted by name
	norm     float64   // length of the vector of weights
}

type feature struct {
	name   string // "=code" of a thing, else a stem
	weight float64
}

// Tag is something that is known about a text beside its words, such as the
// category that its author chose. It counts like a word of its weight.
type Tag struct {
	Name   string
	Weight float64
}

// Of prepares a text. lang is the language that its author uses, "" when it is
// not known; the text itself overrules it.
func Of(text, lang string, tags ...Tag) Doc {
	weights := map[string]float64{}
	words := place.Words(text)
	rules := rulesFor(text, words, lang)
	for _, w := range words {
		if name, weight := rules.feature(w); weight > 0 {
			weights[name] = weight
		}
	}
	for _, t := range tags {
		weights["#"+t.Name] = t.Weight
	}
	var d Doc
	for name, weight := range weights {
		d.features = append(d.features, feature{name, weight})
	}
	d.trim()
	for _, f := range d.features {
		d.norm += f.weight * f.weight
	}
	d.norm = math.Sqrt(d.norm)
	return d
}

// trim keeps the weightiest features and sorts them by name.
func (d *Doc) trim() {
	slices.SortFunc(d.features, func(a, b feature) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		case a.name < b.name:
			return -1
		}
		return 1
	})
	d.features = d.features[:min(maxFeatures, len(d.features))]
	slices.SortFunc(d.features, func(a, b feature) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
}

// Empty tells that there is nothing to compare by.
func (d Doc) Empty() bool { return len(d.features) == 0 }

// To is how alike two texts are: 1 for the same words, 0 for none in common.
// It is the cosine of the angle between their weights.
func (d Doc) To(o Doc) float64 {
	if d.norm == 0 || o.norm == 0 {
		return 0
	}
	sum := 0.0
	d.shared(o, func(a, b feature) { sum += a.weight * b.weight })
	return min(1, sum/(d.norm*o.norm))
}

// Things are the codes of the things in a text that Name can tell. Nothing that
// a person wrote can be read from them.
func (d Doc) Things() []string {
	var out []string
	for _, f := range d.features {
		if f.name[0] == '=' {
			out = append(out, f.name[1:])
		}
	}
	return out
}

func (d Doc) shared(o Doc, each func(a, b feature)) {
	for i, j := 0, 0; i < len(d.features) && j < len(o.features); {
		a, b := d.features[i], o.features[j]
		switch {
		case a.name == b.name:
			each(a, b)
			i, j = i+1, j+1
		case a.name < b.name:
			i++
		default:
			j++
		}
	}
}
