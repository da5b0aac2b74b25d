package ui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"paceline/client"
)

// clean makes text from the network fit for the screen: one line, nothing that a
// terminal obeys (see [client.Clean]), and only what every terminal measures
// alike. Some terminals measure characters that combine into one glyph as a whole,
// others one by one: such characters are dropped.
func clean(s string) string {
	s = client.Clean(s)
	if sameWidth(s) && !hasMarks(s) {
		return s
	}
	var b strings.Builder
	before := ""
	for _, r := range s {
		one := string(r)
		flag, tone := r >= 0x1F1E6 && r <= 0x1F1FF, r >= 0x1F3FB && r <= 0x1F3FF
		if flag || tone || unicode.Is(unicode.M, r) || width(one) < 1 || !sameWidth(before+one) {
			continue
		}
		b.WriteRune(r)
		before = one
	}
	return b.String()
}

// sameWidth reports whether all terminals give s the same width.
func sameWidth(s string) bool { return ansi.StringWidth(s) == ansi.StringWidthWc(s) }

func hasMarks(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.M, r) })
}

// width is how many cells s takes; styles take none.
func width(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// cut returns s, styled or not, in at most w cells.
func (t *theme) cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if width(s) <= w {
		return s
	}
	if w < width(t.ellipsis) {
		return ansi.Truncate(s, w, "")
	}
	return ansi.Truncate(s, w, t.ellipsis)
}

// cutWords returns plain text in at most w cells, cut off between two words, if there is more
// than one.
func (t *theme) cutWords(s string, w int) string {
	if width(s) <= w {
		return s
	}
	short := t.cut(s, w)
	kept := strings.TrimSuffix(short, t.ellipsis)
	if end := strings.LastIndexByte(kept, ' '); end > 0 && s[len(kept)] != ' ' {
		short = kept[:end+1] + t.ellipsis
	}
	return short
}

// isCut reports whether something is missing at the end of a text that was cut.
func (t *theme) isCut(s string) bool { return strings.HasSuffix(s, t.ellipsis) }

// cutMiddle returns plain text in at most w cells, its beginning and its end.
func (t *theme) cutMiddle(s string, w int) string {
	room := w - width(t.ellipsis)
	if width(s) <= w || room < 4 {
		return t.cut(s, w)
	}
	head := ansi.Truncate(s, room/2, "")
	left := width(s) - (room - width(head))
	for tail := ansi.TruncateLeft(s, left, ""); ; tail = ansi.TruncateLeft(s, left, "") {
		if width(head)+width(tail) <= room {
			return head + t.ellipsis + tail
		}
		left++ // half of a wide character
	}
}

// fit returns s, styled or not, in exactly w cells.
func (t *theme) fit(s string, w int) string {
	s = t.cut(s, w)
	return s + spaces(w-width(s))
}

// fitRight is fit with the space on the left.
func (t *theme) fitRight(s string, w int) string {
	s = t.cut(s, w)
	return spaces(w-width(s)) + s
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// wrap breaks plain text between words into at most n lines, the first of at most
// first cells and the others of at most w; what does not fit is cut off visibly.
func (t *theme) wrap(s string, first, w, n int) []string {
	var lines []string
	if n <= 0 {
		return lines
	}
	line, room := "", first
	for _, word := range wordsOf(s) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= room || len(lines) == n-1:
			line += " " + word
		default:
			lines, line, room = append(lines, t.cut(line, room)), word, w
		}
	}
	if line != "" {
		lines = append(lines, t.cutWords(line, room))
	}
	return lines
}

// wordsOf splits a text at its blanks, but for those between a figure and its unit.
func wordsOf(s string) []string {
	var words []string
	for word := range strings.FieldsSeq(s) {
		last := len(words) - 1
		unit := strings.TrimRight(word, ",;:.)")
		if last >= 0 && isUnit(unit) && unicode.IsDigit(rune(words[last][len(words[last])-1])) {
			words[last] += " " + word
			continue
		}
		words = append(words, word)
	}
	return words
}

func isUnit(word string) bool {
	switch word {
	case "ms", "s", "min", "h", "d":
		return true
	}
	return false
}
