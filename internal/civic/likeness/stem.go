package likeness

import (
	"slices"
	"strings"
	"unicode"

	"github.com/ashar-kg/ashar/internal/civic/place"
)

// rules take words of one language to what is compared.
type rules struct {
	stop    map[string]bool
	endings []string // folded, longest first
	again   bool     // endings stand one behind the other, as in Kyrgyz
	least   int      // letters that must stay
}

// feature is what a folded word counts as. A weight of 0 leaves it out.
func (r *rules) feature(word string) (name string, weight float64) {
	if r.stop[word] {
		return "", 0
	}
	if x := things.of(word); x != nil {
		return "=" + x.code, x.weight
	}
	if unicode.IsDigit(rune(word[0])) {
		return word, nameWeight
	}
	if stem := r.stem(word); len(stem) > 2 {
		return stem, wordWeight
	}
	return "", 0
}

// stem takes the endings off a folded word.
func (r *rules) stem(word string) string {
	for {
		i := slices.IndexFunc(r.endings, func(e string) bool {
			return strings.HasSuffix(word, e) && len(word)-len(e) >= r.least && hasVowel(word[:len(word)-len(e)])
		})
		if i < 0 {
			return word
		}
		word = strings.TrimSuffix(word, r.endings[i])
		if !r.again {
			return word
		}
	}
}

func hasVowel(s string) bool { return strings.ContainsAny(s, "aeiou") }

// rulesFor chooses the rules by the letters and small words of a text, and by
// the language of its author when the text does not tell.
func rulesFor(text string, words []string, lang string) *rules {
	if strings.ContainsAny(text, "ңөүҢӨҮ") {
		return kyrgyz
	}
	best, most := known[lang], 0
	for _, r := range []*rules{kyrgyz, russian, english} {
		n := 0
		for _, w := range words {
			if r.stop[w] {
				n++
			}
		}
		if n > most {
			best, most = r, n
		}
	}
	if best == nil {
		return kyrgyz
	}
	return best
}

var known = map[string]*rules{"ky": kyrgyz, "ru": russian, "en": english}

// folded brings words as people write them under the skeleton of package place.
func folded(words string) []string {
	var out []string
	for _, w := range strings.Fields(words) {
		out = append(out, place.Words(w)...)
	}
	return out
}

func newRules(stop, endings string, again bool, least int) *rules {
	r := &rules{stop: map[string]bool{}, again: again, least: least}
	for _, w := range folded(stop) {
		r.stop[w] = true
	}
	r.endings = slices.Compact(slices.Sorted(slices.Values(folded(endings))))
	slices.SortStableFunc(r.endings, func(a, b string) int { return len(b) - len(a) })
	return r
}

// Kyrgyz puts endings one behind the other and fits their vowels and first
// consonants to the word: plural, possessive, case, and those of verbs. Folding
// makes one of many of them.
var kyrgyz = newRules(
	`жана менен үчүн бул ал ушул ошол биз сиз мен алар эле да дагы бар жок бир эч нерсе ким кайра башка абдан өтө таптакыр бүт баары
	керек болду болуп болгон турат турган жатат жаткан жатышат калды калган калат кетти кеткен кетет келет келген келбейт чыгат
	жүрөт берет берген бери чейин кийин мурда азыр бүгүн кечээ эртең күн күнү жума ай жыл саат деп кайдан кайсы ар дайыма гана
	жанында жанындагы астында астындагы үстүндө үстүндөгү артында ичинде ичиндеги алдында боюнда ортосунда ортосу жер жерде жерден
	жай көп аз чоң кичине адам адамдар адамдарды эки үч төрт беш алты он эми эле өзү өз көрүнбөйт экен окшойт мүмкүн сураныч өтүнөм`,
	`лар лер лор лөр дар дер дор дөр тар тер тор төр
	нын нин нун нүн дын дин дун дүн тын тин тун түн
	га ге го гө ка ке ко кө на не но нө
	ны ни ну нү ды ди ду дү ты ти ту тү
	да де до дө та те то тө нда нде ндо ндө
	дан ден дон дөн тан тен тон төн нан нен нон нөн
	дагы деги догу дөгү тагы теги тогу төгү ндагы ндеги
	ым им ум үм ың иң уң үң ы и у ү сы си су сү быз биз буз бүз ыбыз ибиз убуз үбүз ңыз ңиз ңуз ңүз ыңыз иңиз уңуз үңүз сыз сиз суз сүз
	луу лүү дуу дүү туу түү лык лик лук лүк дык дик тык тик чы чи чу чү
	ган ген гон гөн кан кен кон көн ып ип уп үп п ат ет от өт айт ейт байт бейт бойт бөйт пайт пейт бай бей бой бөй пай пей
	ууда үүдө уу үү оо өө сын син сун сүн са се со сө гыла гиле баган беген бады беди`,
	true, 3)

// Russian has one ending at the end of a word.
var russian = newRules(
	`и а но или что как так это этот эта эти тот та те то же бы ли не ни нет без в во на по под над при про для до из к ко от о об с со
	у за через возле около рядом между после перед пока уже ещё ещe еле очень совсем только весь вся всё все они он она оно мы вы я нас нам
	вас вам их его её там тут здесь где когда кто чтобы если потому есть был была было были будет стоит стоят лежит находится
	день дня дней неделю недели недель месяц месяца год года лет час часа часов утра утром вечером вечер днём сегодня вчера завтра
	один одна два две три четыре пять шесть два раза раз каждый каждую никто ничего нужно надо просим прошу можно нельзя видно
	место месте люди людей человек человека наш наша наше наши нашего нашей свой своей который которая которые большой большая большие`,
	`а я о е ы и у ю ой ей ом ем ам ям ами ями ах ях ов ев ёв ий ый ая яя ое ее ые ие ого его ому ему ым им ых их ую юю ою ею
	ть ти ться тся л ла ло ли лся лась лось лись ет ит ют ят ут ат ем им ешь ишь ете ите ал ала ало али ил ила или ел ела ели
	ает яет ают яют ует уют ался алась ировать ировал ен на но ны енный енная енное енные анный анная анное анные нный нная нное нные
	ность ности ение ения ению ением ание ания анию анием ка ки ке ку кой ок ик ия ии ию ией ь`,
	false, 3)

// English keeps its words nearly whole.
var english = newRules(
	`the a an and or of on in at to for from by with without is are was were be been has have had do does did not no nothing it its this that these
	those there here we our us you your they their i my me he she who which what when where since after before until still again already very all
	any some one two three four five day days week weeks month hour hours near next under over above below between up down out off so can cannot
	may please people needs need get got goes into than then also only every today yesterday other na`,
	`s es ed ing ly er ers ies ied ment ments ness tion tions`,
	false, 3)
