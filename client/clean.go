package client

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText  = 500 // runes that Clean lets through
	maxMarks = 3   // combining marks on one character
)

// Clean returns s fit for one line of a terminal: escape sequences, control
// characters, marks of direction, characters without width, variation selectors
// and invalid UTF-8 are dropped, line breaks and tabs become spaces, and what is
// longer than 500 characters ends in an ellipsis. Clean of a cleaned string
// changes nothing.
func Clean(s string) string {
	if isPlainASCII(s) {
		return s
	}
	var b strings.Builder
	runes, marks := 0, 0
	for len(s) > 0 {
		if n := escapeSequenceLen(s); n > 0 {
			s = s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		r, ok := printableRune(r)
		if !ok {
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if runes++; runes > maxText {
			return dropLastRune(b.String()) + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isPlainASCII reports whether s is short and all printable ASCII: nearly always.
func isPlainASCII(s string) bool {
	if len(s) > maxText {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// dropLastRune returns s without its last rune.
func dropLastRune(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-n]
}

// printableRune returns what stands for r on a terminal; false if nothing does.
func printableRune(r rune) (rune, bool) {
	switch {
	case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
		return ' ', true
	case r == utf8.RuneError,
		!unicode.IsGraphic(r),
		unicode.Is(unicode.Variation_Selector, r),
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return 0, false
	default:
		return r, true
	}
}

// escapeSequenceLen returns the length of the escape sequence that s begins with; 0 if it
// begins with none. A sequence that never ends goes to the end of s.
func escapeSequenceLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == 0x1b && len(s) > 1:
		switch s[1] {
		case '[':
			return 2 + controlSequenceLen(s[2:])
		case ']', 'P', 'X', '^', '_':
			return 2 + stringSequenceLen(s[2:])
		default:
			return 1 + shortSequenceLen(s[1:])
		}
	case r == 0x9b:
		return n + controlSequenceLen(s[n:])
	case r == 0x90, r == 0x98, r == 0x9d, r == 0x9e, r == 0x9f:
		return n + stringSequenceLen(s[n:])
	default:
		return 0
	}
}

// controlSequenceLen returns the length of a control sequence after its introducer:
// parameters, intermediates, one final byte.
func controlSequenceLen(s string) int {
	i := spanLen(s, 0x30, 0x3f)
	i += spanLen(s[i:], 0x20, 0x2f)
	return i + min(1, spanLen(s[i:], 0x40, 0x7e))
}

// shortSequenceLen returns the length of a short escape sequence after its ESC.
func shortSequenceLen(s string) int {
	i := spanLen(s, 0x20, 0x2f)
	return i + min(1, spanLen(s[i:], 0x30, 0x7e))
}

// stringSequenceLen returns the length of a string up to and with its BEL or ST.
func stringSequenceLen(s string) int {
	for i, r := range s {
		switch {
		case r == 0x07:
			return i + 1
		case r == 0x9c:
			return i + utf8.RuneLen(r)
		case r == 0x1b && strings.HasPrefix(s[i+1:], `\`):
			return i + 2
		}
	}
	return len(s)
}

// spanLen returns how many bytes at the start of s lie from low to high.
func spanLen(s string, low, high byte) int {
	i := 0
	for i < len(s) && s[i] >= low && s[i] <= high {
		i++
	}
	return i
}
