package figures

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashar-kg/ashar/internal/platform/i18n"
	"github.com/ashar-kg/ashar/locales"
)

func week47() Facts {
	return Facts{
		Week: 202647,
		Now:  Sum{Received: 21, InTime: 3, Late: 1, Reopened: 0, Rated: 1, Stars: 4, Overdue: 2, Median: 0, P90: 5}, Before: Sum{Received: 25, InTime: 0, Median: -1, P90: -1},
		Channels:   []Item{{Code: "phone", Now: Count{N: 20}, Before: Count{N: 25}}, {Code: "pigeon", Now: Count{N: 1}}},
		Categories: []Item{{Code: "pothole", Names: map[string]string{"ky": "Чуңкур", "ru": "Яма", "en": "Pothole"}, Now: Count{N: 21}, Before: Count{N: 1200}}},
		Bodies:     []Item{{Code: "gorsvet", Names: map[string]string{"en": "Lights"}, InTime: Count{N: 3}, Late: 1, Overdue: 2}},
		Private:    []Item{{Code: "figures.kind.appeal", Now: Count{Note: Below}}},
	}
}

func TestABulletinInWords(t *testing.T) {
	catalogue, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	want := `Bulletin of the 185 service: week 47 of 2026
16 November 2026 – 22 November 2026

• 21 reports came. That is 4 fewer than the week before.
• 75% of the week’s 4 answers came in time.
• 1 answer was late.
• 2 open reports are overdue.
• Half of the closed cases were closed within < 1 day, 90% within 5 days.
• None of the week’s reports was reopened.
• Mean rating by authors: 4 of 5 (1 rating).
• Official appeals: fewer than 5.

How it came
• Telephone 185: received 20; week before 25
• pigeon: received 1; week before 0

What most were about
• Pothole: received 21; week before 1,200

Who was late
• Lights: in time 3; late 1; overdue 2

These figures stay as they were when the bulletin was made. Fresh ones and their files are on the city’s site: “Figures and league table”.
`
	if diff := cmp.Diff(want, week47().Say(catalogue.Printer("en")).Text()); diff != "" {
		t.Errorf("in English (-want +got):\n%s", diff)
	}
	for lang, lines := range map[string][]string{
		"ru": {
			"• Поступило 21 сообщение. Это на 4 меньше, чем неделей раньше.", "• 1 ответ дан с опозданием.", "• Просрочено 2 открытых сообщения.",
			"• Официальные обращения: меньше 5.", "• Яма: поступило 21; неделей раньше 1200",
		},
		"ky": {
			"• 21 билдирүү келди. Мурунку жумага караганда 4 аз.", "• Жумада 4 жооп берилди, мөөнөтүндө берилгени 75\u202f%.", "• Расмий кайрылуулар: 5тен аз.",
			"• Чуңкур: келди 21; мурунку жумада 1200",
		},
	} {
		text := week47().Say(catalogue.Printer(lang)).Text()
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("in %s %q is not said in\n%s", lang, line, text)
			}
		}
	}
}
