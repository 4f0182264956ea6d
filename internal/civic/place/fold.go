package place

import (
	"strings"
	"unicode"
)

// letters writes Cyrillic in the Latin skeleton that Fold compares. What sounds alike or is often
// typed for another letter becomes one: ү and у, ө and о, ң and н, ё and е, и, й and ы.
var letters = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "j", 'з': "z",
	'и': "i", 'й': "i", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'ң': "n", 'о': "o", 'ө': "o",
	'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ү': "u", 'ф': "f", 'х': "h", 'ц': "ts",
	'ч': "ch", 'ш': "sh", 'щ': "sh", 'ъ': "", 'ы': "i", 'ь': "", 'э': "e", 'ю': "iu", 'я': "ia",
	'ä': "a", 'ö': "o", 'ü': "u", 'ı': "i", 'ş': "sh", 'ç': "ch", 'ğ': "g", 'ñ': "n", 'ŋ': "n",
}

// spellings turns the usual Latin ways of writing Cyrillic into the skeleton. Longer ones first:
// strings.Replacer takes the first that fits.
var spellings = strings.NewReplacer(
	"shch", "sh", "sch", "sh", "dzh", "j", "zh", "j", "dj", "j", "kh", "h", "ch", "ch", "ce", "tse",
	"ci", "tsi", "ck", "k", "c", "k", "ph", "f", "ye", "e", "yo", "e", "y", "i", "w", "v", "q", "k", "x", "h",
)

// types are the words for kinds of places in skeleton form. The empty value drops the word, so that
// "ул. Манаса", "Манас көчөсү" and "Manas street" are one street; the others keep one spelling.
var types = map[string]string{
	"ul": "", "ulitsa": "", "ulitsi": "", "kochosu": "", "koch": "", "kocho": "", "stret": "", "str": "", "st": "",
	"pr": "", "prt": "", "prosp": "", "prospekt": "", "prospekta": "", "prospektisi": "", "avenue": "", "ave": "", "av": "",
	"bulvar": "", "bulvari": "", "bulv": "", "br": "", "boulevard": "", "blvd": "",
	"per": "", "pereulok": "", "tuiugu": "", "lane": "", "proezd": "", "otmosu": "",
	"d": "", "dom": "", "ui": "", "ch": "", "house": "", "g": "", "gorod": "", "shaari": "",
	"mkr": "mkr", "mn": "mkr", "mikroraion": "mkr", "mikroraiona": "mkr", "kichiraion": "mkr", "kichiraionu": "mkr",
	"mikrodistrikt": "mkr", "mikraraion": "mkr", "jm": "jm", "jilmasiv": "jm", "konushu": "jm",
	"raion": "raion", "raionu": "raion", "raiona": "raion", "distrikt": "raion",
	"ploshad": "aiant", "pl": "aiant", "aianti": "aiant", "aiant": "aiant", "skuare": "aiant", "ploshadi": "aiant",
	"park": "park", "parki": "park", "parka": "park", "bazar": "bazar", "bazari": "bazar", "bazaar": "bazar",
	"rinok": "bazar", "market": "bazar", "vokzal": "vokzal", "vokzali": "vokzal", "station": "vokzal",
}

// ordinals are the endings that turn a number into "third": 3-й, 3-я, 3rd, 3-чү.
var ordinals = map[string]bool{
	"i": true, "ia": true, "e": true, "oi": true, "ii": true, "go": true, "th": true, "st": true, "nd": true,
	"rd": true, "chi": true, "chu": true, "inchi": true, "unchu": true,
}

// Fold returns the form under which spellings of one name are equal: Kyrgyz, Russian and Latin
// letters on one skeleton, without case, punctuation, ordinal endings and words such as "street".
// It is for comparing and indexing, never for showing.
func Fold(s string) string {
	return strings.Join(Words(s), " ")
}

// Words returns the words of Fold.
func Words(s string) []string {
	raw := rawWords(s)
	out := make([]string, 0, len(raw))
	for _, w := range raw {
		name, isType := types[w]
		switch {
		case !isType:
			out = append(out, w)
		case name != "":
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return raw // somebody looks for the word itself
	}
	return out
}

// rawWords splits and folds without touching words for kinds of places, except those of two words.
func rawWords(s string) []string {
	// These are split by their punctuation or spacing, so they are joined before splitting.
	s = abbreviations.Replace(strings.ToLower(s))
	var out []string
	for _, field := range strings.FieldsFunc(s, separates) {
		w := skeleton(field)
		if w == "" {
			continue
		}
		if n := len(out); n > 0 && ordinals[w] && isNumber(out[n-1]) {
			continue
		}
		out = append(out, trimOrdinal(w))
	}
	return out
}

var abbreviations = strings.NewReplacer(
	"пр-т", "прт", "пр-кт", "прт", "б-р", "бр", "м-н", "мн", "м-он", "мн", "мк-н", "мкр", "ж/м", "жм",
	"кичи район", "кичирайон", "кичи-район", "кичирайон", "жилой массив", "жилмассив", "турак жай конушу", "конушу",
	"'", "", "’", "", "ʼ", "", "`", "",
)

func separates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// skeleton folds one word in lower case.
func skeleton(word string) string {
	var b strings.Builder
	cyrillic := false
	for _, r := range word {
		cyrillic = cyrillic || unicode.Is(unicode.Cyrillic, r)
		if s, ok := letters[r]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	latin := b.String()
	if !cyrillic {
		latin = spellings.Replace(latin)
	}
	return single(strings.ReplaceAll(latin, "dj", "j"))
}

// single writes each doubled letter once; digits stay as they are, and so does
// a word of one letter repeated ("ээ", "qqqq"), of which too little would be left
// to be compared.
func single(s string) string {
	var b strings.Builder
	var last rune
	written := 0
	for _, r := range s {
		if r != last || unicode.IsDigit(r) {
			b.WriteRune(r)
			written++
		}
		last = r
	}
	if written < 2 {
		return s
	}
	return b.String()
}

func isNumber(s string) bool {
	for _, r := range s {
		if !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

// trimOrdinal takes the ending off "3rd" and "3й"; the letter of a house such as 45а stays.
func trimOrdinal(w string) string {
	i := strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) })
	if i > 0 && ordinals[w[i:]] && (len(w[i:]) > 1 || w[i:] == "i") {
		return w[:i]
	}
	return w
}
