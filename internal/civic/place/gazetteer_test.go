package place

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestSpellingsOfOneNameFoldAlike(t *testing.T) {
	for want, spellings := range map[string][]string{
		"manas":           {"Манас", "ул. Манас", "Манас көчөсү", "manas street", "МАНАС КӨЧӨСҮ", "улица Манас"},
		"chui":            {"Чүй проспектиси", "пр. Чуй", "Чуй", "Chuy", "Chüy avenue", "пр-т Чуй", "chui ave."},
		"jibek jolu":      {"Жибек Жолу", "Джибек Жолу", "Jibek Jolu", "Zhibek Zholu", "жибек-жолу"},
		"3 mkr":           {"3-й микрорайон", "3-кичирайон", "3 мкр", "3 мкр.", "3th microdistrict", "3 кичи район", "3 м-н"},
		"ak orgo":         {"Ак-Орго", "Ак-Өргө", "Ak-Orgo", "ак орго"},
		"jal":             {"Жал", "Джал", "Jal", "Zhal", "Djal"},
		"ahunbaev":        {"Ахунбаев", "Akhunbaev", "Akhunbayev", "Ahunbaev"},
		"kievskaia":       {"Киевская", "Kievskaya", "Kiyevskaya", "ул. Киевская"},
		"oktiabrski":      {"Октябрьский", "Oktyabrsky", "Oktyabr'skiy"},
		"alamudun":        {"Аламүдүн", "Аламудун", "Alamüdün", "alamudun"},
		"tsentr":          {"Центр", "Centr", "Tsentr"},
		"kalik akiev 45a": {"Калык Акиев 45а", "ул. Калык Акиев, д. 45А", "Kalyk Akiev 45a"},
		"ish":             {"Ыш", "Ish"},
		"prospekt":        {"проспект"},
		"to":              {"Тоо", "too"},
		"kkkkkk":          {"qqqqqq", "КККККК"},
		"ee":              {"ээ"},
	} {
		for _, s := range spellings {
			if got := Fold(s); got != want {
				t.Errorf("Fold(%q) = %q, want %q", s, got, want)
			}
		}
	}
}

