package human

import (
	"unicode"
	"unicode/utf8"
)

// Capitalize makes the first letter of a sentence upper case.
func Capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if upper := unicode.ToUpper(r); upper != r {
		return string(upper) + s[n:]
	}
	return s
}
