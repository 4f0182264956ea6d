package demo

import (
	"context"
	"fmt"

	"github.com/ashar-kg/ashar/internal/civic/casework"
	"github.com/ashar-kg/ashar/internal/civic/place"
	"github.com/ashar-kg/ashar/internal/platform/blob"
)

// drawnPlaces are the lines and areas of what is proposed and voted on in the
// demo, by title: a corner a line, an area where the last is the first. They are
// invented as what they belong to; those of streets follow the demo's own map.
var drawnPlaces = map[string]string{
	// Ideas.
	"Пандусы у переходов на проспекте Чуй":            "42.8762, 74.587\n42.8757, 74.6036\n42.8755, 74.614\n42.87535, 74.625",
	"Түштүк дарбазада арыкты тазалап, көпүрөчө салуу": "42.8405, 74.61108\n42.8424, 74.61105\n42.8443, 74.61112",
	"12-кичирайондун короосун оңдоо":                  "42.83505, 74.62055\n42.83505, 74.62105\n42.8354, 74.62105\n42.8354, 74.62055\n42.83505, 74.62055",
	"Тень и скамейки в парке Фучика":                  "42.8862, 74.5798\n42.8866, 74.5819\n42.8875, 74.5818\n42.8873, 74.5797\n42.8862, 74.5798",
	"Тротуар у школы № 36":                            "42.8752, 74.5706\n42.8753, 74.5743",
	"Ала-Тоо конушунда мектепке баруучу жолго чырак":  "42.8603, 74.5504\n42.8611, 74.5521\n42.8609, 74.5547",
	"Ала-Арчанын жээгине 200 көчөт":                   "42.8682, 74.6071\n42.8697, 74.6079\n42.871, 74.6083\n42.8731, 74.6081",
	"Свет на дороге к вокзалу":                        "42.8757, 74.606\n42.8797, 74.6062",

	// Projects that are voted on.
	"Lights along the Ala-Archa river":             "42.8660, 74.6062\n42.8682, 74.6071\n42.8697, 74.6079\n42.8712, 74.6080\n42.8731, 74.6081\n42.8752, 74.6075",
	"A shaded alley in Oak Park":                   "42.8786, 74.5921\n42.8788, 74.5940\n42.8791, 74.5962",
	"Irrigation ditches at the South Gate mended":  "42.8407, 74.61108\n42.8443, 74.61112\n42.8488, 74.6112",
	"Ramps at 24 crossings of Chui Avenue":         "42.87508, 74.572\n42.8762, 74.587\n42.8757, 74.6036\n42.8755, 74.614\n42.8752, 74.636",
	"A cycle lane on Akhunbaev Street":             "42.8424, 74.574\n42.843, 74.587\n42.8437, 74.611\n42.8438, 74.6132",
	"Lights on the way to the railway station":     "42.8648, 74.6056\n42.869, 74.6058\n42.8757, 74.606",
	"Microdistrict 12: 200 saplings with watering": "42.8346, 74.6196\n42.8346, 74.6214\n42.8357, 74.6214\n42.8358, 74.6197\n42.8346, 74.6196",
	"Yard on Moskovskaya: asphalt and drains":      "42.87995, 74.59\n42.87995, 74.59035\n42.88025, 74.59035\n42.88025, 74.59\n42.87995, 74.59",
	"A small garden by Alamedin market":            "42.8949, 74.6302\n42.8949, 74.63045\n42.8951, 74.63045\n42.8951, 74.6302\n42.8949, 74.6302",
	"Ala-Too estate: lights on the way to school":  "42.8601, 74.5501\n42.8611, 74.5521\n42.8609, 74.5547",
	"A pavement beside School 36":                  "42.8750, 74.5703\n42.8753, 74.5743",
}

// drawnPlace is the line or area of a title as it is kept; ok is false for one
// that is a point.
func drawnPlace(title string) (d place.Drawn, ok bool, err error) {
	text, ok := drawnPlaces[title]
	if !ok {
		return d, false, nil
	}
	d, fault := place.ReadDrawn(text, "")
	if fault != "" {
		return d, false, fmt.Errorf("place of %q: %s", title, fault)
	}
	return d, true, nil
}

// drawnAs is the kind of picture that stands for a category of ideas.
var drawnAs = map[string]string{
	"light": "street-light", "road": "pavement", "yard": "pothole", "playground": "playground", "sport": "playground", "water": "aryk",
	"green": "tree", "access": "pavement", "safety": "road-sign",
}

// ideaPictures draws the pictures of ideas by category: how a place is now.
func ideaPictures(ctx context.Context, store blob.Store) (map[string]casework.Photo, error) {
	out := map[string]casework.Photo{}
	for category, scene := range drawnAs {
		pics, err := pool(ctx, store, scene)
		if err != nil {
			return nil, err
		}
		for _, p := range pics {
			if !p.fixed {
				out[category] = p.Photo
			}
		}
	}
	return out, nil
}