// bishkekNames reads the names of Bishkek; some get a position and a street its course.
func bishkekNames(t testing.TB) []Entry {
	t.Helper()
	data, err := os.ReadFile("testdata/gazetteer.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Type, En, Ru, Ky string
		Aliases          []string
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	var out []Entry
	for i, r := range rows {
		e := Entry{ID: int64(i + 1), Kind: r.Type, Names: Texts{Ky: r.Ky, Ru: r.Ru, En: r.En}, Aliases: r.Aliases}
		switch r.Ru {
		case "площадь Ала-Тоо":
			e.Placed, e.Lat, e.Lon = true, 42.8760, 74.6036
		case "Ошский базар":
			e.Placed, e.Lat, e.Lon = true, 42.8750, 74.5700
		case "Асанбай":
			e.Placed, e.Lat, e.Lon = true, 42.8180, 74.6180
		case "пр. Чуй":
			e.Aliases = []string{"Ленинский проспект"}
			e.Placed, e.Lat, e.Lon = true, 42.8755, 74.6
			e.Line = [][2]float64{{74.56, 42.8753}, {74.60, 42.8755}, {74.64, 42.8762}}
		case "пр. Айтматова":
			e.Aliases = []string{"проспект Мира"}
		}
		out = append(out, e)
	}
	return out
}

func TestSearchFindsWhatPeopleType(t *testing.T) {
	g := NewGazetteer(bishkekNames(t))
	for _, tt := range []struct {
		query, first, house string
	}{
		{"манас", "ул. Манаса", ""},
		{"Манаса", "ул. Манаса", ""},
		{"manas", "ул. Манаса", ""},
		{"чуй", "пр. Чуй", ""},
		{"Chuy Avenue", "пр. Чуй", ""},
		{"чүй проспектиси", "пр. Чуй", ""},
		{"чуй просп", "пр. Чуй", ""},
		{"жибек ж", "пр. Жибек Жолу", ""},
		{"zhibek zholu", "пр. Жибек Жолу", ""},
		{"3 мкр", "3-й микрорайон", ""},
		{"1 мкр", "", ""},
		{"12-кичирайон", "12-й микрорайон", ""},
		{"акорго", "Ак-Орго", ""},
		{"ак оргоо", "Ак-Орго", ""},
		{"алатоо", "площадь Ала-Тоо", ""},
		{"ош базар", "Ошский базар", ""},
		{"osh bazaar", "Ошский базар", ""},
		{"рынок дордой", "рынок Дордой", ""},
		{"проспект мира", "пр. Айтматова", ""},
		{"ленинский проспект", "пр. Чуй", ""},
		{"токомбаева 21/2", "пр. Токомбаева", "21/2"},
		{"ул. Киевская, 44а", "ул. Киевская", "44а"},
		{"ахумбаева", "ул. Ахунбаева", ""},
		{"ибраимав", "ул. Ибраимова", ""},
		{"боталический", "Ботанический сад", ""},
		{"бтоанический", "Ботанический сад", ""},
		{"манаса, дом 101", "ул. Манаса", "101"},
		{"вокзал", "вокзал Бишкек-2", ""},
		{"асан", "Асанбай", ""},
		{"джал", "Джал", ""},
		{"", "", ""},
		{"!!!", "", ""},
		{"несуществующая", "", ""},
	} {
		found := g.Search(tt.query, 5)
		first, house := "", ""
		if len(found) > 0 {
			first, house = found[0].Names.Ru, found[0].House
		}
		if first != tt.first || house != tt.house {
			t.Errorf("Search(%q) begins with %q house %q, want %q house %q", tt.query, first, house, tt.first, tt.house)
		}
	}
	if got := len(g.Search("а", 3)); got != 3 {
		t.Errorf("a limit of 3 gives %d", got)
	}
}

func TestAPlaceIsSaidInWords(t *testing.T) {
	g := NewGazetteer(bishkekNames(t))
	near := map[string]func(string) string{
		"ky": func(name string) string { return "Жанында: " + name },
		"ru": func(name string) string { return "Рядом: " + name },
		"en": func(name string) string { return "Near " + name },
	}
	for _, tt := range []struct {
		name       string
		lat, lon   float64
		ky, ru, en string
	}{
		{"on a street", 42.8756, 74.5999, "Чүй проспектиси", "пр. Чуй", "Чүй проспектиси"},
		{"on a street far from its middle", 42.87528, 74.5605, "Чүй проспектиси", "пр. Чуй", "Чүй проспектиси"},
		{"near a landmark", 42.8735, 74.5700, "Жанында: Ош базары", "Рядом: Ошский базар", "Near Osh Bazaar"},
		{"in a microdistrict", 42.8181, 74.6182, "Жанында: Асанбай", "Рядом: Асанбай", "Near Asanbay"},
		{"in the mountains", 42.60, 74.60, "", "", ""},
	} {
		w := g.Where(tt.lat, tt.lon)
		for lang, want := range map[string]string{"ky": tt.ky, "ru": tt.ru, "en": tt.en} {
			if got := w.Text(lang, near[lang]); got != want {
				t.Errorf("%s in %s: %q, want %q", tt.name, lang, got, want)
			}
		}
	}
}

func manyNames(n int) []Entry {
	first := []string{"Ак", "Кызыл", "Көк", "Жаңы", "Чоң", "Кичи", "Орто", "Төмөнкү", "Жогорку", "Сары"}
	second := []string{"суу", "тоо", "булак", "жол", "бак", "таш", "талаа", "көпүрө", "дөбө", "арык", "маданият", "достук"}
	out := make([]Entry, n)
	for i := range out {
		a, b := first[i%len(first)], second[i/len(first)%len(second)]
		out[i] = Entry{
			ID: int64(i + 1), Kind: KindStreet, Placed: true, Lat: 42.8 + float64(i%97)/700, Lon: 74.5 + float64(i%89)/450,
			Names: Texts{Ky: fmt.Sprintf("%s-%s %d көчөсү", a, b, i), Ru: fmt.Sprintf("ул. %s-%s %d", a, b, i)},
		}
	}
	return out
}

func TestSearchIsFastInALargeCity(t *testing.T) {
	g := NewGazetteer(manyNames(5000))
	for _, q := range []string{"а", "ак", "кызыл суу", "ul kok tash 4", "улица", "нетттакого"} {
		best := time.Hour
		for range 5 {
			start := time.Now()
			g.Search(q, 10)
			best = min(best, time.Since(start))
		}
		if best > 20*time.Millisecond {
			t.Errorf("Search(%q) takes %v", q, best)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	g := NewGazetteer(manyNames(5000))
	for _, q := range []string{"к", "улица", "кызыл суу", "kyzyl tash 4", "кизилсуу", "нетттакого"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				g.Search(q, 10)
			}
		})
	}
}

func BenchmarkWhere(b *testing.B) {
	g := NewGazetteer(manyNames(5000))
	for b.Loop() {
		g.Where(42.87, 74.6)
	}
}
