package likeness

import "testing"

func TestThingsOfTheTableAreWholeAndDistinct(t *testing.T) {
	for code, x := range things.byCode {
		for _, lang := range []string{"ky", "ru", "en"} {
			if x.names[lang] == "" {
				t.Errorf("%s has no name in %s", code, lang)
			}
		}
	}
	for name, text := range map[string]string{
		"columns": "a\t1\tky", "weight": "a\tx\tk\tr\te\tw\tw\tw", "heavy": "a\t3\tk\tr\te\tw\tw\tw", "two words": "a\t1\tk\tr\te\tone-two\tw\tw",
		"twice": "a\t1\tk\tr\te\twww\t\t\na\t1\tk\tr\te\tvvv\t\t", "two meanings": "a\t1\tk\tr\te\twww\t\t\nb\t1\tk\tr\te\twww\t\t",
	} {
		if _, err := readThings(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFormsOfAWordAreOne(t *testing.T) {
	for _, row := range []struct {
		rules *rules
		words []string // folded forms of one word
	}{
		{kyrgyz, []string{"кошуна", "кошуналар", "кошунага", "кошунанын", "кошуналарыбыздан"}},
		{kyrgyz, []string{"көчө", "көчөдө", "көчөлөр", "көчөнүн", "көчөдөгү"}},
		{kyrgyz, []string{"дем", "демдин", "демге"}},
		{russian, []string{"сосед", "соседи", "соседям", "соседями", "соседа"}},
		{russian, []string{"ступенька", "ступеньки", "ступенькой"}},
		{english, []string{"neighbour", "neighbours"}},
	} {
		first := ""
		for _, w := range row.words {
			f := folded(w)
			if len(f) == 0 { // a word for a kind of place, which names leave out
				continue
			}
			stem := row.rules.stem(f[0])
			if first == "" {
				first = stem
			}
			if stem != first {
				t.Errorf("%s is %q, %s is %q", row.words[0], first, w, stem)
			}
		}
	}
}

func TestTheLanguageIsThatOfTheText(t *testing.T) {
	for _, row := range []struct {
		text, hint string
		want       *rules
	}{
		{"Көчөдө суу агып жатат", "ru", kyrgyz},
		{"Жолдо ит жатат, эч ким алып кеткен жок", "ru", kyrgyz},
		{"Во дворе нет света", "ky", russian},
		{"The lamp is out", "ky", english},
		{"Светофор", "ru", russian},
		{"Светофор", "", kyrgyz},
	} {
		if got := rulesFor(row.text, folded(row.text), row.hint); got != row.want {
			t.Errorf("%q with hint %q has other rules than expected", row.text, row.hint)
		}
	}
}
