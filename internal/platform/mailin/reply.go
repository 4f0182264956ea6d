package mailin

import (
	"regexp"
	"strings"
)

// Reply tells what is new in the text of an answer: it leaves out the letter
// that is quoted below it, with the line that introduces it, and the signature.
// Both together are the text, but for blanks in between. A text that answers
// between quoted lines, or is nothing but a quotation, is left whole: without
// what it answers to it could not be understood.
func Reply(text string) (reply, rest string) {
	all := strings.Split(text, "\n")
	end := len(all)
	for i := range all {
		if !isQuoted(all[i]) && begins(all, i) {
			end = i
			break
		}
	}
	if end == len(all) {
		end = trailing(all)
	}
	end = signature(all[:end])
	reply = strings.TrimSpace(strings.Join(all[:end], "\n"))
	if reply == "" {
		return strings.TrimSpace(text), ""
	}
	return reply, strings.TrimSpace(strings.Join(all[end:], "\n"))
}

// maxSignature is how many lines a signature has at most; a longer one is text
// below a line of dashes.
const maxSignature = 10

// signature tells where the signature begins, or the end when there is none.
func signature(all []string) int {
	for i := len(all) - 1; i >= 0 && i >= len(all)-maxSignature-1; i-- {
		if strings.TrimRight(all[i], " \r") == "--" {
			return i
		}
	}
	return len(all)
}

// divider introduces the letter that a program of Microsoft or a forwarding
// person puts below, in the languages that are written here.
var divider = regexp.MustCompile(`(?i)^\s*[-_]{2,}\s*(original message|исходное сообщение|пересылаемое сообщение|forwarded message|перенаправленное сообщение|баштапкы кат|баштапкы билдирүү)\s*[-_]{0,}\s*$`)

// heading begins the short header of a quoted letter.
var heading = regexp.MustCompile(`(?i)^\s*\*?(from|от|кимден|от кого)\*?\s*:\s*\S`)

// headingNext are the lines of such a header.
var headingNext = regexp.MustCompile(`(?i)^\s*\*?(sent|date|to|subject|cc|отправлено|дата|кому|тема|копия|жөнөтүлдү|күнү|кимге)\*?\s*:`)

// attribution ends the line, or the two, that introduce quoted lines: "On …
// wrote:", "… пишет:", or a date and an address with a colon.
var attribution = regexp.MustCompile(`(?i)(\bwrote|пишет|писал(\(а\)|а)?|написал(\(а\)|а)?|жазды|жазган|@[^\s]+>?)\s*:\s*$`)

// begins reports whether everything from line i on is a quoted letter.
func begins(all []string, i int) bool {
	switch {
	case divider.MatchString(all[i]):
		return true
	case heading.MatchString(all[i]):
		seen := 0
		for _, line := range all[i+1 : min(i+6, len(all))] {
			if headingNext.MatchString(line) {
				seen++
			}
		}
		return seen >= 2
	case attribution.MatchString(all[i]):
		return onlyQuoted(all[i+1:])
	}
	return attributionOfTwo(all, i)
}

// attributionOfTwo reports whether a program has broken the attribution into
// two lines, the first of which tells the date.
func attributionOfTwo(all []string, i int) bool {
	return i+1 < len(all) && dated.MatchString(all[i]) &&
		attribution.MatchString(all[i+1]) && onlyQuoted(all[i+2:])
}

// dated is a line with a year and a time of day, as attributions have.
var dated = regexp.MustCompile(`\b20\d\d\b.*\b\d{1,2}:\d\d\b`)

// onlyQuoted reports whether there are quoted lines and no others, but for
// blank ones and a signature.
func onlyQuoted(all []string) bool {
	quoted := false
	for _, line := range all {
		switch {
		case isQuoted(line):
			quoted = true
		case strings.TrimRight(line, " \r") == "--" && quoted:
			return true
		case strings.TrimSpace(line) != "":
			return false
		}
	}
	return quoted
}

// trailing tells where the quoted lines at the end begin, or len(all) when an
// answer stands between quoted lines.
func trailing(all []string) int {
	for i := range all {
		if isQuoted(all[i]) {
			if onlyQuoted(all[i:]) {
				return i
			}
			return len(all)
		}
	}
	return len(all)
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") }
